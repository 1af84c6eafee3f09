"""Starts of servers, alone and nine at once, and the memory they hold."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from bench.measure import repeat
from bench.report import Report
from bench.stack import ROOT, Stack

STARTS = 7


def measure(here: Stack, report: Report) -> None:
    report.doing("start to `initialize`, alone and nine at once")
    floor = repeat(lambda _: _spawn([sys.executable, "-c", "import mcp.server, django.db, psycopg"]), STARTS, 1)
    report.row("importing mcp, Django and psycopg alone", floor)
    while "forkserver" not in here.processes():
        time.sleep(0.1)
    report.row("start to initialize, alone", repeat(lambda _: _start(here, "ceo"), STARTS, 1), floor, aim=800)
    nine, memory_of_nine = _nine(here)
    ratio = f"{nine / floor.p50:.1f} ×"
    report.figure("start to initialize, nine at once (the last)", f"{nine:.0f}", ratio, "≤ 4,000")
    report.figure("memory of a server that started the stack", f"{_memory([here.first.process.pid]):.0f} MB")
    report.figure("memory of nine servers and what they are forked from", f"{memory_of_nine:.0f} MB")


def _spawn(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


def _start(here: Stack, role: str) -> None:
    with here.client(role) as client:
        client.initialize()


def _nine(here: Stack) -> tuple[float, float]:
    """Milliseconds until the last of nine servers started at once has answered, and what they hold together in MB."""
    from agents.registry import NAMES

    started = time.perf_counter()
    with here.clients(NAMES) as clients:
        milliseconds = (time.perf_counter() - started) * 1000
        forked = [process.pid for process in here.processes()["forkserver"]]
        return milliseconds, _memory([*(client.process.pid for client in clients), *forked])


def _memory(pids: list[int]) -> float:
    """Megabytes these processes hold together. On Linux pages that several share are counted once, in parts (PSS);
    elsewhere they are counted for none of them (USS)."""
    held = [psutil.Process(pid).memory_full_info() for pid in pids]
    return sum(float(getattr(each, "pss", each.uss)) for each in held) / 1e6
