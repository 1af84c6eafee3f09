"""Time: what is split over it, late, early, silent or stale."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import connection

from org.clock import database_clock
from org.models import Escalation
from org.services import calls, overdue
from tests.attacks.board import posts
from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.world import World, decision, fresh
from tests.people import VOTERS, shift_clock, store

T = TypeVar("T")
WINDOW = "decided in 30 days is over the Chief Executive Officer's total of $5,000,000"


def fill_the_window(world: World) -> None:
    for kind in ("strategic_initiative", "budget_allocation", "hiring", "vendor_contract", "hiring"):
        world.approved(1_000_000, decision_type=kind)


@attack("splits a sum into initiatives of different names and types", says=WINDOW, leaves=Leaves.NO_APPROVAL)
def different_names(world: World) -> Attempt:
    fill_the_window(world)
    return partial(world.initiative, 1)


@attack("renames one initiative by letters of other alphabets that look alike", says=WINDOW, leaves=Leaves.NO_APPROVAL)
def look_alikes(world: World) -> Attempt:
    name = fresh("Copaco expo")
    for plain, alike in ("oо", "cс", "pр", "eе", "xх"):  # the second of each pair is Cyrillic
        world.approved(1_000_000, name.replace(plain, alike))
    return partial(world.initiative, 1_000_000, name)


@attack("spends again on the last day of the window", says=WINDOW, leaves=Leaves.NO_APPROVAL)
def last_day(world: World) -> Attempt:
    fill_the_window(world)
    shift_clock(days=29, hours=23)
    return partial(world.initiative, 500_000)


@attack("goes on with an initiative after its window has passed", says="already approved for this initiative",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def two_months_later(world: World) -> Attempt:
    name = fresh("Tower")
    world.approved(700_000, name)
    shift_clock(days=61)
    return partial(world.initiative, 700_000, name)


@attack("withdraws what it has approved, to have its window back", says="settles only once")
def refund(world: World) -> Attempt:
    return partial(world.told, "ceo", "withdraw_decision", decision_id=world.approved(1_000_000), reason="not needed")


@attack("takes a board's request back and revises it into the same again", says="is withdrawn since")
def revises_what_is_withdrawn(world: World) -> Attempt:
    ref = world.before_the_board().decision.ref
    world.done("ceo", "withdraw_decision", decision_id=ref, reason="x")
    return partial(world.initiative, 5_000_000, revises=ref)


@attack("lets a manager's time run out, for silence to approve", says="it is neither approved nor rejected yet",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def silence(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)

    def attempt() -> str:
        shift_clock(hours=73)
        overdue.act(database_clock)
        return told_of(world, "cto", ref)

    return attempt


@attack("lets the board's time run out, and every reminder's", says="it is neither approved nor rejected yet",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def silent_board(world: World) -> Attempt:
    matter = world.before_the_board(urgency="critical")

    def attempt() -> str:
        for _ in range(3):
            shift_clock(days=2)
            while overdue.remind(database_clock):  # so many at once: other attacks left matters that are due too
                pass
        assert Escalation.objects.get(pk=matter.pk).reminders == 3
        return told_of(world, "ceo", matter.decision.ref)

    return attempt


def told_of(world: World, role: str, ref: str) -> str:
    return str(world.done(role, "get_decision", decision_id=ref)["say"])


@attack("opens a vote whose time is over already, so that nobody can object", says="must lie ahead")
def over_already(world: World) -> Attempt:
    early = (database_clock() - timedelta(minutes=1)).isoformat()
    return partial(world.told, "ceo", "propose_decision", **vote_on_a_policy(), deadline=early)


@attack("asks for so long a time that the matter would be forgotten", says="within 90 days")
def forgotten(world: World) -> Attempt:
    late = (database_clock() + timedelta(days=91)).isoformat()
    return partial(world.told, "ceo", "propose_decision", **vote_on_a_policy(), deadline=late)


def vote_on_a_policy() -> dict[str, object]:
    people = {"mode": "collaborative", "participants": list(VOTERS)}
    return {"decision_type": "policy", "title": fresh("Four days"), "context": "x", **people}


@attack("votes after the vote has ended", says="ended at")
def late_vote(world: World) -> Attempt:
    ref = world.proposed("ceo", **vote_on_a_policy())
    shift_clock(hours=73)
    ballot = {"decision_id": ref, "vote": "approve", "rationale": "late", "confidence": 1}
    return partial(world.told, "cto", "cast_vote", **ballot)


@attack("lets a vote end with friends' silence counted as consent", says="The vote decided nothing",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def silent_electorate(world: World) -> Attempt:
    ref = world.proposed("ceo", **vote_on_a_policy())
    world.done("chro", "cast_vote", decision_id=ref, vote="approve", rationale="yes", confidence=1)

    def attempt() -> str:
        shift_clock(hours=73)
        overdue.act(database_clock)
        return Escalation.objects.get(decision=decision(ref)).reason

    return attempt


@attack("approves for a manager after the final date, which the sweeper has not seen yet", says="expired on")
def past_the_final_date(world: World) -> Attempt:
    ref = with_final_date(world, world.proposed, "cto", amount_usd=750_000)
    return partial(world.told, "ceo", "resolve_decision", decision_id=ref, approve=True, rationale="late")


@attack("approves for the board after the final date, which the sweeper has not seen yet", says="expired on")
def past_the_boards_final_date(world: World) -> Attempt:
    matter = with_final_date(world, world.before_the_board)
    return partial(posts, world.visitor(), matter)


@attack("keeps a matter alive past its final date by raising it", says="expired on")
def raises_past_the_final_date(world: World) -> Attempt:
    ref = with_final_date(world, world.proposed, "cto", amount_usd=750_000)
    return partial(world.told, "cto", "escalate_decision", decision_id=ref, reason="it is not over")


def with_final_date(world: World, ask: Callable[..., T], *given: Any, **named: Any) -> T:
    """What was asked under a charter that gives it ten days, of which the last has passed."""
    row = "[types.budget_allocation]\n"
    world.charter(row, row + "final_days = 10\n")
    asked = ask(*given, **named)
    shift_clock(days=10, minutes=1)
    return asked


@attack("rings again for a call whose time to be done has expired", says="No worker took this call in time")
def expired_call(world: World) -> Attempt:
    late = '{"initiative": "Late", "business_value": "x", "budget": 5}'
    _, call_id = store("ceo", "approve_strategic_initiative", late, effect="creates")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE calls SET claimable_until = clock_timestamp() - interval '1 minute' WHERE id = %s", [call_id]
        )
    world.told("ceo", "withdraw_decision", decision_id="D-0", reason="a ring")
    calls.drop_unclaimed(database_clock)
    return partial(world.answered, call_id)


@attack("has a manager decide by the limit of a charter that is no more", says="waits for the board",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def stale_charter(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    world.charter("limit_usd = 1_000_000", "limit_usd = 600_000")
    return partial(world.told, "ceo", "resolve_decision", decision_id=ref, approve=True, rationale="as it was")
