"""Where checkpoints of the audit live, and the key that signs them: files, outside the database they vouch for."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from org.chain.checkpoints import Checkpoint, Unreadable, first_unsigned, read_checkpoints, read_public_key
from org.errors import NOTHING_DONE, InvalidInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Folder:
    """`signing_key.pem`, readable by its owner only, `public_key.pem` and `checkpoints.jsonl`."""

    root: Path

    @classmethod
    def configured(cls) -> Folder:
        return cls(settings.AUDIT_FOLDER)

    @property
    def signing_key(self) -> Path:
        return self.root / "signing_key.pem"

    @property
    def public_key(self) -> Path:
        return self.root / "public_key.pem"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints.jsonl"

    def read(self, file: Path | None = None, public_key: Path | None = None) -> list[Checkpoint]:
        """The checkpoints in `file`, all of them signed by `public_key`. Raises Unreadable and OSError."""
        path = file or self.checkpoints
        found = read_checkpoints(path)
        if found and (other := first_unsigned(found, read_public_key(public_key or self.public_key), _is_signed)):
            key = public_key or self.public_key
            raise Unreadable(f"{path}: the checkpoint of record {other.seq} is not signed by the key in {key}.")
        return found

    def kept(self) -> list[Checkpoint]:
        """Every checkpoint signed here so far; none before the first."""
        return self.read() if self.checkpoints.exists() else []

    def newest(self) -> Checkpoint | None:
        """The one that names the most records."""
        return max(self.kept(), key=lambda each: each.seq, default=None)

    def sign_and_keep(self, unsigned: Checkpoint) -> Checkpoint:
        """The same with its signature; the key is made where there is none. Raises InvalidInput and OSError."""
        key = self._key()
        signature = key.sign(unsigned.statement).hex()
        signed = replace(unsigned, key=key.public_key().public_bytes_raw().hex(), signature=signature)
        append(self.checkpoints, signed)
        return signed

    def _key(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives import serialization  # 20 ms that only signing needs
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        try:
            key = serialization.load_pem_private_key(self._key_file().read_bytes(), None)
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidInput(
                "ECHO_AUDIT_FOLDER",
                f"{self.signing_key} holds no Ed25519 key.",
                f"{NOTHING_DONE} Put the right file back.",
            )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if not self.public_key.exists():
            _write_once(self.public_key, public, 0o644)
        return key

    def _key_file(self) -> Path:
        """The file of the signing key, made on first use. A key that was lost is not silently replaced."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if self.signing_key.exists():
            return self.signing_key
        if self.public_key.exists():
            raise InvalidInput(
                "ECHO_AUDIT_FOLDER",
                f"{self.public_key} is there, and the key that belongs to it, {self.signing_key.name}, is gone.",
                f"{NOTHING_DONE} Put it back; or, to begin with a new key, move {self.public_key.name} and "
                f"{self.checkpoints.name} to a safe place, since old checkpoints can only be checked with them.",
            )
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_once(self.signing_key, fresh, 0o600)
        return self.signing_key


def append(path: Path, checkpoint: Checkpoint) -> None:
    """Add a checkpoint to a file, for good: it survives a power cut."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), "w") as file:
        file.write(checkpoint.line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _write_once(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is whole or absent. Whoever comes second leaves the first one's."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """As `org.chain.ed25519.is_signed`, a hundred times as fast."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
