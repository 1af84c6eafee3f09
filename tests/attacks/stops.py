"""Stops: what a member of the board has suspended or frozen, and who would go on or lift it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from org.actors import Actor
from org.clock import database_clock
from org.enums import Status
from org.services import stops
from tests.attacks.board import said
from tests.attacks.logins import DENIED, Statements, attacks_of, one
from tests.attacks.money import GIVES
from tests.attacks.roles import approve
from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.votes import all_approve, ballot, vote_on
from tests.attacks.world import World, decision, fresh
from tests.people import board_member, lift_stop, store
from tests.services.boardroom import Visitor

POLICY = {"decision_type": "policy", "participants": ["cto", "operations_head"]}
SUSPENDED, FROZEN = "is suspended by", "Spending is frozen by"


def suspend(world: World, role: str) -> None:
    """A member suspends a role until the attack is over."""
    by = Actor.member(board_member())
    stops.suspend(role=role, reason="odd purchases", by=by, clock=database_clock)
    world.afterwards(lambda: lift_stop(role, by=by))


def freeze(world: World) -> None:
    """A member freezes spending until the attack is over."""
    by = Actor.member(board_member())
    stops.freeze(reason="the bank called", by=by, clock=database_clock)
    world.afterwards(lambda: lift_stop(by=by))


# --- A suspended role ---------------------------------------------------------------------------------------------


@attack("decides while it is suspended", says=SUSPENDED)
def decides(world: World) -> Attempt:
    suspend(world, "ceo")
    return partial(world.initiative, 5)


@attack("votes while it is suspended", says=SUSPENDED)
def votes(world: World) -> Attempt:
    ref = vote_on(world, "ceo", **POLICY)
    suspend(world, "cto")
    return partial(world.told, "cto", "cast_vote", **ballot(ref))


@attack("decides what waits for it while it is suspended", says=SUSPENDED)
def resolves(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    suspend(world, "ceo")
    return partial(approve, world, "ceo", ref)


@attack("allocates while it is suspended", says=SUSPENDED)
def allocates(world: World) -> Attempt:
    ref = world.approved(1_000)
    suspend(world, "ceo")
    return partial(world.told, "ceo", "allocate_budget", amount=1, decision_id=ref, **GIVES)


@attack("repeats, suspended, the call of an approval it was given before", says=SUSPENDED)
def repeats(world: World) -> Attempt:
    asked = {"decision_type": "budget_allocation", "title": fresh("Lab"), "context": "x", "amount_usd": 5}
    world.done("ceo", "propose_decision", **asked)
    suspend(world, "ceo")
    return partial(world.told, "ceo", "propose_decision", **asked, idempotency_key=fresh("key"))


@attack("has calls of its own done that were stored past its server while it is suspended", says=SUSPENDED)
def smuggles(world: World) -> Attempt:
    given = {"initiative": fresh("Lab"), "business_value": "x", "budget": 5}
    suspend(world, "ceo")
    return partial(world.smuggled, "ceo", "approve_strategic_initiative", given)


@attack("lends a vote the limit of a role that was suspended since it voted", says="waits for the board",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def lends_a_limit(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="strategic_initiative", amount_usd=450_000)
    world.done("cto", "cast_vote", **ballot(ref))
    suspend(world, "cto")
    return partial(all_approve, world, ref, ("chro", "operations_head"))


@attack("has a vote decide by the right of a role that was suspended since it opened the vote",
        says="waits for the board", leaves=Leaves.NO_APPROVAL)  # fmt: skip
def lends_a_right(world: World) -> Attempt:
    ref = vote_on(world, "ceo", **POLICY)
    world.done("chro", "cast_vote", **ballot(ref, vote="abstain"))  # whom the charter names, and who may decide it
    suspend(world, "ceo")
    return partial(all_approve, world, ref, ("cto", "operations_head"))


# --- Frozen spending ----------------------------------------------------------------------------------------------


@attack("approves an amount while spending is frozen", says=FROZEN, leaves=Leaves.NO_APPROVAL)
def spends(world: World) -> Attempt:
    freeze(world)
    return partial(world.initiative, 5)


@attack("approves, while spending is frozen, what was asked before", says=FROZEN, leaves=Leaves.NO_APPROVAL)
def approves(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    freeze(world)
    return partial(approve, world, "ceo", ref)


@attack("outvotes a freeze", says="waits for the board", leaves=Leaves.NO_APPROVAL)
def outvotes(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="strategic_initiative", amount_usd=5)
    freeze(world)
    return partial(all_approve, world, ref, ("cto", "chro", "operations_head"))


@attack("allocates while spending is frozen what was approved before", says=FROZEN)
def allocates_in_a_freeze(world: World) -> Attempt:
    ref = world.approved(1_000)
    freeze(world)
    return partial(world.told, "ceo", "allocate_budget", amount=1, decision_id=ref, **GIVES)


# --- Who would lift it --------------------------------------------------------------------------------------------


@attack("lifts a freeze as a superuser who is not on the board", says="Your account may not do this. Nothing was done.")
def lifts_as_superuser(world: World) -> Attempt:
    freeze(world)
    root = Visitor(world.person(is_superuser=True))
    return partial(said, root, "/admin/org/stop/", {"deed": "thaw", "reason": "mine"})


def frozen(statement: str) -> Statements:
    def statements(world: World) -> tuple[str, ...]:
        freeze(world)
        return (statement,)

    return statements


LIFTED = "UPDATE stops SET lifted_at = echo_now() WHERE lifted_at IS NULL"
_try = attacks_of(__name__)
for login in ("ceo", "worker", "sweeper"):
    _try(login, "lifts a freeze", DENIED, frozen(LIFTED))
_try("web", "lifts a freeze that no person lifts", "stops_lifted_by_people", frozen(LIFTED))
_try("web", "makes a freeze one of a role that there is not", "Cannot update",
     frozen("UPDATE stops SET kind = 'role', role = 'nobody' WHERE lifted_at IS NULL"))  # fmt: skip
_try("web", "takes a freeze out of the record", DENIED, frozen("DELETE FROM stops"))
_try("test_lead", "locks the gates", DENIED, one("LOCK TABLE turns IN SHARE ROW EXCLUSIVE MODE"))
_try("test_lead", "closes the gates", DENIED, one("SELECT close_gates()"))
_try("test_lead", "takes the turns of a password", DENIED, one("SELECT take_turns(ARRAY['bucket 1'])"))


# --- Who would hold up everybody ----------------------------------------------------------------------------------

ADVISORY = """
    SELECT count(pg_advisory_lock(hashtext(name))), count(pg_advisory_lock(hashtextextended(name, 0)))
    FROM unnest(ARRAY['audit', 'outbox', 'logins', 'spending:', 'role:ceo', 'role:uiux_engineer', 'turns']) AS name
"""
NUMBERED = "SELECT count(pg_advisory_lock(n)), count(pg_advisory_lock(n, 0)) FROM generate_series(0, 300) AS n"
STORED = """
    SELECT store_call(gen_random_uuid(), 'test_lead', 'x', 'sets', jsonb_build_object('n', n), NULL, '{}')
    FROM generate_series(1, 3000) AS n
"""


def held(*statements: str) -> Callable[[World], Attempt]:
    """A login of the test_lead that keeps a transaction open over these, while the board stops and the CEO goes on."""

    def play(world: World) -> Attempt:
        ada = board_member()

        def attempt() -> str:
            with world.signed_in("test_lead") as mine, ExitStack() as until:
                until.callback(mine.rollback)
                for statement in statements:
                    mine.execute(statement)  # type: ignore[arg-type]
                suspend(world, "uiux_engineer")
                assert world.done(
                    "cto", "propose_decision", decision_type="architecture", title=fresh("x"), context="x"
                )
                store("chro", "test", json.dumps({"n": fresh("x")}))
                Visitor(ada)  # signs in
                return decision(world.approved(5)).status

        return attempt

    return play


attack("keeps advisory locks on all that deeds could wait for, to hold up the others", says=Status.APPROVED,
       leaves=Leaves.ITS_DUE)(held(ADVISORY, NUMBERED))  # fmt: skip
attack("keeps a transaction open over thousands of calls, to hold up the others", says=Status.APPROVED,
       leaves=Leaves.ITS_DUE)(held(STORED))  # fmt: skip
