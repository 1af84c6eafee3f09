"""Checkpoints: signed words on the head of the chain, kept outside the database."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

PURPOSE = b"echo audit checkpoint 1\n"  # signed along, so that no other signature of the key is taken for one
DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what comes before the 32 bytes of a public key
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")  # of one length, so that texts compare as times
Check = Callable[[bytes, bytes, bytes], bool]  # whether this key signed this message with this signature


class Unreadable(ValueError):
    """A file is not what it is taken for: its name, the line, and what was expected."""


@dataclass(frozen=True)
class Checkpoint:
    """A signed word on a head: up to `seq` there were `count` records, the last one's hash was `hash`.

    `instance` is the hash of record 1, which tells one Echo from another. `at` is ISO 8601, UTC; bytes are hexadecimal.
    """

    seq: int
    hash: str
    at: str
    count: int
    instance: str
    key: str = ""
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """The bytes that are signed: the purpose, then the five facts as canonical JSON."""
        facts = {name: value for name, value in asdict(self).items() if name not in ("key", "signature")}
        return PURPOSE + json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def of(cls, found: Any, where: str) -> Checkpoint:
        """From its JSON object. Raises Unreadable."""
        numbers = ("seq", "count")
        sizes = {"hash": 32, "instance": 32, "key": 32, "signature": 64}
        try:
            if set(found) != {field.name for field in fields(cls)} or not MOMENT.fullmatch(found["at"]):
                raise ValueError
            if not all(type(found[name]) is int and found[name] > 0 for name in numbers):
                raise ValueError
            if not all(len(bytes.fromhex(found[name])) == size for name, size in sizes.items()):
                raise ValueError
        except (TypeError, ValueError):
            raise Unreadable(f"{where} is no checkpoint. Use a file that `manage.py audit checkpoint` wrote.") from None
        return cls(**found)

    @property
    def line(self) -> str:
        """As it stands in a file, one a line."""
        return json.dumps(asdict(self), sort_keys=True)


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """The checkpoints in a file, one a line. Raises Unreadable and OSError."""
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if line.strip():
            where = f"{path}, line {number}"
            found.append(Checkpoint.of(read_json(line, where), where))
    return found


def read_json(line: bytes, where: str) -> Any:
    """The value that a line holds. Raises Unreadable, also for a key told twice: readers differ in which one counts."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for key, value in pairs:
            if key in told:
                raise Unreadable(f"{where} tells {key!r} twice. Use the file as Echo wrote it.")
            told[key] = value
        return told

    try:
        return json.loads(line, object_pairs_hook=once)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable(f"{where} is no JSON. Use the file as Echo wrote it.") from None


def first_unsigned(checkpoints: Iterable[Checkpoint], key: bytes, check: Check) -> Checkpoint | None:
    """The first checkpoint that `key` did not sign."""
    return next((each for each in checkpoints if not check(key, each.statement, bytes.fromhex(each.signature))), None)


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of an Ed25519 public key in a PEM file. Raises Unreadable and OSError."""
    lines = path.read_text(errors="replace").strip().splitlines()
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError:
        der = b""
    if len(der) != 44 or der[:12] != DER or lines[0] != "-----BEGIN PUBLIC KEY-----":
        raise Unreadable(f"{path} is no Ed25519 public key in PEM form. Use Echo's `public_key.pem`.")
    return der[12:]
