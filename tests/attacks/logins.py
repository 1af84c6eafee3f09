"""SQL: the login of each role, past its server and every service."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import partial

from org.credentials import Folder
from org.models import CharterVersion
from tests.attacks.table import Attempt, attack
from tests.attacks.votes import vote_on
from tests.attacks.world import World, decision, fresh
from tests.people import board_member, store
from tests.services.boardroom import hash_of

DENIED = "permission denied"
SETTLED = "completed_at = now(), outcome = '{}', awaiting_role = NULL, due_at = NULL"
Statements = Callable[[World], tuple[str, ...]]


def attacks_of(module: str) -> Callable[[str, str, str, Statements], None]:
    """What enters a module's attacks by SQL: `_try(login, tries, says, statements)`."""

    def enter(login: str, tries: str, says: str, statements: Statements) -> None:
        def play(world: World) -> Attempt:
            return partial(world.sql, login, *statements(world))

        play.__module__ = module  # under which the table lists it
        attack(f"{tries}, by the login of the {login}", says=says)(play)

    return enter


def one(statement: str) -> Statements:
    return lambda world: (statement,)


def own_login(login: str) -> str:
    held = Folder.configured().read(login)
    assert held is not None
    return held.name


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


_try = attacks_of(__name__)
_try("ceo", "approves its own request before the board", DENIED, approves_its_own)
_try("cto", "casts another role's ballot", DENIED, votes_for_another)
_try("chro", "casts a member's vote", DENIED, votes_as_the_board)
_try("operations_head", "writes a larger treasury", DENIED, one("UPDATE ledger_accounts SET balance_usd = 10 ^ 9"))
_try("operations_head", "takes the bound off the treasury", DENIED, one("UPDATE ledger_accounts SET bounded = false"))
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


def shows_itself_as_another(world: World) -> tuple[str, ...]:
    return (
        "SELECT beat(gen_random_uuid(), 'ceo', '1', 'x', 1)",
        "DO $$ BEGIN RAISE EXCEPTION 'seen as %', (SELECT string_agg(DISTINCT role, ',') FROM presences"
        " WHERE host = 'x'); END $$",
    )


def ends_anothers_process(world: World) -> tuple[str, ...]:
    process = uuid.uuid4()
    with world.signed_in("ceo") as ceo:
        ceo.execute("SELECT beat(%s, 'ceo', '1', 'y', 1)", [process])
    return (
        f"SELECT leave('{process}', 'ceo')",
        "DO $$ BEGIN RAISE EXCEPTION 'still there: %', (SELECT count(*) FROM presences"
        " WHERE host = 'y' AND ended_at IS NULL); END $$",
    )


_try("uiux_engineer", "says that an agent of the CEO is there", "seen as uiux_engineer", shows_itself_as_another)
_try("senior_developer", "says that the CEO's agent has ended", "still there: 1", ends_anothers_process)
_try("cto", "writes that the CEO's agent broke off", DENIED, one("UPDATE agent_status SET status = 'error'"))
_try("cto", "ends every process that is silent for a moment", DENIED, one("SELECT lose_silent(interval '0')"))
_try("cto", "makes itself a worker of the CEO's queue", DENIED,
     one("SELECT beat_worker(gen_random_uuid(), '{ceo}', '1', 'x', 1)"))  # fmt: skip


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
