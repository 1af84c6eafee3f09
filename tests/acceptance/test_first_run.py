"""An empty machine: nothing configured, nothing running, no home yet."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_demo import processes_of
from tests.clients.raw import RawClient
from tests.stack import ROOT, wait_until

LETTER = {"to": "cto", "subject": "Plan", "content": "Where are we?"}
MANAGE = [sys.executable, str(ROOT / "manage.py")]


@pytest.fixture
def env() -> Iterator[dict[str, str]]:
    """What a client passes on, and a home that is not there yet."""
    parent = Path(tempfile.mkdtemp(prefix="echo-first ", dir="/tmp"))  # a path with a space
    parent.chmod(0o755)
    home = parent / "home"
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "TERM", "USER") if name in os.environ}
    yield kept | {
        "ECHO_HOME": str(home),
        "ECHO_ENV_FILE": "",
        "ECHO_BIND": "127.0.0.1:0",
        "ECHO_GRACE_SECONDS": "1",
    }
    subprocess.run([*MANAGE, "stack", "stop"], env=os.environ | {"ECHO_HOME": str(home)}, capture_output=True)
    shutil.rmtree(parent, ignore_errors=True)


def approve(env: dict[str, str], initiative: str, budget: int) -> dict[str, object]:
    with RawClient.start([*MANAGE, "mcp_agent", "ceo"], env, timeout=90) as ceo:
        ceo.initialize()
        answer = ceo.call("approve_strategic_initiative", initiative=initiative, business_value="x", budget=budget)
        assert not answer.is_error, answer.text
        told: dict[str, object] = answer.structured
        if told["board_url"]:
            told["page"] = urllib.request.urlopen(str(told["board_url"])).geturl()
    return told


def test_a_client_alone_brings_everything_up_decides_and_leaves_nothing_running(env: dict[str, str]) -> None:
    told = approve(env, "Research Lab", 750_000)
    assert (told["status"], told["acted_as"]) == ("approved", "ceo")
    wait_until(lambda: not processes_of(env["ECHO_HOME"]), 30, "the end of every process")
    told = approve(env, "Research Lab", 750_000)
    assert told["repeated_of"] == "C-1", "what was decided is still there"


def test_what_waits_for_the_board_keeps_the_page_up_without_any_client(env: dict[str, str]) -> None:
    told = approve(env, "Regional Expansion", 5_000_000)
    assert told["status"] == "escalated"
    assert "/admin/login/" in str(told["page"]), "the board's page is there, behind a sign-in"
    said = subprocess.run([*MANAGE, "stack", "status"], env=env, capture_output=True, text=True).stdout
    assert "web" in said
    assert "Clients: none; it stays up for what waits for the board" in said
    assert urllib.request.urlopen(str(told["board_url"])).status == 200


def test_a_client_whose_stack_was_stopped_is_told_so_at_once_and_how_to_bring_it_back(env: dict[str, str]) -> None:
    with RawClient.start([*MANAGE, "mcp_agent", "ceo"], env, timeout=90) as ceo:
        ceo.initialize()
        assert not ceo.call("brief_me").is_error
        stopped = subprocess.run([*MANAGE, "stack", "stop"], env=env, capture_output=True, text=True).stdout
        assert "1 client, such as an MCP server, is still attached" in stopped
        began = time.monotonic()
        for tool, arguments in (("brief_me", {}), ("read_inbox", {}), ("send_message", LETTER)):
            answer = ceo.call(tool, **arguments)
            assert answer.is_error
            assert "stopped on purpose" in answer.text
            assert "`make run`" in answer.text
        assert time.monotonic() - began < 3, "nobody waits for a PostgreSQL that is not meant to be there"
        subprocess.run([*MANAGE, "up", "--until-ready"], env=env, check=True, capture_output=True)
        wait_until(lambda: not ceo.call("brief_me").is_error, 30, "the same client's next answer")


def test_the_whole_organisation_starts_in_the_foreground_serves_and_leaves_by_ctrl_c(env: dict[str, str]) -> None:
    up = subprocess.Popen([*MANAGE, "up"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert up.stdout is not None
        shown: list[str] = []
        for line in up.stdout:
            shown.append(line)
            if "Ctrl-C" in line:
                break
        screen = "".join(shown)
        assert "client_config" in screen
        assert "board_member --set-password" in screen, "into a pipe no password is written"
        assert approve(env, "Research Lab", 750_000)["status"] == "approved"
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=30)
    finally:
        up.kill()
    assert up.returncode == 0
    wait_until(lambda: not processes_of(env["ECHO_HOME"]), 30, "the end of every process")
