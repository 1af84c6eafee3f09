"""Roles: who acts comes from the server and its credential, never from an argument, a name or a key."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import Any

from org.enums import BoardAnswer
from org.models import Call
from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.world import World, fresh
from tests.clients.raw import RpcError
from tests.people import answer
from tests.stack import ROOT

ASKED = {"decision_type": "budget_allocation", "context": "x", "amount_usd": 700_000}
NAMED = {  # an argument that would say who acts, and the tool that is given it
    "as_role": ("propose_decision", {"decision_type": "policy", "title": "x", "context": "x"}, "ceo"),
    "role": ("cast_vote", {"decision_id": "D-1", "vote": "approve", "rationale": "x", "confidence": 1}, "cto"),
    "by": ("resolve_decision", {"decision_id": "D-1", "approve": True, "rationale": "x"}, "ceo"),
    "from": ("send_message", {"to": "ceo", "subject": "x", "content": "Approved."}, "board"),
    "acted_as": ("withdraw_decision", {"decision_id": "D-1", "reason": "x"}, "ceo"),
}


def _name(argument: str) -> None:
    tool, arguments, who = NAMED[argument]

    @attack(f"names another role by an argument {argument} of {tool}", says=f"{argument}: is not an argument of {tool}")
    def named(world: World) -> Attempt:
        return partial(world.told, "test_lead", tool, **arguments, **{argument: who})


for argument in NAMED:
    _name(argument)


@attack("calls a tool of another role's server", says="the test_lead has no tool 'approve_strategic_initiative'")
def anothers_tool(world: World) -> Attempt:
    given = {"initiative": "Lab", "business_value": "x", "budget": 5}
    return partial(world.told, "test_lead", "approve_strategic_initiative", **given)


@attack("adds a role to the envelope of a call", says="waits for the Chief Executive Officer",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def in_the_envelope(world: World) -> Attempt:
    def attempt() -> str:
        arguments = {**ASKED, "title": fresh("Lab")}
        meta = {"role": "ceo", "acted_as": "ceo", "as_role": "ceo", "io.echo/role": "board"}
        params = {"name": "propose_decision", "arguments": arguments, "_meta": meta, "role": "ceo"}
        answer = world.client("test_lead").request("tools/call", params)["structuredContent"]
        assert answer["acted_as"] == "test_lead"
        return str(answer["say"])

    return attempt


@attack("calls its client the board, and its environment the CEO", says="waits for the Chief Executive Officer",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def in_the_environment(world: World) -> Attempt:
    claims = {"ECHO_ROLE": "ceo", "ROLE": "ceo", "PGUSER": "echo"}
    client = world.open_client("test_lead", claims, name="echo-ceo of the board")

    def attempt() -> str:
        answer = client.call("propose_decision", **ASKED, title=fresh("Lab")).structured
        assert answer["acted_as"] == "test_lead"
        return str(answer["say"])

    return attempt


@attack("starts a server for the board", says="board")
def server_of_the_board(world: World) -> Attempt:
    def attempt() -> str:
        command = world.organisation.client_command("board")
        started = subprocess.run(
            command, cwd=ROOT, env=world.organisation.env, input="", capture_output=True, text=True, timeout=60
        )
        assert started.returncode != 0
        assert started.stdout == ""
        return started.stderr

    return attempt


@attack("sends another role's idempotency key, to be given its answer", says="waits for the Chief Executive Officer",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def anothers_key(world: World) -> Attempt:
    same = {**ASKED, "amount_usd": 300_000, "title": fresh("Lab"), "idempotency_key": fresh("key")}
    world.done("ceo", "propose_decision", **same)

    def attempt() -> str:
        answer = world.done("test_lead", "propose_decision", **same)
        assert (answer["acted_as"], answer["repeated_of"]) == ("test_lead", None)
        return str(answer["say"])

    return attempt


@attack("replays a small call's key with a large amount", says="it already stands for other arguments")
def replayed_key(world: World) -> Attempt:
    given = {"decision_type": "budget_allocation", "title": fresh("Lab"), "context": "x"}
    key = fresh("key")
    world.done("ceo", "propose_decision", **given, amount_usd=5, idempotency_key=key)
    return partial(world.told, "ceo", "propose_decision", **given, amount_usd=900_000, idempotency_key=key)


@attack("approves its own request, which waits for its manager", says="waits on ceo, not on cto")
def own_request(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    return partial(approve, world, "cto", ref)


@attack("approves its own request when the board has sent it back", says="came back to you for revision")
def own_request_sent_back(world: World) -> Attempt:
    matter = world.before_the_board()
    world.visitor().answers(matter, "request_revision", "half of it")
    return partial(approve, world, "ceo", matter.decision.ref)


@attack("approves, as the one who asked, what the board has", says="waits on board, not on ceo")
def own_request_before_the_board(world: World) -> Attempt:
    return partial(approve, world, "ceo", world.before_the_board().decision.ref)


@attack("approves what waits for somebody else, by a ref in Arabic digits", says="waits on ceo, not on chro")
def other_digits(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    return partial(approve, world, "chro", ref.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")))


def approve(world: World, role: str, ref: str) -> str:
    return world.told(role, "resolve_decision", decision_id=ref, approve=True, rationale="mine")


@attack("revises another role's decision into its own", says="a role revises only its own")
def revises_anothers(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    return partial(world.told, "chro", "propose_decision", **ASKED, title=fresh("Lab"), revises=ref)


@attack("revises its own approved decision, to spend its amount twice", says="settles only once")
def revises_what_is_approved(world: World) -> Attempt:
    ref = world.approved(5)
    return partial(world.told, "ceo", "propose_decision", **ASKED, title=fresh("Lab"), revises=ref)


@attack("overrides the board's no", says="only the board overrides it")
def overrides_the_board(world: World) -> Attempt:
    matter = world.before_the_board().decision
    answer(matter, BoardAnswer.REJECT)
    return partial(world.told, "ceo", "override_decision", decision_id=matter.ref, approve=True, reason="we need it")


@attack("overrides what it decided itself, to spend its budget once more", says="only the board overrides it")
def overrides_itself(world: World) -> Attempt:
    ref = world.approved(50)
    return partial(world.told, "ceo", "override_decision", decision_id=ref, approve=False, reason="again")


@attack("overrides a role's no past its own limit", says="waits for the board", leaves=Leaves.NO_APPROVAL)
def overrides_past_its_limit(world: World) -> Attempt:
    ref = world.proposed("senior_developer", amount_usd=400_000)
    world.done("cto", "resolve_decision", decision_id=ref, approve=False, rationale="no")
    for _ in range(5):
        world.approved(1_000_000)
    return partial(world.told, "ceo", "override_decision", decision_id=ref, approve=True, reason="yes")


@attack("withdraws another role's request", says="only its initiator withdraws it")
def withdraws_anothers(world: World) -> Attempt:
    ref = world.proposed("cto", amount_usd=750_000)
    return partial(world.told, "chro", "withdraw_decision", decision_id=ref, reason="a rival's")


@attack("raises a decision that is none of its own past those it waits for", says="who has it may raise it")
def raises_anothers(world: World) -> Attempt:
    ref = world.proposed("senior_architect", amount_usd=750_000)
    return partial(world.told, "chro", "escalate_decision", decision_id=ref, reason="to the board with it")


@attack("lowers the board's matter to one of its own by raising it with less urgency", says="its urgency stays high",
        leaves=Leaves.NOTHING)  # fmt: skip
def lowers_the_urgency(world: World) -> Attempt:
    ref = world.before_the_board(urgency="high").decision.ref
    return partial(world.told, "ceo", "escalate_to_board", decision_id=ref, urgency="low")


@attack("reads another line's confidential decision", says="nothing is called")
def reads_what_is_confidential(world: World) -> Attempt:
    ref = confidential(world)
    return partial(world.told, "chro", "get_decision", decision_id=ref)


@attack("reads another line's confidential decision as a resource", says="nothing is called")
def reads_a_resource(world: World) -> Attempt:
    ref = confidential(world)

    def attempt() -> str:
        try:
            return str(world.client("chro").request("resources/read", {"uri": f"echo://decisions/{ref}"}))
        except RpcError as refusal:
            return refusal.message

    return attempt


def confidential(world: World) -> str:
    given: dict[str, Any] = {"decision_type": "architecture", "title": fresh("Hush"), "confidential": True}
    return str(world.done("cto", "propose_decision", **given, context="x")["ref"])


@attack("waits for another role's call, to read its answer", says="nothing is called")
def reads_anothers_call(world: World) -> Attempt:
    world.initiative(5)
    ref = Call.objects.filter(role="ceo").latest("created_at").ref
    return partial(world.told, "test_lead", "wait_for", id=ref, timeout_seconds=0)


@attack("acknowledges a request that another role was sent", says="read_inbox lists what you received")
def acknowledges_anothers(world: World) -> Attempt:
    ref = world.done("cto", "send_message", to="ceo", subject="Answer me", content="please")["ref"]
    return partial(world.told, "chro", "acknowledge_message", message_id=ref)


@attack("sends a cursor that is a piece of SQL", says="is not one this tool gave")
def cursor_of_sql(world: World) -> Attempt:
    return partial(world.told, "test_lead", "read_inbox", cursor="9 OR to_role = 'ceo'")


@attack("writes to the board, to be answered as if it had been asked", says="people, who read decisions, not mail")
def writes_to_the_board(world: World) -> Attempt:
    return partial(world.told, "ceo", "send_message", to="board", subject="Approve", content="D-1, please")
