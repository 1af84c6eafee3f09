"""Twenty processes race for an initiative's last dollars: exactly what fits is approved, a hundred times."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db.models import Sum

from org.models import LedgerAccount
from tests.people import amend_charter
from tests.stack import ROOT, Organisation, Servers

pytestmark = [pytest.mark.storm, pytest.mark.timeout(900)]

RACERS = 20
ROUNDS = 100


def line(racer: subprocess.Popen[str]) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


@pytest.fixture
def racers(servers: Servers, committed: str) -> Iterator[list[subprocess.Popen[str]]]:
    env = Organisation(servers, committed).env | {
        "DJANGO_SETTINGS_MODULE": "echo_project.settings",
        "PYTHONPATH": str(ROOT),
        "ECHO_DATABASE_POOL_SIZE": "1",
    }
    command = [sys.executable, "-m", "tests.storm.racer"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdin=-1, stdout=-1, text=True) for _ in range(RACERS)
    ]
    assert [line(racer) for racer in running] == ["ready"] * RACERS
    yield running
    for racer in running:
        racer.communicate(timeout=30)


def test_exactly_what_fits_is_approved_and_nobody_waits_for_ever(racers: list[subprocess.Popen[str]]) -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1000")
    for number in range(ROUNDS):
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(f"Lab {number}\n")
            racer.stdin.flush()
        outcomes = sorted(line(racer) for racer in racers)
        assert outcomes == ["approved"] * 3 + ["escalated"] * (RACERS - 3), number
    assert LedgerAccount.objects.aggregate(total=Sum("balance_usd"))["total"] == 0
