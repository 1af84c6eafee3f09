"""The official TypeScript clients against a real server: `make test-clients`."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from agents.registry import spec_of
from org.clock import database_clock
from org.enums import BoardAnswer
from org.models import Escalation
from org.services import messages
from tasks import outbox
from tests.people import acting, amend_charter, answer, propose
from tests.stack import Organisation, wait_until

pytestmark = pytest.mark.client

FOLDER = Path(__file__).parent / "node"
NODE = FOLDER / "node_modules" / ".bin" / "node"  # the one package.json pins, whatever the machine has
INSPECTOR = FOLDER / "node_modules" / ".bin" / "mcp-inspector"
REFUSED = {  # what was wrong with the call, and a word of the sentence that says so
    "negative": "budget",
    "string": "budget",
    "nothing": "budget",
    "huge": "budget",
    "boolean": "budget",
    "a tenth of a cent": "budget",
    "unknown": "as_role",
    "missing": "budget",
}


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    for program in NODE, INSPECTOR:
        if not program.exists():
            pytest.fail(f"{program} is missing: install Node 20 or newer and run `npm ci` in {FOLDER}.", pytrace=False)


@pytest.fixture(autouse=True, scope="module")
def _room_for_all(organisation: Organisation) -> None:
    """Every test here decides as the same CEO, whose 30 days have room for only a few of them, in whatever order."""
    amend_charter("window_multiple = 5 ", "window_multiple = 500 ")


def run(organisation: Organisation, *words: str) -> subprocess.CompletedProcess[str]:
    env = organisation.env | {"MCP_CATALOG_PATH": os.devnull}
    done = subprocess.run([str(NODE), *words], cwd=FOLDER, env=env, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


def play(organisation: Organisation, *script: str) -> dict[str, Any]:
    """What one script saw, with a label of its own in the names of its initiatives."""
    label = f"{' '.join(script)} {uuid.uuid4()}"
    with ThreadPoolExecutor(1) as board:
        approval = board.submit(approve_when_asked, f"Expansion {label}")
        found: dict[str, Any] = json.loads(
            run(organisation, *script, label, *organisation.client_command("ceo")).stdout
        )
        approval.result()
    return found


def approve_when_asked(title: str) -> None:
    """The board's answer to what the script puts before it."""
    try:
        asked = Escalation.objects.filter(decision__title=title, closed_at__isnull=True)
        wait_until(asked.exists, 60, f"an escalation of {title!r}")
        answer(asked.get().decision, BoardAnswer.APPROVE, "Go ahead.")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("script", "era"),
    [
        (("v1.mjs",), "legacy"),
        (("v2.mjs", "legacy"), "legacy"),
        (("v2.mjs", "auto"), "modern"),
        (("v2.mjs", "2026-07-28"), "modern"),
    ],
    ids=["sdk 1", "sdk 2 legacy", "sdk 2 auto", "sdk 2 pinned"],
)
def test_the_main_job_through_the_typescript_sdk(organisation: Organisation, script: tuple[str, ...], era: str) -> None:
    found = play(organisation, *script)
    assert found["era"] == era
    assert found["server"]["name"] == "echo-ceo"
    assert "Chief Executive Officer" in found["instructions"]
    assert [tool["name"] for tool in found["tools"]] == [tool.name for tool in spec_of("ceo").tools]
    assert all(tool["hasOutput"] and tool["description"] for tool in found["tools"])

    within, over = found["within"], found["over"]
    assert not within["isError"], within["text"]
    assert (within["structured"]["status"], within["structured"]["approved"]) == ("approved", True)
    assert within["structured"]["acted_as"] == "ceo"
    assert json.loads(within["text"]) == within["structured"], "clients without structured content read the same"
    assert not over["isError"], "a rule's no is a normal answer"
    assert (over["structured"]["status"], over["structured"]["waiting_on"]) == ("escalated", ["board"])
    answered = found["answered"]["structured"]
    assert (answered["status"], answered["rationale"]) == ("approved", "Go ahead.")
    assert (found["half"]["structured"]["status"], found["otherHalf"]["structured"]["status"]) == (
        "approved",
        "escalated",
    )
    assert found["otherHalf"]["structured"]["basis"]["rule"] == "over_initiative"
    beyond = found["beyond"]["structured"]
    assert (beyond["allocated"], beyond["remaining_usd"], beyond["basis"]["rule"]) == (False, 10_000, "over_approved")
    for read in found["brief"], found["inbox"]:
        assert not read["isError"], read["text"]
        assert read["structured"]["acted_as"] == "ceo"


@pytest.mark.parametrize("script", [("v1.mjs",), ("v2.mjs", "2026-07-28")], ids=["sdk 1", "sdk 2"])
def test_bad_input_is_an_error_that_names_the_argument(organisation: Organisation, script: tuple[str, ...]) -> None:
    refused = play(organisation, *script)["refused"]
    assert refused.keys() == REFUSED.keys()
    for what, word in REFUSED.items():
        assert refused[what]["isError"], what
        assert word in refused[what]["text"], what
        assert "othing was done" in refused[what]["text"], refused[what]["text"]


@pytest.mark.parametrize("script", [("v1.mjs",), ("v2.mjs", "2026-07-28")], ids=["sdk 1", "sdk 2"])
def test_prompts_are_listed_written_and_completed(organisation: Organisation, script: tuple[str, ...]) -> None:
    found = play(organisation, *script)
    prompts, ref, waiting = found["prompts"], *(found[name]["structured"]["ref"] for name in ("over", "otherHalf"))
    assert prompts["listed"] == ["briefing", "board_case", "run_vote"]
    assert f"{ref}: strategic_initiative, $5,000,000" in prompts["boardCase"]
    assert prompts["refused"] == -32602
    assert prompts["refs"] == prompts["resources"] == {"values": [waiting], "total": 1, "hasMore": False}


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_every_tool_portable(organisation: Organisation, era: str) -> None:
    """`--strict` ends with status 6 where a schema would confuse some client."""
    words = ("--cli", "--protocol-era", era, "--format", "json", "--method", "tools/list", "--strict")
    done = run(organisation, str(INSPECTOR), *words, *organisation.client_command("ceo"))
    listed = json.loads(done.stdout)
    tools = listed.get("tools") or listed["result"]["tools"]
    assert [tool["name"] for tool in tools] == [tool.name for tool in spec_of("ceo").tools]


@pytest.mark.parametrize("mode", ["sdk1", "legacy", "2026-07-28"])
def test_whoever_follows_the_inbox_is_told_of_new_mail(organisation: Organisation, mode: str) -> None:
    script = [str(NODE), "follow.mjs", mode, *organisation.client_command("chro")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": FOLDER, "env": organisation.env}
    with subprocess.Popen(script, **pipes) as following:  # type: ignore[call-overload]
        assert following.stdin and following.stdout
        assert following.stdout.readline() == "following\n"
        for subject in ("First", "Second"):
            messages.send(to="chro", subject=subject, content=mode, by=acting("ceo"), clock=database_clock)
            outbox.relay()
            assert following.stdout.readline() == "updated echo://inbox\n"
        following.stdin.close()
        assert following.stdout.read() == "", "nothing is said of what did not change"
        assert following.wait(10) == 0


def test_a_program_of_another_language_hears_what_is_published(organisation: Organisation) -> None:
    address = organisation.env["REDIS_URL"].removeprefix("unix://").removeprefix("redis://").partition("?")[0]
    address = address.partition("/")[0] if not address.startswith("/") else address
    script = [str(NODE), "examples/subscribe_to_the_bus.mjs", address]
    with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listening:
        assert listening.stdout is not None and listening.stderr is not None
        for channels in ("messages:*", "decisions:*"):
            assert listening.stderr.readline() == f"listening to {channels}\n"
        title = f"Ünïcode {uuid.uuid4()}"
        propose("cto", None, "architecture", title=title)
        outbox.relay()
        event = json.loads(listening.stdout.readline())
        listening.kill()
    assert event["channel"].startswith("decisions:")
    assert event["payload"]["title"] == title
