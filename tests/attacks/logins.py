"""SQL: each database login alone, past every server and every service."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import transaction

from org.clock import database_clock
from org.credentials import Folder
from org.models import Call, CharterVersion, Member
from org.services import calls
from tests.attacks.table import Attempt, attack
from tests.attacks.votes import vote_on
from tests.attacks.world import World, decision, fresh
from tests.people import board_member, store
from tests.services.boardroom import hash_of
from tests.services.database import execute

DENIED = "permission denied"
SETTLED = "completed_at = now(), outcome = '{}', awaiting_role = NULL, due_at = NULL"
PENDING = "'pending', NULL, NULL, NULL"
Statements = Callable[[World], tuple[str, ...]]


def _try(login: str, tries: str, says: str, statements: Statements) -> None:
    @attack(f"{tries}, by the login of the {login}", says=says)
    def play(world: World) -> Attempt:
        return partial(world.sql, login, *statements(world))


def one(statement: str) -> Statements:
    return lambda world: (statement,)


def own_login(login: str) -> str:
    held = Folder.configured().read(login)
    assert held is not None
    return held.name


# --- Agents -------------------------------------------------------------------------------------------------------


def approves_its_own(world: World) -> tuple[str, ...]:
    pk = world.before_the_board().decision_id
    return (f"UPDATE decisions SET status = 'approved', decided_by = 'board', {SETTLED} WHERE id = '{pk}'",)


def votes_for_another(world: World) -> tuple[str, ...]:
    pk = decision(vote_on(world, "ceo", decision_type="policy", participants=["cto", "operations_head"])).pk
    columns = "decision_id, voter_role, vote, first_vote, confidence, first_confidence, first_voted_at, voted_at"
    return (
        f"INSERT INTO decision_votes ({columns}) VALUES ('{pk}', 'chro', 'approve', 'approve', 1, 1, now(), now())",
    )


def votes_as_the_board(world: World) -> tuple[str, ...]:
    matter = world.before_the_board()
    columns = "escalation_id, member_id, answer, note, seen_hash, voted_at"
    values = f"{matter.pk}, {board_member().pk}, 'approve', '', '{hash_of(matter)}', now()"
    return (f"INSERT INTO board_votes ({columns}) VALUES ({values})",)


def publishes_a_charter(world: World) -> tuple[str, ...]:
    newest = CharterVersion.objects.latest("version")
    values = f"{newest.version + 1}, replace(document, '1_000_000', '50_000_000'), now(), 'me', lines"
    return (
        "INSERT INTO charter_versions (version, document, published_at, published_by, lines)"
        f" SELECT {values} FROM charter_versions WHERE version = {newest.version}",
    )


def takes_anothers_login(world: World) -> tuple[str, ...]:
    return (f'SET ROLE "{own_login("ceo")}"',)


def joins_another(world: World) -> tuple[str, ...]:
    return (f'GRANT "{own_login("ceo")}" TO "{own_login("uiux_engineer")}"',)


def shadows_a_table(world: World) -> tuple[str, ...]:
    given = json.dumps({"initiative": fresh("Shadow"), "business_value": "x", "budget": 5})
    call = f"'ceo', 'approve_strategic_initiative', 'creates', '{given}', NULL, '{{}}'"
    return (
        "CREATE TEMP TABLE logins AS SELECT session_user::text AS login, 'agent' AS kind, 'ceo' AS role",
        "SET search_path = pg_temp, public",
        f"SELECT public.store_call(gen_random_uuid(), {call})",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM public.calls WHERE role = 'ceo') THEN"
        " RAISE EXCEPTION 'stored as %', (SELECT role FROM public.calls ORDER BY number DESC LIMIT 1); END IF; END $$",
    )


_try("ceo", "approves its own request before the board", DENIED, approves_its_own)
_try("cto", "casts another role's ballot", DENIED, votes_for_another)
_try("chro", "casts a member's vote", DENIED, votes_as_the_board)
_try("operations_head", "writes a larger treasury", DENIED, one("UPDATE ledger_accounts SET balance_usd = 10 ^ 9"))
_try("product_manager", "publishes a charter with larger limits", DENIED, publishes_a_charter)
_try("senior_architect", "sets its role to the CEO's login", "permission denied to set role", takes_anothers_login)
_try("senior_architect", "sets its role to the owner", "permission denied to set role", one("SET ROLE echo"))
_try("uiux_engineer", "authorizes its session as the owner", DENIED, one("SET SESSION AUTHORIZATION echo"))
_try("uiux_engineer", "makes itself a member of the CEO's login", DENIED, joins_another)
_try("senior_developer", "switches the triggers off", DENIED, one("SET session_replication_role = replica"))
_try("senior_developer", "lets forty days pass, for a window to refill", DENIED,
     one("UPDATE clock_offset SET shift = shift + interval '40 days'"))  # fmt: skip
_try("test_lead", "shadows the table of logins by one of its own", "stored as test_lead", shadows_a_table)
_try("test_lead", "enters itself among the logins as the CEO", DENIED,
     one("INSERT INTO logins (login, kind, role) VALUES (session_user, 'agent', 'ceo')"))  # fmt: skip
_try("product_manager", "writes the audit anew", DENIED, one("UPDATE audit SET actor = 'board'"))


@attack("stores the CEO's call by the login of the test_lead", says="the test_lead has no tool")
def stores_anothers_call(world: World) -> Attempt:
    given = {"initiative": fresh("Lab"), "business_value": "x", "budget": 5}
    return partial(world.smuggled, "test_lead", "approve_strategic_initiative", given, role="ceo")


@attack("stores a proposal as the CEO's by the login of the cto, within the CEO's limit", says="is not an argument of")
def stores_a_role(world: World) -> Attempt:
    given = {"decision_type": "hiring", "title": "x", "context": "x", "amount_usd": 5, "acted_as": "ceo"}
    return partial(world.smuggled, "cto", "propose_decision", given, role="ceo")


@attack("takes back the CEO's call by the login of the cto", says="'f'")
def takes_back_anothers_call(world: World) -> Attempt:
    _, call_id = store("ceo", "withdraw_decision", json.dumps({"decision_id": "D-0", "reason": fresh("x")}))

    def attempt() -> str:
        with world.signed_in("cto") as cto:
            [row] = cto.execute("SELECT cancel_call(%s, 'ceo')::text", [call_id]).fetchall()
        world.answered(call_id)
        return repr(row[0][0])

    return attempt


# --- Echo's own processes -----------------------------------------------------------------------------------------

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


def without_votes(world: World) -> tuple[str, ...]:
    return approves_its_own(world)


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


NO_SUCH, NOT_ITS, UNCALLED = "does no such deed", "does not settle what is", "nothing calls for moving"
_try("worker", "writes an approval of a call that waits", NO_SUCH, waiting_call)
_try("worker", "writes an approval of a call that is done", NO_SUCH, finished_call)
_try("worker", "writes the CEO's approval in another role's call", "a call of test_lead does no deed of ceo",
     anothers_call)  # fmt: skip
_try("worker", "puts a call that is done back in the queue", "Cannot update", done_again)
_try("worker", "gives a stored call other arguments", "Cannot update", other_arguments)
_try("worker", "approves what the board has without its votes", "by its members' votes alone", without_votes)
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
_try("web", "approves what the board has without its votes", "by its members' votes alone", without_votes)
for process in ("worker", "sweeper", "web"):
    _try(process, "approves for the manager who was asked", NOT_ITS, for_the_manager)
_try("worker", "rejects what the board has", "rejected by a member's answer alone", rejects_for_the_board)
_try("sweeper", "lets a matter expire that has no final date", NOT_ITS, expires)
_try("worker", "revokes an approval of the board's", NO_SUCH, revokes)
_try("web", "asks the board for a matter of its own in a role's name", "people_put_before_the_board", asks_for_a_role)
_try("sweeper", "moves a million into a department past every approval", UNCALLED, mints("'deadline'"))
_try("sweeper", "moves an approval's budget into a department without an allocation", UNCALLED, draws)
_try("worker", "posts an approval to the budget a second time", "approved_once", posts_again)
_try("web", "puts a charter in force that no member has approved", "as an approved draft", publishes_a_charter)
