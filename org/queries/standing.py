"""The sums authority is judged by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Sum

from org import authority, names
from org.authority import Request, Ruling, Standing
from org.charter import Charter
from org.enums import Status
from org.models import Decision
from org.money import ZERO
from org.queries import stops

NAMES_COMPARED = 500  # similar initiatives are looked for among the newest this many


def of(charter: Charter, roles: Iterable[str], initiative_key: str, now: datetime) -> Standing:
    """What is used already, in US dollars: by the initiative, by each role's window, of the treasury.

    Exact only while the caller holds the locks of the initiative and the roles.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT initiative_usd, window_usd, treasury_usd, frozen FROM standing_sums(%s, %s, %s)",
            [initiative_key, list(roles), now - timedelta(days=charter.window_days)],
        )
        initiative, windows, treasury_left, frozen = cursor.fetchone()
    freeze = stops.told(frozen)
    return Standing(
        initiative_usd=initiative or ZERO,
        window_usd={role: Decimal(total) for role, total in json.loads(windows or "{}").items()},
        treasury_left_usd=treasury_left,
        frozen=stops.says_only_the_board(freeze) if freeze else "",
    )


def judge(
    charter: Charter, request: Request, initiative_key: str, now: datetime, *, handed_up: bool = False
) -> tuple[Ruling, Standing]:
    """Who decides a request as the record stands, and the sums that was judged by; exact as those of `of` are."""
    line = [request.role, *charter.managers(request.role)]
    carries_money = charter.kind(request.decision_type).money
    standing = of(charter, line, initiative_key, now) if carries_money else Standing()
    return authority.judge(charter, request, standing, handed_up=handed_up), standing


class Budget(NamedTuple):
    """The ledger in three figures, in US dollars. `treasury_left_usd`: None while no treasury is set."""

    unallocated_usd: Decimal
    allocated_usd: Decimal
    treasury_left_usd: Decimal | None


def budget() -> Budget:
    """What is approved and not allocated, what is allocated, and what the board's treasury still lets be approved."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unallocated_usd, allocated_usd, treasury_usd FROM budget_figures()")
        return Budget(*cursor.fetchone())


def similar_initiatives(initiative: str, limit: int = 3) -> list[tuple[str, Decimal]]:
    """Initiatives of nearly the same name and what is approved under each: the same thing spelled otherwise?"""
    key = names.normalize(initiative)
    newest = (
        Decision.objects.filter(amount_usd__isnull=False, confidential=False)
        .exclude(initiative_key=key)
        .order_by("-created_at")
        .values_list("initiative_key", flat=True)[:NAMES_COMPARED]
    )
    near = names.alike(key, dict.fromkeys(newest), most=limit, cutoff=0.75)
    approved = Decision.objects.filter(status=Status.APPROVED, initiative_key__in=near)
    totals = dict(approved.values_list("initiative_key").annotate(total=Sum("amount_usd")).order_by())
    return [(name, totals.get(name) or ZERO) for name in near]
