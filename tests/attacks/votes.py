"""Votes: friends, electorates, ballots and modes. A vote creates no authority."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.world import World, fresh

FRIENDS = ("product_manager", "test_lead", "senior_developer")


def vote_on(world: World, role: str, **given: Any) -> str:
    """The ref of a vote that a role opens."""
    return world.proposed(role, **{"mode": "collaborative", **given})


def ballot(ref: str, **given: Any) -> dict[str, Any]:
    return {"decision_id": ref, "vote": "approve", "rationale": fresh("I agree"), "confidence": 1, **given}


def all_approve(world: World, ref: str, roles: Iterable[str], **given: Any) -> str:
    """What the last of these roles is told."""
    told = ""
    for role in roles:
        told = world.told(role, "cast_vote", **ballot(ref, **given))
        if "waits for" in told:
            break
    return told


@attack("outvotes a limit with the whole leadership", says="waits for the board", leaves=Leaves.NO_APPROVAL)
def outvotes_a_limit(world: World) -> Attempt:
    electorate = ("cto", "chro", "operations_head")
    ref = vote_on(world, "ceo", decision_type="strategic_initiative", amount_usd=2_000_000)
    return partial(all_approve, world, ref, electorate)


@attack("lends a vote the limit of a role that abstained", says="waits for the board", leaves=Leaves.NO_APPROVAL)
def borrowed_limit(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="strategic_initiative", amount_usd=450_000)
    world.done("cto", "cast_vote", **ballot(ref, vote="abstain"))
    return partial(all_approve, world, ref, ("chro", "operations_head"))


@attack("has friends approve what none of them and nobody decides alone", says="waits for the board",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def friends_without_a_right(world: World) -> Attempt:
    given = {"decision_type": "other", "participants": list(FRIENDS)}
    ref = vote_on(world, "uiux_engineer", **given)
    return partial(all_approve, world, ref, FRIENDS)


@attack("chooses an electorate of friends for money that none of them may spend", says="waits for the",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def friends_with_money(world: World) -> Attempt:
    given = {"decision_type": "budget_allocation", "amount_usd": 50_000, "participants": ["test_lead", "cto"]}
    ref = vote_on(world, "senior_developer", **given)
    for role in ("ceo", "operations_head"):  # whom the charter names; they do not answer for it
        world.done(role, "cast_vote", **ballot(ref, vote="abstain"))
    world.done("cto", "cast_vote", **ballot(ref, vote="abstain"))
    return partial(world.told, "test_lead", "cast_vote", **ballot(ref))


@attack("leaves out of an electorate the role that has a veto", says="vetoed", leaves=Leaves.NO_APPROVAL)
def without_the_veto(world: World) -> Attempt:
    given = {"decision_type": "deployment", "participants": ["product_manager", "uiux_engineer"]}
    ref = vote_on(world, "senior_developer", **given)
    for role in ("product_manager", "uiux_engineer"):
        world.done(role, "cast_vote", **ballot(ref))

    def attempt() -> str:
        return str(world.done("test_lead", "cast_vote", **ballot(ref, vote="reject", confidence=0.1))["rationale"])

    return attempt


@attack("changes a veto into an approval", says="settles only once")
def takes_a_veto_back(world: World) -> Attempt:
    ref = vote_on(world, "cto", decision_type="release", participants=["chro", "product_manager"])
    world.done("test_lead", "cast_vote", **ballot(ref, vote="reject"))
    return partial(world.told, "test_lead", "cast_vote", **ballot(ref))


@attack("votes on its own proposal, having named itself among the participants", says="the initiator does not vote")
def own_proposal(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="policy", participants=["ceo", "cto", "operations_head"])
    return partial(world.told, "ceo", "cast_vote", **ballot(ref))


@attack("votes in a vote that asks others", says="its electorate is")
def not_asked(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="policy", participants=["cto", "operations_head"])
    return partial(world.told, "test_lead", "cast_vote", **ballot(ref))


@attack("votes where there is no vote, to settle what waits for a manager", says="has no vote; it waits on ceo")
def no_vote(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    return partial(world.told, "chro", "cast_vote", **ballot(ref))


@attack("makes an electorate of three out of one friend named thrice", says="a vote needs at least 3 roles")
def one_friend_thrice(world: World) -> Attempt:
    return partial(opens, world, participants=["test_lead", "test_lead", "test_lead"])


@attack("names the board among those who vote", says="nothing is called 'board'")
def board_as_a_voter(world: World) -> Attempt:
    return partial(opens, world, participants=["board", "cto", "chro"])


@attack("names a role that does not exist among those who vote", says="nothing is called 'cfo'")
def made_up_voter(world: World) -> Attempt:
    return partial(opens, world, participants=["cfo", "cto", "chro"])


def opens(world: World, **given: Any) -> str:
    wanted = {"decision_type": "other", "title": fresh("Matter"), "context": "x", "mode": "collaborative"}
    return world.told("uiux_engineer", "propose_decision", **{**wanted, **given})


@attack("names voters for a decision that nobody votes on", says="nobody votes on it")
def voters_without_a_vote(world: World) -> Attempt:
    return partial(opens, world, mode="hierarchical", participants=list(FRIENDS))


@attack("casts a vote of a hundredfold confidence", says="must be a number from 0 to 1")
def hundredfold(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="policy", participants=["cto", "operations_head"])
    return partial(world.told, "cto", "cast_vote", **ballot(ref, confidence=100))


@attack("has everybody approve without any confidence", says="waits for the board", leaves=Leaves.NO_APPROVAL)
def without_confidence(world: World) -> Attempt:
    ref = vote_on(world, "ceo", decision_type="policy", participants=["cto", "operations_head"])
    return partial(all_approve, world, ref, ("cto", "chro", "operations_head"), confidence=0)


@attack("votes as many roles from one client where the charter asks for two", says="waits for the board",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def one_client(world: World) -> Attempt:
    world.charter("[types.policy]\n", "[types.policy]\nmin_clients = 2\n")
    ref = vote_on(world, "ceo", decision_type="policy", participants=["cto", "operations_head"])
    return partial(all_approve, world, ref, ("cto", "chro", "operations_head"))


@attack("asks for mode autonomous over its limit", says="waits for the board", leaves=Leaves.NO_APPROVAL)
def autonomous_over_the_limit(world: World) -> Attempt:
    return partial(asks_for, world, "autonomous", decision_type="budget_allocation", amount_usd=5_000_000)


@attack("asks for mode autonomous where the charter wants a vote", says="the charter allows collaborative, human")
def looser_than_the_charter(world: World) -> Attempt:
    mine = 'decided_by = ["ceo", "chro"]\n'
    world.charter(mine, mine + 'modes = ["collaborative", "human"]\n')
    return partial(asks_for, world, "autonomous", decision_type="policy")


@attack("asks for a mode there is none of", says="mode: must be one of")
def made_up_mode(world: World) -> Attempt:
    return partial(asks_for, world, "board_approved", decision_type="policy")


@attack("asks for mode hierarchical to be its own manager past the CEO", says="waits for the board",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def own_manager(world: World) -> Attempt:
    return partial(asks_for, world, "hierarchical", decision_type="budget_allocation", amount_usd=5)


def asks_for(world: World, mode: str, **given: Any) -> str:
    wanted = {"title": fresh("Matter"), "context": "x", "mode": mode, **given}
    return world.told("ceo", "propose_decision", **wanted)
