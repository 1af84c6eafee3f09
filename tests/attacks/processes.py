"""SQL: the logins of Echo's own processes, past every service."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import transaction

from org.clock import database_clock
from org.models import Call, Member
from org.services import calls
from tests.attacks.logins import (
    DENIED,
    SETTLED,
    Statements,
    approves_its_own,
    attacks_of,
    one,
    publishes_a_charter,
    votes_as_the_board,
    votes_for_another,
)
from tests.attacks.votes import vote_on
from tests.attacks.world import World, decision, fresh
from tests.people import board_member, store
from tests.services.database import execute

PENDING = "'pending', NULL, NULL, NULL"
INSERTED = (
    "INSERT INTO decisions (id, decision_type, initiator_role, mode, title, context, amount_usd, initiative,"
    " initiative_key, confidential, urgency, status, decided_by, completed_at, outcome, ruling, content_hash,"
    " created_at, charter_version_id, call_id) SELECT gen_random_uuid(), 'strategic_initiative', 'ceo', 'autonomous',"
    " 'forged', '{{}}', 50000000, 'forged', 'forged', false, 'normal', 'approved', 'ceo', now(), '{{}}', '{{}}',"
    " repeat('0', 64), now(), 1, '{call}'"
)


def waiting_call(world: World) -> tuple[str, ...]:
    _, call_id = store("ceo", "test", json.dumps({"n": fresh("x")}))
    return (INSERTED.format(call=call_id),)


def finished_call(world: World) -> tuple[str, ...]:
    return (INSERTED.format(call=an_old_call(world).pk),)


def anothers_call(world: World) -> tuple[str, ...]:
    """The call of another role that is running now."""
    return (INSERTED.format(call=running_call(world, "test_lead")),)


def running_call(world: World, role: str) -> UUID:
    """A call that no worker can have taken, because it was running when it was first seen."""
    with transaction.atomic():
        _, call_id = store(role, "test", json.dumps({"n": fresh("x")}))
        execute(
            "UPDATE calls SET status = 'running', attempt = 1, claimed_at = clock_timestamp(),"
            " lease_until = clock_timestamp() + interval '1 minute' WHERE id = %s",
            call_id,
        )
    claimed = calls.Claim(call_id, 1, role)
    world.afterwards(lambda: calls.fail(claimed, "over", database_clock))
    return call_id


def an_old_call(world: World) -> Call:
    world.initiative(5)
    return Call.objects.filter(role="ceo", status="done").latest("created_at")


def done_again(world: World) -> tuple[str, ...]:
    pk = an_old_call(world).pk
    return (f"UPDATE calls SET status = 'queued', finished_at = NULL, result = NULL WHERE id = '{pk}'",)


def other_arguments(world: World) -> tuple[str, ...]:
    _, call_id = store("ceo", "approve_strategic_initiative", json.dumps({"initiative": fresh("x")}))
    return (f"""UPDATE calls SET arguments = '{{"budget": 5000000}}' WHERE id = '{call_id}'""",)


def smaller_afterwards(world: World) -> tuple[str, ...]:
    return (f"UPDATE decisions SET amount_usd = 5 WHERE id = '{world.before_the_board().decision_id}'",)


def looser_mode(world: World) -> tuple[str, ...]:
    pk = world.before_the_board().decision_id
    return (f"UPDATE decisions SET mode = 'autonomous', status = 'pending' WHERE id = '{pk}'",)


def for_the_manager(world: World) -> tuple[str, ...]:
    pk = decision(world.proposed("cto", amount_usd=750_000)).pk
    return (f"UPDATE decisions SET status = 'approved', decided_by = 'ceo', {SETTLED} WHERE id = '{pk}'",)


def fewer_members(world: World) -> tuple[str, ...]:
    board_member(), board_member()
    matter = world.before_the_board(12_000_000)
    return (f"UPDATE escalations SET members_needed = 1 WHERE id = {matter.pk}",)


def mints(cause: str) -> Statements:
    def statements(world: World) -> tuple[str, ...]:
        world.done("ceo", "allocate_budget", amount=1, department="Research", justification="x",
                   decision_id=world.approved(10))  # fmt: skip
        values = "'board', 'department:research', 1000000, now(), " + cause
        return (f"INSERT INTO ledger_entries (source_id, target_id, amount_usd, created_at, timer) VALUES ({values})",)

    return statements


def reuses_an_approval(world: World) -> tuple[str, ...]:
    pk = decision(world.approved(5)).pk
    return (f"UPDATE decisions SET used_at = NULL WHERE id = '{pk}'",)


def longer_approval(world: World) -> tuple[str, ...]:
    pk = decision(world.approved(5)).pk
    return (f"UPDATE decisions SET expires_at = expires_at + interval '1 year' WHERE id = '{pk}'",)


def seats_a_friend(world: World) -> tuple[str, ...]:
    pk = world.person().pk
    return (f"INSERT INTO members_groups (member_id, group_id) SELECT {pk}, id FROM auth_group WHERE name = 'Board'",)


def a_superuser(world: World) -> tuple[str, ...]:
    return (f"UPDATE members SET is_superuser = true WHERE id = {Member.objects.latest('pk').pk}",)


def rejects_for_the_board(world: World) -> tuple[str, ...]:
    pk = world.before_the_board().decision_id
    return (f"UPDATE decisions SET status = 'rejected', decided_by = 'board', {SETTLED} WHERE id = '{pk}'",)


def expires(world: World) -> tuple[str, ...]:
    pk = decision(world.proposed("cto", amount_usd=750_000)).pk
    return (f"UPDATE decisions SET status = 'expired', decided_by = 'system', {SETTLED} WHERE id = '{pk}'",)


def revokes(world: World) -> tuple[str, ...]:
    pk, member = decision(world.approved(5)).pk, board_member().pk
    return (f"UPDATE decisions SET revoked_at = now(), revoked_by_id = {member} WHERE id = '{pk}'",)


def ends_an_approval(world: World) -> tuple[str, ...]:
    pk = decision(world.approved(5)).pk
    return (f"UPDATE decisions SET revoked_at = now() WHERE id = '{pk}'",)


def asks_for_a_role(world: World) -> tuple[str, ...]:
    statement = INSERTED.replace("call_id)", "person_id)").replace("'{call}'", str(board_member().pk))
    return (statement.replace("'autonomous'", "'human'").replace("'approved', 'ceo', now(), '{{}}'", PENDING).format(),)


def draws(world: World) -> tuple[str, ...]:
    world.done("ceo", "allocate_budget", amount=1, department="Research", justification="x",
               decision_id=world.approved(10))  # fmt: skip
    pk = decision(world.approved(50)).pk
    values = f"'decision:{pk}', 'department:research', 50, now(), 'deadline', '{pk}'"
    columns = "source_id, target_id, amount_usd, created_at, timer, decision_id"
    return (f"INSERT INTO ledger_entries ({columns}) VALUES ({values})",)


def posts_again(world: World) -> tuple[str, ...]:
    pk = decision(world.approved(50)).pk
    values = f"'treasury', 'decision:{pk}', 50, now(), '{running_call(world, 'ceo')}', '{pk}'"
    columns = "source_id, target_id, amount_usd, created_at, call_id, decision_id"
    return (f"INSERT INTO ledger_entries ({columns}) VALUES ({values})",)


def open_vote(world: World) -> str:
    """The id of a vote that is far from its end, and in which two of four have approved."""
    ref = vote_on(world, "ceo", decision_type="policy", participants=["cto", "operations_head", "product_manager"])
    for role in ("cto", "operations_head"):
        world.done(role, "cast_vote", decision_id=ref, vote="approve", rationale=fresh("I agree"), confidence=1)
    return str(decision(ref).pk)


def ends_a_vote_early(world: World) -> tuple[str, ...]:
    return (f"UPDATE decisions SET due_at = echo_now() - interval '1 minute' WHERE id = '{open_vote(world)}'",)


def settles_a_vote_early(world: World) -> tuple[str, ...]:
    """With its end moved in the same statement."""
    pk = open_vote(world)
    return (f"UPDATE decisions SET status = 'approved', decided_by = 'ceo', {SETTLED} WHERE id = '{pk}'",)


def rejects_a_vote_early(world: World) -> tuple[str, ...]:
    pk = open_vote(world)
    return (f"UPDATE decisions SET status = 'rejected', decided_by = 'electorate', {SETTLED} WHERE id = '{pk}'",)


def votes_off_the_record(world: World) -> tuple[str, ...]:
    """Out of the vote, back to when it ends, and settled as one that was handed up."""
    pk = open_vote(world)
    handed_up = "mode = 'hierarchical', awaiting_role = 'ceo', due_at = echo_now() - interval '1 minute'"
    return (
        f"UPDATE decisions SET {handed_up} WHERE id = '{pk}'",
        f"UPDATE decisions SET status = 'approved', decided_by = 'ceo', {SETTLED} WHERE id = '{pk}'",
    )


def with_final_date(world: World) -> str:
    """The id of a matter that waits for the CEO and has a final date, which is still to come."""
    world.charter("[types.architecture]\n", "[types.architecture]\nfinal_days = 10\n")
    ref = world.proposed("senior_developer", decision_type="architecture")
    return str(decision(ref).pk)


def expires_early(world: World) -> tuple[str, ...]:
    pk = with_final_date(world)
    return (f"UPDATE decisions SET status = 'expired', decided_by = 'system', {SETTLED} WHERE id = '{pk}'",)


def moves_the_final_date(world: World) -> tuple[str, ...]:
    return (f"UPDATE decisions SET final_at = echo_now() WHERE id = '{with_final_date(world)}'",)


NO_SUCH, NOT_ITS, UNCALLED = "does no such deed", "does not settle what is", "nothing calls for moving"
_try = attacks_of(__name__)
_try("worker", "writes an approval of a call that waits", NO_SUCH, waiting_call)
_try("worker", "writes an approval of a call that is done", NO_SUCH, finished_call)
_try("worker", "writes the CEO's approval in another role's call", "a call of test_lead does no deed of ceo",
     anothers_call)  # fmt: skip
_try("worker", "puts a call that is done back in the queue", "Cannot update", done_again)
_try("worker", "gives a stored call other arguments", "Cannot update", other_arguments)
_try("worker", "approves what the board has without its votes", "by its members' votes alone", approves_its_own)
_try("worker", "casts a member's vote", DENIED, votes_as_the_board)
_try("worker", "makes an amount smaller once it was judged", "Cannot update", smaller_afterwards)
_try("worker", "makes the mode of a request looser", "Cannot update", looser_mode)
_try("worker", "lets one member do where two are needed", "Cannot update", fewer_members)
_try("worker", "seats a friend on the board", DENIED, seats_a_friend)
_try("worker", "frees an approval that is used", "Cannot update", reuses_an_approval)
_try("sweeper", "lets an approval hold longer than it was given for", "Cannot update", longer_approval)
_try("sweeper", "makes up a call of the CEO's", DENIED,
     one("INSERT INTO calls (id, role) VALUES (gen_random_uuid(), 'ceo')"))  # fmt: skip
_try("sweeper", "makes somebody a superuser", DENIED, a_superuser)
_try("web", "casts another role's ballot", DENIED, votes_for_another)
_try("web", "approves what the board has without its votes", "by its members' votes alone", approves_its_own)
for process in ("worker", "sweeper", "web"):
    _try(process, "approves for the manager who was asked", NOT_ITS, for_the_manager)
_try("worker", "rejects what the board has", "rejected by a member's answer alone", rejects_for_the_board)
_try("sweeper", "lets a matter expire that has no final date", NOT_ITS, expires)
_try("worker", "revokes an approval of the board's", NO_SUCH, revokes)
for process in ("worker", "web"):
    _try(process, "ends an approval that no role above has overridden", "or by a role above that overrides it",
         ends_an_approval)  # fmt: skip
_try("web", "asks the board for a matter of its own in a role's name", "people_put_before_the_board", asks_for_a_role)
_try("sweeper", "moves a million into a department past every approval", UNCALLED, mints("'deadline'"))
_try("sweeper", "moves an approval's budget into a department without an allocation", UNCALLED, draws)
_try("worker", "posts an approval to the budget a second time", "approved_once", posts_again)
_try("web", "puts a charter in force that no member has approved", "as an approved draft", publishes_a_charter)
_try("sweeper", "ends a vote before its time", "Cannot update", ends_a_vote_early)
_try("sweeper", "approves what is being voted on before its time", NOT_ITS, settles_a_vote_early)
_try("sweeper", "rejects what is being voted on before its time", NOT_ITS, rejects_a_vote_early)
_try("sweeper", "takes a vote from its voters and approves it for their manager", NOT_ITS, votes_off_the_record)
_try("sweeper", "lets a matter expire before its final date", NOT_ITS, expires_early)
for process in ("worker", "web"):
    _try(process, "lets a matter expire", NOT_ITS, expires)
for process in ("worker", "sweeper", "web"):
    _try(process, "moves a final date", "Cannot update", moves_the_final_date)
for process in ("worker", "sweeper"):
    _try(process, "takes the bound off the treasury", DENIED, one("UPDATE ledger_accounts SET bounded = false"))
for process in ("worker", "web"):
    _try(process, "lets a message expire that nobody has read", DENIED, one("UPDATE messages SET expired_at = now()"))
_try("worker", "says that a role has read its mail", DENIED, one("UPDATE messages SET read = true, read_at = now()"))
_try("worker", "lets a process that is silent look alive", DENIED,
     one("UPDATE presences SET last_heartbeat = now()"))  # fmt: skip
