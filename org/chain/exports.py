"""An exported trail: JSON lines, the first of which says where it begins and the last of which is a signed checkpoint.

    python3 -I verify_audit.py EXPORT [--public-key KEY] [--checkpoint FILE]

ends with 0 (sound), 1 (broken; the first bad record is named) or 2 (cannot tell).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from os import SEEK_END
from pathlib import Path
from typing import Any

from org.chain.checkpoints import Checkpoint, Unreadable, first_unsigned, read_checkpoints, read_json, read_public_key
from org.chain.ed25519 import is_signed
from org.chain.seals import Head, Link, walk

FORMAT = "echo audit export 1"
SOUND, BROKEN, CANNOT_TELL = 0, 1, 2
LONGEST_CLOSING = 4096  # bytes


def opening_line(begin: Head) -> str:
    """The first line of an export of the records after `begin`."""
    return json.dumps({"format": FORMAT, "after": begin.seq, "prev": begin.hash.hex()}) + "\n"


def record_line(link: Link) -> str:
    """A record with the very bytes of its body; those that are no UTF-8 become lone surrogates, and so come back."""
    assert link.body is not None
    body = link.body.decode("utf-8", "surrogateescape")
    return json.dumps({"seq": link.seq, "prev": link.prev.hex(), "hash": link.hash.hex(), "body": body}) + "\n"


def closing_line(checkpoint: Checkpoint) -> str:
    """The last line: the checkpoint of the last record."""
    return json.dumps({"checkpoint": asdict(checkpoint)}) + "\n"


class Export:
    """An export, read line by line. Its records follow `begin`; `closing` is None where the end is lost."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, and Unreadable for what is no export."""
        self._path = path
        with path.open("rb") as file:
            try:
                opening = read_json(file.readline(), str(path))
                if opening["format"] != FORMAT or type(opening["after"]) is not int:
                    raise ValueError
                self.begin = Head(opening["after"], bytes.fromhex(opening["prev"]))
            except (ValueError, KeyError, TypeError):
                raise Unreadable(f"{path} is no export of Echo's audit. Use `manage.py audit export`.") from None
            file.seek(max(0, file.seek(0, SEEK_END) - LONGEST_CLOSING))
            self._last = (file.read().splitlines(keepends=True) or [b""])[-1]
        self.closing = self._read_closing()

    def _read_closing(self) -> Checkpoint | None:
        try:
            return Checkpoint.of(read_json(self._last, str(self._path))["checkpoint"], str(self._path))
        except (ValueError, KeyError, TypeError):
            return None

    def links(self) -> Iterator[Link]:
        """Its records, without the closing line. Raises Unreadable at the first line that is none."""
        with self._path.open("rb") as file:
            next(file)
            for number, line in enumerate(file, 2):
                if line != self._last or self.closing is None:
                    where = f"{self._path}, line {number}"
                    yield _link(read_json(line, where), where)


def _link(found: Any, where: str) -> Link:
    try:
        prev, hash_ = bytes.fromhex(found["prev"]), bytes.fromhex(found["hash"])
        body = found["body"].encode("utf-8", "surrogateescape")
        if type(found["seq"]) is not int or set(found) != {"seq", "prev", "hash", "body"}:
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unreadable(f"{where} is no record of the audit; it was altered.") from None
    return Link(found["seq"], prev, hash_, body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify an export; prints what was found, and returns the status to end with."""
    parser = argparse.ArgumentParser(description="Verify an export of Echo's audit; nothing but Python is needed.")
    parser.add_argument("export", type=Path, help="the file that `manage.py audit export` wrote")
    parser.add_argument("--public-key", type=Path, help="Echo's public_key.pem, as you got it by a way you trust")
    parser.add_argument("--checkpoint", type=Path, help="checkpoints that you were given earlier")
    given = parser.parse_args(arguments)
    try:
        export = Export(given.export)
        kept = read_checkpoints(given.checkpoint) if given.checkpoint else []
        trusted = read_public_key(given.public_key) if given.public_key else None
    except (Unreadable, OSError) as error:
        return _end(CANNOT_TELL, f"Cannot tell. {error}")
    closing = export.closing
    if closing is None:
        return _end(BROKEN, f"Broken: {given.export} is cut off; its last line is no checkpoint.")
    known = [each for each in kept if each.seq <= closing.seq or each.at <= closing.at]  # the others came later
    try:
        verdict = walk(export.links(), [closing, *known], export.begin)
    except Unreadable as error:
        return _end(BROKEN, f"Broken: {error}")
    if verdict.fault is not None:
        return _end(BROKEN, f"Broken: {verdict.fault.says}")
    if verdict.head.seq != closing.seq or closing.count != closing.seq:
        return _end(BROKEN, f"Broken: record {closing.seq + 1} stands behind the end that the last line names.")
    if not is_signed(trusted or bytes.fromhex(closing.key), closing.statement, bytes.fromhex(closing.signature)):
        whose = "the key you gave" if trusted else "the key it names"
        return _end(BROKEN, f"Broken: the checkpoint in the last line is not signed by {whose}.")
    if trusted and (other := first_unsigned(known, trusted, is_signed)):
        return _end(
            CANNOT_TELL, f"Cannot tell: your checkpoint of record {other.seq} is not signed by the key you gave."
        )
    return _end(SOUND, *_findings(export.begin, closing, known, trusted=trusted is not None))


def _findings(begin: Head, closing: Checkpoint, known: Sequence[Checkpoint], *, trusted: bool) -> Iterator[str]:
    count = counted(closing.seq - begin.seq)
    yield f"Sound: {count}, {begin.seq + 1} to {closing.seq}, each sealed to the one before it."
    yield f"Head: {closing.hash}, signed at {closing.at} by the key {closing.key}."
    if not trusted:
        yield "Whether that key is Echo's this file cannot prove; give --public-key with a key you have from elsewhere."
    if known:
        yield f"It agrees with the checkpoints you gave, {len(known)} in number, as far as they concern it."
    if begin.seq and all(each.seq != begin.seq for each in known):
        yield f"What comes before record {begin.seq + 1} is not in this file; give a checkpoint of record {begin.seq}."


def counted(number: int, what: str = "record") -> str:
    """As people say it: 1 record, 2 records."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _end(status: int, *sentences: str) -> int:
    sys.stdout.write("\n".join(sentences) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
