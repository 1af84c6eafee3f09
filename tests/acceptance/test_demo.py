"""`make demo`, once, as a person runs it whose terminal names a database of theirs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from agents.registry import NAMES
from echo_project.tool_pages import examples
from tests.stack import ROOT, wait_until

TOLD = (
    "D-1 approved",
    "D-2 waits",
    "D-1 again",
    "E-1 approved",
    "from the board",
    "A-1 allocated",
    "refused",
    "D-3 waits",
    "D-3 approved",
    "acknowledged",
    "every seal recomputed and equal",
)
EXAMPLES = examples()
COMMAND = [sys.executable, str(ROOT / "manage.py"), "demo"]


def environment() -> dict[str, str]:
    """Settings of a real Echo, none of which may be touched."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    return {**os.environ, **nowhere, "ECHO_HOME": "/nonexistent/echo", "ECHO_BIND": "127.0.0.1:8474"}


def homes() -> set[Path]:
    return set(Path("/tmp").glob("echo-demo-*"))


def processes_of(home: str) -> list[str]:
    """Whatever still runs with this home, or from inside it."""
    found = []
    for process in psutil.process_iter():
        try:
            words, given = " ".join(process.cmdline()), process.environ()
        except (psutil.Error, OSError):
            continue
        if home in words or given.get("ECHO_HOME") == home:
            found.append(f"{process.pid} {words}")
    return found


@pytest.mark.timeout(180)
def test_the_story_is_played_to_its_end_and_leaves_nothing_behind(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    done = subprocess.run(
        [*COMMAND, "--record", str(picture)], env=environment(), capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    for told in TOLD:
        assert told in done.stdout, f"{told!r} is not in\n{done.stdout}"
    assert "\x1b[" not in done.stdout, "no colours into a pipe"
    gone = re.search(r"and (\S+) is gone", done.stdout)
    assert gone
    assert not Path(gone[1]).exists()
    assert processes_of(gone[1]) == []
    ElementTree.parse(picture)


@pytest.mark.timeout(240)
def test_a_day_takes_one_feature_through_all_nine_roles_and_calls_every_tool(tmp_path: Path) -> None:
    """Nine servers over stdio, a worker, PostgreSQL; each step is held to what the ones before it recorded."""
    kept = tmp_path / "tools.json"
    done = subprocess.run(
        [*COMMAND, "--day", "--examples", str(kept)], env=environment(), capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"{len(NAMES)}, and {len(EXAMPLES)} tools between them" in done.stdout
    assert json.loads(kept.read_text()).keys() == EXAMPLES.keys()
    assert "\x1b[" not in done.stdout


@pytest.mark.timeout(120)
def test_somebody_who_leaves_early_leaves_nothing_behind_either() -> None:
    before = homes()
    process = subprocess.Popen(COMMAND, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until(lambda: any((home / "postgres").exists() for home in homes() - before), 30, "its database")
        [home] = homes() - before
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in output
    assert not home.exists()
    wait_until(lambda: not processes_of(str(home)), 10, "the end of every process of the demonstration")
