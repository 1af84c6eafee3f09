#!/usr/bin/env python3
"""An exported trail: JSON lines, the first of which says where it begins and the last of which is a signed checkpoint.

    python3 -I verify_audit.py EXPORT [--public-key KEY] [--checkpoint FILE]

ends with 0 (sound), 1 (broken; the first bad record is named) or 2 (cannot tell).

Written by `manage.py docs` from org/chain, by which Echo itself verifies.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from os import SEEK_END
from pathlib import Path
from typing import Any, NamedTuple

# --- ed25519 ----------------------------------------------------------------------------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
Point = tuple[int, int, int, int]  # extended homogeneous coordinates


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` was made with the private half of `key` (32 bytes)."""
    public, commitment = _point(key), _point(signature[:32])
    response = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or len(signature) != 64 or response >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _ORDER
    left, right = _times(response, _BASE), _add(commitment, _times(challenge, public))
    return all((left[i] * right[2] - right[i] * left[2]) % _P == 0 for i in (0, 1))


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    for bit in f"{scalar:b}":
        total = _add(total, total)
        if bit == "1":
            total = _add(total, point)
    return total


def _point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if len(encoded) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_FOUND = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
assert _FOUND is not None
_BASE: Point = _FOUND


# --- checkpoints ------------------------------------------------------------------------------------------------------

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


# --- seals ------------------------------------------------------------------------------------------------------------

GENESIS = bytes(32)  # what the first record is sealed to


class Head(NamedTuple):
    """A place in the chain: the last record's number, 0 before the first, and its hash."""

    seq: int
    hash: bytes


BEGINNING = Head(0, GENESIS)


class Link(NamedTuple):
    """A sealed record. `body` is None where it is gone; `contradiction` says which stored copy differs from it."""

    seq: int
    prev: bytes
    hash: bytes
    body: bytes | None
    contradiction: str = ""


@dataclass(frozen=True)
class Fault:
    """The first bad record and what is wrong with it. `earliest` is less than `seq` where only a range is known."""

    seq: int
    earliest: int
    kind: str
    says: str


@dataclass(frozen=True)
class Verdict:
    """How far the chain hangs together; `vouched` is the last record that a checkpoint names."""

    records: int
    head: Head
    vouched: int
    fault: Fault | None


def seal(prev: bytes, seq: int, body: bytes) -> bytes:
    """SHA-256 of the hash before, the number as eight bytes, the highest first, and the record's text."""
    return hashlib.sha256(prev + seq.to_bytes(8, "big") + body).digest()


def walk(links: Iterable[Link], checkpoints: Iterable[Checkpoint] = (), begin: Head = BEGINNING) -> Verdict:
    """Follow the records after `begin`, in the order they are given, to the end or to the first fault."""
    vouchers: dict[int, list[tuple[bytes, str]]] = {}
    for checkpoint in checkpoints:
        vouchers.setdefault(1, []).append((bytes.fromhex(checkpoint.instance), checkpoint.at))
        vouchers.setdefault(checkpoint.seq, []).append((bytes.fromhex(checkpoint.hash), checkpoint.at))
    before = last = begin
    vouched = fault = None
    if begin.seq in vouchers:
        vouched, fault = begin.seq, _rewritten(begin, vouchers[begin.seq], begin.seq - 1)
    for link in links if fault is None else ():
        seq = last.seq + 1
        if (
            link.seq != seq
            or link.body is None
            or link.prev != last.hash
            or hashlib.sha256(last.hash + seq.to_bytes(8, "big") + link.body).digest() != link.hash
            or link.contradiction
        ):
            fault = _explain(link, before, last, begin)
            break
        before, last = last, Head(seq, link.hash)
        if seq in vouchers:
            if fault := _rewritten(last, vouchers[seq], vouched or begin.seq):
                break
            vouched = seq
    if fault is None and (seq := max(vouchers, default=0)) > last.seq:
        says = f"The end is cut off: the last record is {last.seq}, a checkpoint of {vouchers[seq][0][1]} names {seq}."
        fault = Fault(last.seq + 1, last.seq + 1, "cut", says)
    return Verdict(last.seq - begin.seq, last, vouched or 0, fault)


def _explain(link: Link, before: Head, last: Head, begin: Head) -> Fault:
    seq = last.seq + 1
    if link.seq > seq:
        where = f"{last.seq} is followed by {link.seq}" if last.seq else f"the chain begins with {link.seq}"
        return Fault(seq, seq, "missing", f"Record {seq} is missing: {where}.")
    if link.seq == last.seq != begin.seq:
        return Fault(last.seq, last.seq, "fork", f"The chain forks: two records claim to be number {last.seq}.")
    if link.seq < seq:
        return Fault(seq, seq, "moved", f"Record {link.seq} stands where record {seq} belongs.")
    if link.body is None:
        return Fault(seq, seq, "missing", f"Record {seq} is gone; only its seal is left.")
    if link.prev == last.hash and seal(link.prev, seq, link.body) == link.hash:
        return Fault(seq, seq, "contradicted", f"Record {seq}: {link.contradiction}")
    if link.prev == last.hash:
        return Fault(seq, seq, "altered", f"Record {seq} was altered: its text or its hash is not what was sealed.")
    if seal(last.hash, seq, link.body) == link.hash:
        return Fault(seq, seq, "altered", f"Record {seq} was altered: its `prev` is not the hash of record {last.seq}.")
    if link.prev == before.hash and last.seq > begin.seq:
        says = f"The chain forks: records {last.seq} and {seq} are both sealed to what comes before {last.seq}."
        return Fault(last.seq, last.seq, "fork", says)
    if seal(link.prev, seq, link.body) == link.hash and last.seq > begin.seq:
        says = f"Record {last.seq} was replaced: record {seq} is sealed to another one in its place."
        return Fault(last.seq, last.seq, "replaced", says)
    says = f"Record {seq} is not sealed to record {last.seq}: records were put in, taken out or moved here."
    return Fault(seq, seq, "moved", says)


def _rewritten(head: Head, vouchers: list[tuple[bytes, str]], vouched: int) -> Fault | None:
    for expected, at in vouchers:
        if expected != head.hash:
            since = (
                f"at record {head.seq}" if vouched + 1 >= head.seq else f"between records {vouched + 1} and {head.seq}"
            )
            says = (
                f"Record {head.seq} is not the one that the checkpoint of {at} names: the chain was rewritten from a "
                f"place {since} on, or the checkpoint is of another Echo."
            )
            return Fault(head.seq, min(vouched + 1, head.seq), "rewritten", says)
    return None


# --- exports ----------------------------------------------------------------------------------------------------------

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
