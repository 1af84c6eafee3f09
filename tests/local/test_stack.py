"""What `manage.py up` and `manage.py stack` say when something is not as it was asked for."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys

import pytest

from echo_project.local import clients
from echo_project.local.home import Home

from .conftest import CHECKOUT, Attach, manage

PLANS = "tests.local.sample_plans"


@pytest.mark.parametrize(
    ("server", "reason"), [("127.0.0.1:1/ledger", "nothing listens there"), ("db.invalid/ledger", "name is not known")]
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(home: Home, server: str, reason: str) -> None:
    given = {"DATABASE_URL": f"postgresql://me:s3cret@{server}", "ECHO_BIND": "127.0.0.1:0"}
    status, said = manage(home, "up", "--until-ready", "--plan", f"{PLANS}:STEPS", **given)
    assert status != 0
    assert f"The database given by DATABASE_URL, postgresql://{server}, is not reachable: " in said
    assert reason in said
    assert "correct DATABASE_URL, or unset it" in said
    assert "s3cret" not in said + home.log("supervisor").read_text() + home.state.read_text()
    assert "step" not in said


def test_status_says_where_the_pages_are_when_their_port_was_taken(
    attach: Attach, furnished: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = f"127.0.0.1:{stranger.getsockname()[1]}"
        monkeypatch.setenv("ECHO_BIND", taken)
        said = attach(plan=f"{PLANS}:WEB").state
        assert said
        sentence = f"{taken} is taken by another program, so the pages are at {said.web.removeprefix('http://')};"
        assert json.loads(manage(furnished, "stack", "status", "--json")[1])["note"].startswith(sentence)
        assert f"Note: {sentence}" in manage(furnished, "stack", "status")[1]


def test_nothing_is_noted_of_a_port_that_was_free(attach: Attach, furnished: Home) -> None:
    attach(plan=f"{PLANS}:WEB")
    assert json.loads(manage(furnished, "stack", "status", "--json")[1])["note"] == ""


def test_a_second_up_says_that_it_joined_and_that_its_address_is_not_in_use(attach: Attach, furnished: Home) -> None:
    words = ("up", "--until-ready", "--plan", f"{PLANS}:WEB")
    attach(plan=f"{PLANS}:WEB")
    joined = manage(furnished, *words)[1]
    assert "Note: Echo ran already, ready for " in joined
    assert "ECHO_BIND" not in joined, "any port was asked for"
    assert "ECHO_BIND=127.0.0.1:9 is not in use" in manage(furnished, *words, ECHO_BIND="127.0.0.1:9")[1]


def test_logs_are_one_story_in_the_order_of_their_times(home: Home) -> None:
    home.logs.mkdir(parents=True)
    home.log("supervisor").write_text("2026-11-22T20:00:01.000+00:00 starting\n2026-11-22T20:00:04.000+00:00 ready\n")
    home.log("valkey").write_text("77:M 22 Nov 2026 20:00:02.000 * Ready\n")
    home.log("web").write_text("2026-11-22 20:00:03,000 ERROR web: failed\n  Traceback\n")
    shown = manage(home, "stack", "logs")[1]
    assert [line.split()[0] for line in shown.splitlines()] == ["supervisor", "valkey", "web", "web", "supervisor"]


def test_psql_on_a_stopped_stack_says_how_to_start_it(furnished: Home) -> None:
    status, said = manage(furnished, "stack", "psql")
    assert status != 0
    assert "does not run" in said
    assert "`make run`" in said


def test_a_reset_says_what_goes_for_ever_and_does_nothing_unasked(attach: Attach, furnished: Home) -> None:
    attach()
    (furnished.backups / "nightly-20240101-000000.dump").write_bytes(b"kept")
    status, said = manage(furnished, "stack", "reset")
    assert status != 0
    for part in ("every decision", "the dumps (1)", "cannot be undone", str(furnished.root), "wants --yes"):
        assert part in said
    assert clients.is_running(furnished)
    assert furnished.postgres_data.exists()


@pytest.mark.parametrize(("answer", "goes"), [("yes", False), ("", False), ("home", True)])
def test_a_reset_asks_for_the_folder_s_name(furnished: Home, answer: str, goes: bool) -> None:
    furnished.former_data(16, "20240101-000000").mkdir()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "stack", "reset"], cwd=CHECKOUT, stdin=theirs, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "ECHO_HOME": str(furnished.root)},
    )  # fmt: skip
    os.write(ours, f"{answer}\n".encode())
    said, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"cannot be undone" in said
    assert (process.returncode == 0, furnished.root.exists()) == (goes, not goes), said
