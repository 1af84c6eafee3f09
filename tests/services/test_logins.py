"""The database's own rules of who is who: what each login sees and does, past every service and every tool."""

import os
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from org import logins
from org.charter import SHIPPED, read
from org.clock import database_clock
from org.credentials import Credential, Folder
from org.enums import LoginKind, VoteChoice
from org.models import Call, Login
from org.privileges import FUNCTIONS, TABLES
from org.services import calls, messages
from tests.people import acting, amend_charter, drop_role, propose, put_to_vote, store, use_database, vote
from tests.stack import ROOT, Servers

ROLES = tuple(read(SHIPPED.read_text()).roles)
FILES = (*ROLES, "worker", "sweeper", "web")
As = Callable[[str], psycopg.Connection[Any]]


@pytest.fixture
def signed_in(servers: Servers) -> Iterator[As]:
    """Opens connections as a login: `signed_in("ceo").execute(…)`. They see what is committed."""
    opened: dict[str, psycopg.Connection[Any]] = {}

    def sign_in(login: str) -> psycopg.Connection[Any]:
        if login not in opened:
            database = connection.settings_dict["NAME"]
            opened[login] = psycopg.connect(**as_login(servers, database, login), autocommit=True)
        return opened[login]

    yield sign_in
    for one in opened.values():
        one.close()


def as_login(servers: Servers, database: str, login: str) -> dict[str, Any]:
    held = Folder.configured().read(login)
    assert held is not None, login
    return {
        "dbname": database,
        "host": str(servers.home.sockets),
        "user": held.name,
        "password": held.password,
    }


@contextmanager
def denied(because: str = "permission denied") -> Iterator[None]:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=because):
        yield


def run_manage(arguments: list[str], env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True)


def asked(query: str, *values: Any) -> list[Any]:
    """The first column of what the owner is told."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [row[0] for row in cursor.fetchall()]


def kind_of(login: str) -> LoginKind:
    return LoginKind(login) if login in {*LoginKind} else LoginKind.AGENT


def rows(as_one: psycopg.Connection[Any], query: str, *values: Any) -> list[Any]:
    return [row[0] for row in as_one.execute(query, values).fetchall()]  # type: ignore[arg-type]


# --- What is granted ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_table_and_function_has_its_line_in_the_matrix() -> None:
    ours = "namespace = 'public'::regnamespace"
    tables = asked(f"SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND rel{ours}")
    assert set(tables) == set(TABLES)
    functions = asked(f"SELECT proname FROM pg_proc WHERE prorettype <> 'trigger'::regtype AND pro{ours}")
    assert sorted(functions) == sorted(FUNCTIONS)


@pytest.mark.django_db
@pytest.mark.parametrize("login", FILES)
def test_a_login_has_what_the_matrix_says_and_nothing_else(login: str) -> None:
    held = Folder.configured().read(login)
    assert held is not None
    granted = "SELECT privilege_type FROM information_schema.table_privileges WHERE table_name = %s AND grantee = %s"
    for table, grants in TABLES.items():
        wanted = {privilege for privilege in grants.of(kind_of(login)) if "(" not in privilege}
        assert set(asked(granted, table, held.name)) == wanted, table
    for function, kinds in FUNCTIONS.items():
        may = "SELECT has_function_privilege(%s, oid, 'EXECUTE') FROM pg_proc WHERE proname = %s"
        assert asked(may, held.name, function) == [kind_of(login) in kinds], function
    powers = "rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    assert asked(f"SELECT {powers} FROM pg_roles WHERE rolname = %s", held.name) == [False]
    assert asked("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s", held.name) == []


# --- What agents see ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("committed")
def test_a_role_reads_its_own_calls_and_messages_and_nobody_elses(signed_in: As) -> None:
    store("cto")
    store("ceo")
    for to, content in (("ceo", "for the ceo"), ("chro", "for the chro")):
        messages.send(to=to, subject="word", content=content, by=acting("cto"), clock=database_clock)
    assert set(rows(signed_in("ceo"), "SELECT role FROM calls")) == {"ceo"}
    assert rows(signed_in("ceo"), "SELECT to_role FROM messages") == ["ceo"]
    assert set(rows(signed_in("cto"), "SELECT to_role FROM messages")) == {"ceo", "chro"}
    assert rows(signed_in("test_lead"), "SELECT to_role FROM messages") == []


@pytest.mark.usefixtures("committed")
def test_a_confidential_decision_is_seen_by_those_it_concerns_alone(signed_in: As) -> None:
    hidden = propose("senior_developer", None, "architecture", confidential=True)
    shown = propose("senior_developer", None, "architecture")
    seen_by = {role for role in ROLES if hidden.number in rows(signed_in(role), "SELECT number FROM decisions")}
    assert seen_by == {"senior_developer", "senior_architect", "cto", "ceo"}
    for role in ROLES:
        assert shown.number in rows(signed_in(role), "SELECT number FROM decisions")
        told = rows(signed_in(role), "SELECT done FROM decision_history(%s)", hidden.number)
        assert bool(told) == (role in seen_by), role


@pytest.mark.usefixtures("committed")
def test_reading_rights_follow_the_charter_in_force(signed_in: As) -> None:
    hidden = propose("test_lead", None, "architecture", confidential=True)
    assert rows(signed_in("operations_head"), "SELECT number FROM decisions") == []
    line = '[roles.test_lead]\ntitle = "Test Lead"\nreports_to = "{}"'
    amend_charter(line.format("cto"), line.format("operations_head"))
    assert rows(signed_in("operations_head"), "SELECT number FROM decisions") == [hidden.number]


@pytest.mark.usefixtures("committed")
def test_ballots_are_sealed_in_the_database_too(signed_in: As) -> None:
    matter = put_to_vote()
    first, second = (matter.participants or [])[:2]
    vote(matter, first, VoteChoice.APPROVE)
    assert rows(signed_in(first), "SELECT voter_role FROM decision_votes") == [first]
    assert rows(signed_in(second), "SELECT voter_role FROM decision_votes") == []
    assert rows(signed_in(matter.initiator_role), "SELECT voter_role FROM decision_votes") == []
    details = rows(
        signed_in(second), "SELECT details::text FROM decision_history(%s) WHERE done = 'vote.cast'", matter.number
    )
    assert details == ["{}"]


@pytest.mark.usefixtures("committed")
def test_sums_count_what_a_role_cannot_read(signed_in: As) -> None:
    propose("cto", 100_000, "budget_allocation", initiative="Hush", confidential=True)
    assert rows(signed_in("chro"), "SELECT number FROM decisions") == []
    (initiative,) = rows(signed_in("chro"), "SELECT initiative_usd FROM standing_sums('hush', ARRAY['chro'], now())")
    assert initiative == Decimal(100_000)


# --- What agents do -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO calls (id, role, tool, effect, arguments, digest, client, status, attempt, worker, created_at,"
        " claimable_until, changed) VALUES (gen_random_uuid(), 'ceo', 'propose_decision', 'creates', '{}', '', '{}',"
        " 'done', 1, '', now(), now(), true)",
        "UPDATE decisions SET status = 'approved'",
        "UPDATE calls SET status = 'done'",
        "INSERT INTO decision_votes (voter_role) VALUES ('cto')",
        "INSERT INTO board_votes (answer) VALUES ('approve')",
        "INSERT INTO audit (action) VALUES ('decision.settled')",
        "INSERT INTO messages (from_role) VALUES ('board')",
        "INSERT INTO ledger_entries (amount_usd) VALUES (1)",
        "UPDATE ledger_accounts SET balance_usd = 1",
        "INSERT INTO charter_versions (version) VALUES (2)",
        "INSERT INTO outbox (channel) VALUES ('decisions:new')",
        "UPDATE clock_offset SET shift = '40 days'",
        "INSERT INTO logins (login, kind, role) VALUES (session_user, 'agent', 'ceo')",
        "SELECT * FROM logins",
        "SELECT password FROM members",
        "SELECT * FROM audit",
        "SELECT * FROM django_session",
        "DELETE FROM memories",
        "TRUNCATE memories",
        "CREATE TABLE public.mine (id int)",
        "ALTER TABLE decisions DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE decisions DISABLE TRIGGER ALL",
        "DROP POLICY readable ON decisions",
        "SET ROLE echo",
        "SET SESSION AUTHORIZATION echo",
        "SELECT * FROM claim_call(ARRAY['ceo'], 'me', 60)",
        "SELECT finish_call(gen_random_uuid(), 'done', '{}')",
        "SELECT note_call(gen_random_uuid(), 'call.done', 'x')",
        "SELECT * FROM take_outbox(1)",
        "CREATE FUNCTION public.echo_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_no_agents_login_writes_or_looks_where_it_must_not(signed_in: As, statement: str) -> None:
    for role in ROLES:
        with denied("permission denied|must be owner"):
            signed_in(role).execute(statement)  # type: ignore[arg-type]


@pytest.mark.usefixtures("committed")
def test_a_call_is_stored_for_the_logins_own_role_whatever_it_asks(signed_in: As) -> None:
    id = uuid.uuid4()
    signed_in("test_lead").execute("SELECT store_call(%s, 'ceo', 'x', 'creates', '{}', NULL, '{}')", [id])
    assert Call.objects.get(pk=id).role == "test_lead"


@pytest.mark.usefixtures("committed")
def test_no_agent_takes_back_reads_or_answers_for_another(signed_in: As) -> None:
    _, theirs = store("ceo")
    cto = signed_in("cto")
    assert rows(cto, "SELECT cancel_call(%s, 'ceo')", theirs) == [False]
    messages.send(to="ceo", subject="word", content="for the ceo", by=acting("cto"), clock=database_clock)
    signed_in("chro").execute("SELECT mark_read('ceo', (SELECT array_agg(number) FROM messages))")
    assert not any(rows(signed_in("ceo"), "SELECT read FROM messages"))
    assert Call.objects.get(pk=theirs).status == "queued"


@pytest.mark.usefixtures("committed")
def test_names_shadowed_in_a_temporary_table_change_nothing(signed_in: As) -> None:
    cto = signed_in("cto")
    cto.execute("CREATE TEMP TABLE logins AS SELECT session_user::text AS login, 'agent' AS kind, 'ceo' AS role")
    cto.execute("SET search_path = pg_temp, public")
    assert rows(cto, "SELECT public.acting_role('ceo')") == ["cto"]


# --- What Echo's own processes do -----------------------------------------------------------------------------------

_DECISION = (
    "INSERT INTO decisions (id, decision_type, initiator_role, mode, title, context, initiative, initiative_key,"
    " confidential, urgency, status, ruling, content_hash, created_at, charter_version_id, {cause}) SELECT"
    " gen_random_uuid(), 'policy', '{role}', 'hierarchical', 'forged', '{{}}', 'x', 'x', false, 'normal', 'pending',"
    " '{{}}', repeat('0', 64), now(), 1, {value}"
)


@pytest.mark.usefixtures("committed")
def test_a_worker_writes_only_what_a_running_call_of_that_role_does(signed_in: As) -> None:
    worker = signed_in("worker")
    _, waiting = store("ceo", "first")
    with denied("no such deed"):
        worker.execute(_DECISION.format(cause="call_id", role="ceo", value=f"'{waiting}'"))
    claimed = calls.claim(["ceo"], "worker")
    assert claimed is not None
    with denied("a call of ceo does no deed of cto"):
        worker.execute(_DECISION.format(cause="call_id", role="cto", value=f"'{claimed.call_id}'"))
    for cause, value in (("timer", "'deadline'"), ("person_id", "1")):
        with denied("no (such deed|deed of it)"):
            worker.execute(_DECISION.format(cause=cause, role="ceo", value=value))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("worker", "INSERT INTO board_votes (answer) VALUES ('approve')"),
        ("worker", "INSERT INTO calls (id) VALUES (gen_random_uuid())"),
        ("worker", "INSERT INTO charter_versions (version) VALUES (2)"),
        ("worker", "UPDATE members SET is_superuser = true"),
        ("worker", "SELECT password FROM members"),
        ("worker", "SELECT * FROM django_session"),
        ("worker", "SELECT * FROM store_call(gen_random_uuid(), 'ceo', 'x', 'sets', '{}', NULL, '{}')"),
        ("worker", "INSERT INTO audit_seal (seq) VALUES (1)"),
        ("worker", "DELETE FROM outbox"),
        ("sweeper", "INSERT INTO board_votes (answer) VALUES ('approve')"),
        ("sweeper", "INSERT INTO decisions (title) VALUES ('x')"),
        ("sweeper", "INSERT INTO decision_votes (vote) VALUES ('approve')"),
        ("sweeper", "INSERT INTO calls (id) VALUES (gen_random_uuid())"),
        ("web", "INSERT INTO calls (id) VALUES (gen_random_uuid())"),
        ("web", "INSERT INTO decision_votes (vote) VALUES ('approve')"),
        ("web", "UPDATE charter_versions SET document = ''"),
        ("web", "UPDATE audit SET actor = 'ceo'"),
        ("web", "UPDATE board_votes SET answer = 'approve'"),
    ],
)
def test_no_process_does_anothers_work(signed_in: As, login: str, statement: str) -> None:
    with denied():
        signed_in(login).execute(statement)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("login", "columns", "values"),
    [
        ("worker", "actor, person_id", "'person:anna', 1"),
        ("sweeper", "actor, person_id", "'person:anna', 1"),
        ("worker", "actor, timer", "'system', 'deadline'"),
    ],
)
def test_the_trail_names_a_person_only_where_the_web_pages_write(
    signed_in: As, login: str, columns: str, values: str
) -> None:
    with denied("no (such deed|deed of it)"):
        signed_in(login).execute(
            f"INSERT INTO audit (body, at, action, subject, data, {columns})"  # type: ignore[arg-type]
            f" VALUES ('', now(), 'decision.settled', 'D-1', '{{}}', {values})"
        )


# --- Making and rotating --------------------------------------------------------------------------------------------


@pytest.fixture
def apart(committed: str, tmp_path: Path, settings: Any) -> Folder:
    """A folder and a database name of the test's own, so that no other test's logins change."""
    settings.CREDENTIALS = tmp_path / "credentials"
    return Folder.configured()


def test_each_file_can_be_read_by_its_account_alone(apart: Folder) -> None:
    logins.make(apart)
    assert apart.held() == sorted(FILES)
    for path in (apart.path, *apart.path.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        assert path.stat().st_uid == os.geteuid()


def test_making_again_keeps_every_password_and_rotating_changes_each(
    apart: Folder, servers: Servers, committed: str
) -> None:
    logins.make(apart)
    before = {login: apart.read(login) for login in FILES}
    logins.make(apart)
    assert {login: apart.read(login) for login in FILES} == before
    logins.make(apart, rotate=True)
    after = {login: apart.read(login) for login in FILES}
    for login in FILES:
        former, now = before[login], after[login]
        assert former is not None and now is not None
        assert (former.name, former.password != now.password) == (now.name, True)
    held = before["ceo"]
    assert held is not None
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dbname=committed, host=str(servers.home.sockets), user=held.name, password=held.password)
    psycopg.connect(**as_login(servers, committed, "ceo")).close()


def test_a_file_lost_or_a_grant_taken_is_mended_by_making_again(
    apart: Folder, servers: Servers, committed: str
) -> None:
    logins.make(apart)
    held = apart.read("cto")
    assert held is not None
    apart.remove("cto")
    with connection.cursor() as cursor:
        cursor.execute(f'REVOKE SELECT ON decisions FROM "{held.name}"')
        cursor.execute(f'GRANT DELETE ON memories TO "{held.name}"')
    logins.make(apart)
    with psycopg.connect(**as_login(servers, committed, "cto")) as mended:
        mended.execute("SELECT count(*) FROM decisions")
        with denied():
            mended.execute("DELETE FROM memories")


def test_the_login_of_a_role_that_is_no_more_cannot_sign_in(apart: Folder, servers: Servers, committed: str) -> None:
    logins.make(apart)
    former = as_login(servers, committed, "test_lead")
    drop_role("test_lead", "cto")
    logins.make(apart)
    with pytest.raises(psycopg.OperationalError, match=r"not permitted to log in|password authentication failed"):
        psycopg.connect(**former)
    assert not Login.objects.filter(role="test_lead").exists()
    assert apart.read("test_lead") is None


def test_the_logins_of_a_database_go_on_when_a_copy_of_it_gets_its_own(
    apart: Folder, servers: Servers, committed: str
) -> None:
    logins.make(apart)
    kept = as_login(servers, committed, "ceo")
    use_database("postgres")
    copy = f"{committed}_copy"
    servers.run_sql("CREATE DATABASE {} TEMPLATE {}", copy, committed)
    use_database(copy)
    try:
        logins.make(Folder(apart.path.with_name("of_the_copy")))
    finally:
        use_database(committed)
        servers.run_sql("DROP DATABASE {} WITH (FORCE)", copy)
    psycopg.connect(**kept).close()


def test_an_owner_who_is_no_superuser_makes_the_logins(servers: Servers, tmp_path: Path) -> None:
    """As on a managed PostgreSQL: the owner may create roles and databases, and nothing more."""
    owner = Credential.new(f"owner_{os.getpid()}")
    servers.run_sql("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD '" + owner.password + "'", owner.name)
    servers.run_sql("CREATE DATABASE {} OWNER {}", owner.name, owner.name)
    try:
        env = {
            **os.environ,
            "DATABASE_URL": f"postgresql://{owner.name}:{owner.password}@/{owner.name}?host={servers.home.sockets}",
            "REDIS_URL": servers.redis_url(),
            "ECHO_CREDENTIALS": str(tmp_path / "credentials"),
        }
        for arguments in (["migrate", "--noinput"], ["logins", "make"], ["logins", "rotate"]):
            run_manage(arguments, env)
        held = Folder(tmp_path / "credentials").read("ceo")
        assert held is not None
        with psycopg.connect(
            dbname=owner.name, host=str(servers.home.sockets), user=held.name, password=held.password
        ) as ceo:
            ceo.execute("SELECT count(*) FROM decisions")
            with denied():
                ceo.execute("UPDATE decisions SET status = 'approved'")
    finally:
        servers.run_sql("DROP DATABASE {} WITH (FORCE)", owner.name)


def test_an_owner_who_may_make_no_roles_is_told_so_and_no_file_changes(servers: Servers, tmp_path: Path) -> None:
    owner = Credential.new(f"poor_{os.getpid()}")
    servers.run_sql("CREATE ROLE {} LOGIN PASSWORD '" + owner.password + "'", owner.name)
    servers.run_sql("CREATE DATABASE {} OWNER {}", owner.name, owner.name)
    folder = Folder(tmp_path / "credentials")
    folder.write("ceo", Credential("echo_x_ceo", "as it was"))
    try:
        env = {
            **os.environ,
            "DATABASE_URL": f"postgresql://{owner.name}:{owner.password}@/{owner.name}?host={servers.home.sockets}",
            "REDIS_URL": servers.redis_url(),
            "ECHO_CREDENTIALS": str(folder.path),
        }
        run_manage(["migrate", "--noinput"], env)
        with pytest.raises(subprocess.CalledProcessError) as refused:
            run_manage(["logins", "rotate"], env)
        assert "needs CREATEROLE" in refused.value.stderr.decode()
        assert (folder.held(), folder.read("ceo")) == (["ceo"], Credential("echo_x_ceo", "as it was"))
    finally:
        servers.run_sql("DROP DATABASE {} WITH (FORCE)", owner.name)


@pytest.mark.django_db
def test_a_role_has_connections_for_twenty_servers_and_none_to_keep_others_out(servers: Servers) -> None:
    database = connection.settings_dict["NAME"]
    with ExitStack() as opened:
        for _ in range(20 * 3):  # for calls, for reading, for the heartbeat
            opened.enter_context(psycopg.connect(**as_login(servers, database, "cto")))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(**as_login(servers, database, "cto"))
        for login in ("ceo", "worker", "web"):
            opened.enter_context(psycopg.connect(**as_login(servers, database, login)))
