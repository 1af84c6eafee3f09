"""Money: amounts that are none, and budget that nobody approved."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

from org.actors import Actor
from org.clock import database_clock
from org.queries import standing
from org.services import budgets, interventions, overdue
from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.world import World, decision, fresh, heard
from tests.clients.raw import RpcError
from tests.people import board_member, shift_clock

_ids = itertools.count(900_000)
GIVES = {"department": "Research", "justification": "x"}
# As JSON spells it on the wire, and what is said of it.
SPELLED = {
    "a negative amount": ("-5000000", "is negative"),
    "minus zero": ("-0.0", "is negative"),
    "a fraction of a cent over nothing": ("1000000.000000000000001", "has more than two decimals"),
    "an exponent": ("1e-9", "is written with an exponent"),
    "an object that holds an amount": ('{"amount": 5, "budget": 5}', "is not an amount"),
    "digits of another script in a string": ('"٥٠٠"', "is not an amount"),
    "infinity": ("-Infinity", "is not an amount"),
}
# As PostgreSQL keeps it, in a call that no server has looked at.
SMUGGLED: dict[str, tuple[Any, str]] = {
    "a negative amount": (-5_000_000, "is negative"),
    "a truth value": (True, "is not an amount"),
    "a tenth of a cent": (0.001, "has more than two decimals"),
    "a number of thirty digits": (10**30, "is too large"),
    "a string": ("750000", "is not an amount"),
    "nothing": (None, "is not an amount"),
}


def _spell(what: str) -> None:
    @attack(f"sends {what} as a budget", says=SPELLED[what][1])
    def spelled(world: World) -> Attempt:
        return partial(on_the_wire, world, f'{{"initiative":"Moon","business_value":"x","budget":{SPELLED[what][0]}}}')


def _smuggle(what: str) -> None:
    @attack(f"stores {what} as a budget past the server", says=SMUGGLED[what][1])
    def smuggled(world: World) -> Attempt:
        given = {"initiative": fresh("Moon"), "business_value": "x", "budget": SMUGGLED[what][0]}
        return partial(world.smuggled, "ceo", "approve_strategic_initiative", given)


for what in SPELLED:
    _spell(what)
for what in SMUGGLED:
    _smuggle(what)


def on_the_wire(world: World, arguments: str) -> str:
    id, client = next(_ids), world.client("ceo")
    call = f'{{"name":"approve_strategic_initiative","arguments":{arguments}}}'
    client.send_line(f'{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{call}}}'.encode())
    try:
        return heard(client.wait(id))
    except RpcError as refusal:
        return refusal.message


@attack("writes the budget twice in one object, five dollars and five million", says='the key "budget" is repeated')
def twice_in_one_object(world: World) -> Attempt:
    twice = f'{{"initiative":"{fresh("Moon")}","business_value":"x","budget":5,"budget":5000000}}'
    return partial(on_the_wire, world, twice)


@attack("decides money under a type that carries none", says="policy carries no money")
def money_under_a_policy(world: World) -> Attempt:
    asked = {"decision_type": "policy", "title": fresh("A policy to pay"), "context": "x", "amount_usd": 5_000_000}
    return partial(world.told, "ceo", "propose_decision", **asked)


@attack("decides a type that carries money without saying how much", says="an amount is required")
def money_without_an_amount(world: World) -> Attempt:
    asked = {"decision_type": "hiring", "title": fresh("As many as it takes"), "context": "x"}
    return partial(world.told, "ceo", "propose_decision", **asked)


@attack("allocates more than was approved", says="still to allocate")
def more_than_approved(world: World) -> Attempt:
    ref = world.approved(1_000)
    return partial(world.told, "ceo", "allocate_budget", amount=1_000.01, decision_id=ref, **GIVES)


@attack("allocates an approved budget a second time", says="$0 of approved budget")
def second_time(world: World) -> Attempt:
    given = {"amount": 1_000, "decision_id": world.approved(1_000), **GIVES}
    assert world.done("ceo", "allocate_budget", **given, idempotency_key=fresh("key"))["allocated"]
    return partial(world.told, "ceo", "allocate_budget", **given, idempotency_key=fresh("key"))


@attack("allocates what still waits for the board", says="only approved budget can be allocated")
def not_approved_yet(world: World) -> Attempt:
    ref = world.before_the_board().decision.ref
    return partial(world.told, "ceo", "allocate_budget", amount=1, decision_id=ref, **GIVES)


@attack("allocates what the board has revoked", says="is revoked since")
def revoked(world: World) -> Attempt:
    ref = world.approved(1_000)
    revoke(ref)
    return partial(world.told, "ceo", "allocate_budget", amount=1, decision_id=ref, **GIVES)


@attack("allocates from what is left in all, once the board has revoked it", says="more than the $0 of approved budget")
def revoked_and_unnamed(world: World) -> Attempt:
    left = standing.budget().unallocated_usd
    if left:  # of attacks before this one
        world.done("ceo", "allocate_budget", amount=float(left), **GIVES, idempotency_key=fresh("key"))
    revoke(world.approved(1_000))
    return partial(world.told, "ceo", "allocate_budget", amount=1, **GIVES)


def revoke(ref: str) -> None:
    by = Actor.member(board_member())
    interventions.revoke(decision=decision(ref), reason="the market moved", by=by, clock=database_clock)


@attack("allocates what expired undecided", says="is expired; only approved budget can be allocated")
def expired(world: World) -> Attempt:
    row = "[types.budget_allocation]\n"
    world.charter(row, row + "final_days = 10\n")
    ref = world.before_the_board().decision.ref
    shift_clock(days=11)
    overdue.act(database_clock)
    return partial(world.told, "ceo", "allocate_budget", amount=1, decision_id=ref, **GIVES)


@attack("allocates the commitment of a hiring as if it were budget", says="$0 of approved budget")
def commitment(world: World) -> Attempt:
    ref = world.approved(100_000, decision_type="hiring")
    return partial(world.told, "ceo", "allocate_budget", amount=1, decision_id=ref, **GIVES)


@attack("takes budget back from a department by a negative allocation", says="is negative")
def negative_allocation(world: World) -> Attempt:
    return partial(world.told, "ceo", "allocate_budget", amount=-1, **GIVES)


@attack("has a role without a budget of its own allocate", says="has no tool 'allocate_budget'")
def not_its_tool(world: World) -> Attempt:
    return partial(world.told, "operations_head", "allocate_budget", amount=1, **GIVES)


@attack("approves within its limit what the board's treasury does not cover", says="left in the treasury the board set",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def over_the_treasury(world: World) -> Attempt:
    by = Actor.member(board_member())
    budgets.set_treasury(amount_usd=budgets.approved_usd() + 100, by=by, clock=database_clock)
    world.afterwards(lambda: budgets.set_treasury(amount_usd=None, by=by, clock=database_clock))
    return partial(world.initiative, 101)


@attack("sends ten requests at the same moment where two have room", says="already approved for this initiative",
        leaves=Leaves.ITS_DUE)  # fmt: skip
def at_once(world: World) -> Attempt:
    asked = {"decision_type": "vendor_contract", "initiative": fresh("Rush"), "context": "x", "amount_usd": 400_000}

    def attempt() -> str:
        ceo = world.client("ceo")
        waiting = [ceo.call_nowait("propose_decision", **asked, title=f"Part {part}") for part in range(10)]
        told = [heard(ceo.wait(id)) for id in waiting]
        assert sum("is within the" in each for each in told) == 2
        return "\n".join(told)

    return attempt
