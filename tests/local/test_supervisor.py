"""The stack as its clients see it: it comes up once, stays up whatever dies, and goes when nobody needs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from echo_project.local import clients, state
from echo_project.local.binaries import newest_postgres
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.locks import FileLock, is_held
from echo_project.local.releases import Prepared, Release, write_prepared
from echo_project.local.state import Phase, State

from .conftest import Attach, connect, eventually, kill_all, manage, processes_of, run
from .test_servers import remember, remembered

PLANS = "tests.local.sample_plans"
CLIENT = """
import sys, time
from echo_project.local import clients
from echo_project.local.home import Home
begun = time.perf_counter()
attachment = clients.attach(Home(__import__("pathlib").Path(sys.argv[1])), plan=sys.argv[2], fsync=False, timeout=60)
print(attachment.state.run, attachment.state.pid, time.perf_counter() - begun, flush=True)
time.sleep(float(sys.argv[3]))
"""


def pid_of(home: Home, name: str) -> int:
    said = state.read(home)
    assert said is not None
    return next(int(process["pid"]) for process in said.processes if process["name"] == name)


def goes_down(home: Home, timeout: float = 15) -> bool:
    return bool(eventually(lambda: not clients.is_running(home) and not processes_of(home), timeout))


def test_nine_clients_at_once_get_one_stack(home: Home) -> None:
    starters = [run("-c", CLIENT, home.root, f"{PLANS}:SLEEPER", "2") for _ in range(9)]
    said = [starter.communicate(timeout=60)[0].decode().split() for starter in starters]
    assert len({words[0] for words in said}) == 1, said
    assert max(float(words[2]) for words in said) < 30
    lines = home.log("supervisor").read_text()
    assert lines.count(" starting postgres") == 1
    assert goes_down(home)


def test_it_says_what_it_is_and_never_a_password(attach: Attach, furnished: Home) -> None:
    said = attach().state
    assert said is not None
    assert said.phase is Phase.READY
    assert said.database == f"embedded PostgreSQL in {furnished.postgres_data}"
    assert said.versions["postgres"] == newest_postgres().version
    assert {process["name"] for process in said.processes} == {"postgres", "valkey"}
    assert said.fingerprint == Release.at().fingerprint
    key = furnished.secret_key
    assert {log.stat().st_mode & 0o777 for log in furnished.logs.glob("*.log")} == {0o600}
    assert len(key.read_text()) >= 64
    assert key.stat().st_mode & 0o777 == 0o600


def test_phases_are_told_in_their_order(attach: Attach, furnished: Home) -> None:
    seen: list[str] = []
    attach(plan=f"{PLANS}:SLEEPER", on_progress=lambda said: seen.append(said.phase))
    known = [Phase.STARTING_POSTGRES, Phase.STARTING_REDIS, Phase.STARTING_WORKERS, Phase.READY]
    assert seen[-1] == Phase.READY
    assert [phase for phase in known if phase in seen] == list(dict.fromkeys(seen))


def test_whatever_is_killed_is_back_in_seconds(attach: Attach, furnished: Home) -> None:
    attach(plan=f"{PLANS}:SLEEPER")
    remember(furnished)
    for name in ("postgres", "valkey", "sleeper"):
        former = pid_of(furnished, name)
        os.kill(former, signal.SIGKILL)
        begun = time.monotonic()
        eventually(lambda name=name, former=former: pid_of(furnished, name) != former)  # type: ignore[misc]
        if name == "postgres":
            eventually(lambda: remembered(furnished) == 1)
        assert time.monotonic() - begun < 6


def test_a_hung_server_is_killed_and_started_again(attach: Attach, furnished: Home) -> None:
    attach()
    former = pid_of(furnished, "valkey")
    os.kill(former, signal.SIGSTOP)
    eventually(lambda: pid_of(furnished, "valkey") != former, timeout=20)


def test_nothing_outlives_a_killed_supervisor_and_an_attached_client_brings_it_back(
    attach: Attach, furnished: Home
) -> None:
    attachment = attach(plan=f"{PLANS}:SLEEPER")
    remember(furnished)
    assert attachment.state
    former = attachment.state.run
    children = [psutil.Process(pid_of(furnished, name)) for name in ("postgres", "valkey", "sleeper")]
    os.kill(attachment.state.pid, signal.SIGKILL)
    eventually(lambda: all(not child.is_running() or child.status() == "zombie" for child in children), timeout=5)
    eventually(lambda: attachment.state and attachment.state.run != former and attachment.state.phase is Phase.READY)
    assert remembered(furnished) == 1


def test_after_everything_was_killed_the_next_client_finds_all_that_was_committed(
    attach: Attach, furnished: Home
) -> None:
    client = run("-c", CLIENT, furnished.root, f"{PLANS}:SLEEPER", "1000")
    assert client.stdout
    client.stdout.readline()
    remember(furnished)
    kill_all(furnished)
    client.wait()
    begun = time.monotonic()
    attach(plan=f"{PLANS}:SLEEPER")
    assert time.monotonic() - begun < 10
    assert remembered(furnished) == 1


def test_it_goes_when_its_last_client_is_killed(furnished: Home) -> None:
    stays, goes = (run("-c", CLIENT, furnished.root, f"{PLANS}:SLEEPER", "1000") for _ in range(2))
    for client in (stays, goes):
        assert client.stdout
        client.stdout.readline()
    goes.kill()
    goes.wait()
    time.sleep(1.2)  # more than the grace
    assert clients.is_running(furnished)
    stays.kill()
    stays.wait()
    assert goes_down(furnished)
    said = state.read(furnished)
    assert said
    assert said.phase is Phase.STOPPED


def test_it_stays_while_something_waits_for_a_person_or_is_due(attach: Attach, furnished: Home) -> None:
    attachment = attach()
    with connect(furnished) as connection:
        connection.execute("create table escalations (status text); create table calls (status text)")
        connection.execute("insert into escalations values ('open')")
        attachment.close()
        time.sleep(1.2)  # more than the grace
        assert clients.is_running(furnished)
        connection.execute("update escalations set status = 'approved'; insert into calls values ('queued')")
    time.sleep(2.5)  # it looks every two seconds
    assert clients.is_running(furnished)
    with connect(furnished) as connection:
        connection.execute("update calls set status = 'done'")
    assert goes_down(furnished)


def test_a_client_that_comes_while_it_goes_down_gets_a_new_one(attach: Attach, furnished: Home) -> None:
    first = attach(plan=f"{PLANS}:SLOW")
    time.sleep(0.2)  # until the process has set its signal
    first.close()
    eventually(lambda: (said := state.read(furnished)) and said.phase is Phase.STOPPING)
    second = attach(plan=f"{PLANS}:SLEEPER")
    assert first.state
    assert second.state
    assert second.state.run != first.state.run
    assert clients.is_running(furnished)


def test_a_stack_that_was_stopped_on_purpose_stays_down(attach: Attach, furnished: Home) -> None:
    attach()
    assert clients.stop(furnished)
    time.sleep(1.3)  # a client looks every second
    assert not clients.is_running(furnished)
    assert not clients.stop(furnished)


def test_a_process_that_keeps_ending_is_said_and_does_not_hold_up_the_rest(attach: Attach, furnished: Home) -> None:
    attachment = attach(plan=f"{PLANS}:CRASHER")
    said = eventually(lambda: (found := state.read(furnished)) and found.problem and found)
    assert "crasher keeps ending (status 3)" in said.problem
    assert attachment.is_ready
    restarts = {process["name"]: process["restarts"] for process in said.processes}
    assert restarts["sleeper"] == 0
    time.sleep(1.5)
    said = state.read(furnished)
    assert said
    assert next(process["restarts"] for process in said.processes if process["name"] == "crasher") < 12


def test_steps_run_before_ready_with_the_stack_s_settings(attach: Attach, furnished: Home) -> None:
    attach(plan=f"{PLANS}:STEPS")
    assert (furnished.logs / "seen").read_text() == "127.0.0.1:0"


def test_a_failing_step_is_told_with_its_last_words(attach: Attach, furnished: Home) -> None:
    with pytest.raises(StackError, match="The step `migrate` failed: the schema is wrong"):
        attach(plan=f"{PLANS}:FAILING_STEP")
    assert goes_down(furnished)
    with pytest.raises(StackError, match="the schema is wrong"):  # a second try is a try, not an echo of the first
        attach(plan=f"{PLANS}:FAILING_STEP")
    attach()


def test_the_web_page_moves_aside_for_a_taken_port_and_keeps_its_own_over_a_kill(
    attach: Attach, furnished: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        monkeypatch.setenv("ECHO_BIND", f"127.0.0.1:{taken}")
        said = attach(plan=f"{PLANS}:WEB").state
        assert said
        host, port = said.web.removeprefix("http://").split(":")
        assert (host, int(port) != taken) == ("127.0.0.1", True)
        os.kill(pid_of(furnished, "web"), signal.SIGKILL)
        with socket.create_connection((host, int(port)), timeout=10) as caller:  # waits, and is not refused
            assert caller.recv(5) == b"hello"


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"ECHO_ENV": "production"}, "production never starts a database of its own"),
        ({"ECHO_POSTGRES_BIN": "/nowhere"}, "ECHO_POSTGRES_BIN names /nowhere"),
    ],
)
def test_what_cannot_start_is_refused_with_a_sentence(
    attach: Attach, home: Home, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], sentence: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StackError, match=sentence):
        attach()


def test_servers_of_ones_own_are_used_and_only_the_other_is_started(
    attach: Attach, folder: Path, furnished: Home
) -> None:
    attach()
    other = Home(folder / "other")
    said = attach(other, database_url=furnished.database_url).state
    assert said
    assert [process["name"] for process in said.processes] == ["valkey"]
    assert "/echo" in said.database
    assert not other.postgres_data.exists()
    with pytest.raises(StackError, match="and this process was given embedded PostgreSQL"):
        attach(other)


def test_with_both_servers_given_nothing_is_started_unless_in_the_foreground(attach: Attach, home: Home) -> None:
    given = {"database_url": "postgresql://me:secret@db.invalid/echo", "redis_url": "redis://:secret@r.invalid:6379/0"}
    assert attach(**given).is_ready
    assert not home.root.exists()
    said = attach(**given, foreground=True, plan=f"{PLANS}:SLEEPER").state
    assert said
    assert (said.database, said.redis) == ("postgresql://db.invalid/echo", "redis://r.invalid:6379/0")
    assert [process["name"] for process in said.processes] == ["sleeper"]
    assert "secret" not in home.state.read_text()


def test_a_newer_release_takes_over_and_an_older_one_is_refused(attach: Attach, furnished: Home) -> None:
    here = Release.at()
    first = attach().state
    assert first
    older = Release("/opt/old", frozenset(sorted(here.migrations)[:-1]))
    with pytest.raises(StackError, match=f"last used by the Echo in {here.path}"):
        attach(release=older)
    published = State(**{**json.loads(furnished.state.read_text()), "migrations": sorted(older.migrations)})
    state.publish(furnished, published)  # as if an older one had started it
    second = attach().state
    assert second
    assert second.run != first.run


def test_data_of_a_newer_release_is_left_alone(attach: Attach, furnished: Home) -> None:
    write_prepared(furnished, Prepared("/opt/newer echo", Release.at().migrations | {"org.9999_later"}, ""))
    with pytest.raises(StackError, match=r"last used by the Echo in /opt/newer echo.*org\.9999_later.*Start the one"):
        attach()


def test_before_a_migration_the_data_is_dumped_and_three_dumps_are_kept(attach: Attach, furnished: Home) -> None:
    attach().close()
    with connect(furnished) as connection:
        connection.execute("create table django_migrations (app text, name text)")
        connection.execute("insert into django_migrations values ('org', '0000_ancient')")
    clients.stop(furnished)
    for year in range(2020, 2025):
        (furnished.backups / f"echo-{year}0101-000000.dump").write_bytes(b"old")
    attach(plan=f"{PLANS}:STEPS")
    kept = sorted(furnished.backups.iterdir())
    assert [path.name[:9] for path in kept[:2]] == ["echo-2023", "echo-2024"]
    assert kept[2].read_bytes().startswith(b"PGDMP")
    assert len(kept) == 3


def test_without_a_stack_a_client_that_must_not_start_one_is_told(attach: Attach, home: Home) -> None:
    with pytest.raises(StackError, match="No stack runs"):
        attach(start=False)


def test_a_client_need_not_wait(attach: Attach, furnished: Home) -> None:
    begun = time.monotonic()
    attachment = attach(wait=False)
    assert time.monotonic() - begun < 0.1
    assert not attachment.is_ready
    said = attachment.wait_ready(30)
    assert said
    assert attachment.is_ready


def test_a_client_that_does_not_wait_hears_of_a_failure_when_it_asks(attach: Attach, home: Home) -> None:
    home.root.mkdir()
    stranger = home.root / "thesis.tex"
    stranger.write_text("mine")
    attachment = attach(wait=False)  # a server still has to answer its client's first line
    with pytest.raises(StackError, match="holds other things"):
        attachment.wait_ready(10)
    assert not attachment.is_ready
    assert attachment.error


def test_a_second_supervisor_leaves_at_once(home: Home) -> None:
    home.root.mkdir()
    lock = FileLock(home.supervisor_lock)
    assert lock.acquire()
    process = run("-m", "echo_project.local.supervisor", "--home", str(home.root))
    assert process.wait(10) == 0
    assert is_held(home.supervisor_lock)
    lock.close()


def test_the_supervisor_imports_no_django_and_stays_small(attach: Attach, furnished: Home) -> None:
    said = attach().state
    assert said
    assert psutil.Process(said.pid).memory_info().rss < 40 * 2**20
    loaded = subprocess.run(
        [*run("-c", "pass").args[:1], "-c", "import sys, echo_project.local.supervisor; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"django.conf", "psycopg", "redis", "celery", "psutil"} & set(loaded)


def test_up_shows_the_way_and_leaves_by_ctrl_c(furnished: Home) -> None:
    process = run("manage.py", "up", "--plan", f"{PLANS}:WEB", ECHO_HOME=str(furnished.root))
    assert process.stdout
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline().decode()
        assert line, said
        said += line
    for part in ("starting postgres", "Echo is ready", "http://127.0.0.1:", "client_config", "embedded PostgreSQL"):
        assert part in said
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read().decode()
    assert process.wait(15) == 0
    assert "Echo goes down by itself" in rest
    assert goes_down(furnished)


def test_stack_commands(attach: Attach, furnished: Home) -> None:
    attach(plan=f"{PLANS}:SLEEPER")
    asked = ("status", "--json"), ("status",), ("logs", "postgres"), ("psql", "-Atc", "select 40 + 2"), ("reset",)
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda words: manage(furnished, "stack", *words), asked)
    (status, as_json), (_, shown), (_, lines), (_, value), (refused, reset) = answers
    found = json.loads(as_json)
    assert (status, found["phase"], found["running"], found["clients"]) == (0, "ready", True, True)
    assert found["database"] == f"embedded PostgreSQL in {furnished.postgres_data}"
    assert f"Database: {found['database']}" in shown
    assert "Process: sleeper" in shown
    assert "ready to accept connections" in lines
    assert value == "42\n"
    assert (refused != 0, "--yes" in reset) == (True, True)
    up = run("manage.py", "up", "--plan", f"{PLANS}:SLEEPER", ECHO_HOME=str(furnished.root))
    assert up.stdout
    while b"Ctrl-C" not in up.stdout.readline():
        pass
    stopped, said = manage(furnished, "stack", "stop")
    assert (stopped, said.splitlines()[0]) == (0, "Echo is down.")
    assert "1 client, such as an MCP server, is still attached" in said, "this test; `up` leaves by itself"
    assert up.wait(10) == 0
    (furnished.root / "mine").write_text("mine")
    assert manage(furnished, "stack", "reset", "--yes")[0] == 0
    assert [path.name for path in furnished.root.iterdir()] == ["mine"]
