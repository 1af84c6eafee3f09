"""The audit: what a record costs, and how fast the seals of many are followed beside hashing the same bytes alone."""

from __future__ import annotations

from collections.abc import Callable

from bench.measure import Times, repeat
from bench.report import Report
from bench.stack import Stack

RECORDS = 100_000
FOLLOWED = 3
BATCH = 2_000  # a transaction
FILL = """
    INSERT INTO audit (body, at, actor, action, subject, data, timer)
    SELECT convert_to(
               '{"action":"decision.settled","actor":"system","at":"2026-01-01T00:00:00+00:00","call":null,'
               || '"data":' || data || ',"person":null,"subject":"D-' || number || '","timer":"bench"}', 'UTF8'),
           '2026-01-01T00:00:00+00:00', 'system', 'decision.settled', 'D-' || number, data::jsonb, 'bench'
    FROM generate_series(1, %s) AS number, LATERAL (
        SELECT '{"amount_usd":750000,"because":"within the limit of the role","decision_type":"strategic_initiative",'
               || '"status":"approved","title":"Matter ' || number || '"}' AS data
    ) AS made
"""


def measure(here: Stack, report: Report) -> None:
    report.doing(f"following the seals of {RECORDS:,} audit records")
    fill()
    records, following, hashing = follow(FOLLOWED)
    report.row(f"hashing {records:,} audit records alone ({_rate(records, hashing)})", hashing)
    name = f"following their seals, columns compared ({_rate(records, following)})"
    report.row(name, following, hashing, aim=2000)


def writing(times: int) -> Times:
    """A transaction of one record, sealed at its COMMIT."""
    from django.db import transaction

    from org import audit
    from org.actors import Actor
    from org.acts import Act
    from org.changes import Change
    from org.clock import database_clock

    act = Act.begin(Actor.clockwork("bench"), database_clock)
    change = Change({"status": "pending"}, {"status": "approved"})

    def write(_: int) -> None:
        with transaction.atomic():
            database_clock()  # a deed asks for the time
            audit.record(act, "decision.settled", "D-0", change, title="Matter", status="approved")

    return repeat(write, times)


def fill() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for _ in range(RECORDS // BATCH):
            cursor.execute(FILL, [BATCH])


def follow(times: int) -> tuple[int, Times, Times]:
    """How many records there are; to follow their seals from the database; to hash the same bytes from memory."""
    from org.chain.seals import seal
    from org.queries import trail

    def verify(_: int) -> None:
        with trail.snapshot() as database:
            if fault := trail.verify(database).fault:
                raise RuntimeError(fault.says)

    with trail.snapshot() as database:
        links = [(link.prev, link.seq, link.body or b"") for link in trail.sealed(database)]

    def hash_alone(_: int) -> None:
        for prev, seq, body in links:
            seal(prev, seq, body)

    works: list[Callable[[int], None]] = [verify, hash_alone]
    verified, hashed = (repeat(work, times, 1) for work in works)
    return len(links), verified, hashed


def _rate(records: int, times: Times) -> str:
    return f"{records / times.p50 * 1000:,.0f}/s"
