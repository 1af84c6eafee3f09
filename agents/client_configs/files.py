"""Putting entries into a client's file without losing anything: what is not understood is left alone and named."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

SERVERS = "mcpServers"
BOM = b"\xef\xbb\xbf"
PRIVATE = 0o600  # a new file may hold the password of a database


class Unusable(Exception):
    """A client's file cannot be read or changed safely. Nothing was written."""

    def __init__(self, path: Path, problem: str, advice: str = "Correct or move it, then run this again.") -> None:
        super().__init__(f"{path} {problem} Nothing was changed. {advice}")


@dataclass
class Merged:
    """What a merge did: names of entries, and where the former file is kept."""

    path: Path
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    backup: Path | None = None

    @property
    def wrote(self) -> bool:
        return bool(self.added or self.changed)


@dataclass(frozen=True)
class Found:
    """A file as it was read. `target` is where links lead; what is not there is an empty document."""

    target: Path
    raw: bytes | None
    document: dict[str, Any]


def merge(path: Path, entries: Mapping[str, Mapping[str, Any]], now: datetime) -> Merged:
    """Put `entries` into the file at `path`. Raises `Unusable`, and then nothing was written.

    Everything else in the file keeps its value and its place; of an entry that is there, what Echo does not set stays.
    A file that changes is copied beside itself first, under a name with the time.
    """
    try:
        found = _read(path)
        servers = found.document.setdefault(SERVERS, {})
        if not isinstance(servers, dict):
            raise Unusable(path, f"has something other than an object as {SERVERS!r}.")
        merged = Merged(path)
        for name, entry in entries.items():
            old = servers.get(name)
            new = _joined(old, entry)
            (merged.added if name not in servers else merged.kept if new == old else merged.changed).append(name)
            servers[name] = new
        if merged.wrote:
            merged.backup = _write(path, found, now)
    except OSError as error:
        raise Unusable(path, f"cannot be read and written: {error.strerror or error}.") from error
    return merged


def _joined(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    """`new` over `old`, with what a person added to the old entry, such as more environment, left in it."""
    if not isinstance(old, dict):
        return dict(new)
    joined = {**old, **new}
    if "url" in old:  # it named a server elsewhere
        joined = {
            name: value for name, value in joined.items() if name in new or name not in ("url", "headers", "type")
        }
    if "disabled" in old:
        joined["disabled"] = old["disabled"]  # switched off by the person
    if isinstance(old.get("env"), dict):
        joined["env"] = {**old["env"], **new.get("env", {})}
    return joined


def _read(path: Path) -> Found:
    try:
        target = path.resolve(strict=False)
        mode = target.stat().st_mode
    except FileNotFoundError:
        return Found(target, None, {})
    except (RuntimeError, OSError) as error:
        raise Unusable(path, f"cannot be followed to a file: {getattr(error, 'strerror', None) or error}.") from error
    if not stat.S_ISREG(mode):
        raise Unusable(path, "is not a file.")
    raw = target.read_bytes()
    return Found(target, raw, _document(path, raw))


def _document(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(path, f"is not UTF-8 text (byte {error.start}).") from error
    if not text.strip():
        return {}
    try:
        document = json.loads(text, object_pairs_hook=_distinct, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        raise Unusable(path, f"is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg}).") from error
    except (ValueError, RecursionError) as error:
        raise Unusable(path, f"is not valid JSON ({error}).") from error
    if not isinstance(document, dict):
        raise Unusable(path, "is JSON, but not an object.")
    return document


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON readers keep the last of two equal names; writing that back would lose the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(f"the name {twice!r} stands twice in one object")
    return found


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _write(path: Path, found: Found, now: datetime) -> Path | None:
    """Replace the file whole or not at all; returns the copy of the former one."""
    target = found.target
    target.parent.mkdir(parents=True, exist_ok=True)
    mode, owner = PRIVATE, None
    backup = None
    if found.raw is not None:
        status = target.stat()
        mode, owner = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
        backup = _copy(target, found.raw, mode, owner, now)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        _create(fresh, _rendered(found), mode, owner)
        if (target.read_bytes() if target.exists() else None) != found.raw:
            raise Unusable(path, "was changed by another program just now.", "Run this again.")
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        if backup is not None:
            backup.unlink(missing_ok=True)
        raise
    return backup


def _copy(target: Path, raw: bytes, mode: int, owner: tuple[int, int] | None, now: datetime) -> Path:
    stamp = f"{now:%Y%m%d-%H%M%S}"
    for more in ("", *(f"-{number}" for number in range(2, 100))):
        backup = target.with_name(f"{target.name}.{stamp}{more}.bak")
        with suppress(FileExistsError):
            _create(backup, raw, mode, owner)
            return backup
    raise FileExistsError(0, f"too many backups of {stamp} lie beside it")


def _create(path: Path, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
    """A new file, on the disk when this returns. Never readable by more people than `mode` says, not for a moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if owner is not None and hasattr(os, "chown"):
        with suppress(PermissionError):  # then it is ours, as a file saved by any editor would be
            os.chown(path, *owner)
    path.chmod(mode)


def _rendered(found: Found) -> bytes:
    """The document in the manner of the former file: its indentation, line ends, byte order mark."""
    former = found.raw or b""
    indent = re.search(rb"^([ \t]+)\S", former, re.MULTILINE)
    text = json.dumps(found.document, indent=indent[1].decode() if indent else 2, ensure_ascii=False) + "\n"
    if b"\r\n" in former:
        text = text.replace("\n", "\r\n")
    return (BOM if former.startswith(BOM) else b"") + text.encode("utf-8", "surrogatepass")
