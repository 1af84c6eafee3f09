"""The seals: each record's hash covers the hash before it, so that whoever follows them sees the first bad record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from org.chain.checkpoints import Checkpoint

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
