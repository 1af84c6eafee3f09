"""What a step of a workflow costs: alone, beside many waiting runs, and beside a peer on the same PostgreSQL."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import psycopg

from bench.measure import Times
from bench.report import Report
from bench.stack import ROOT, Stack


def measure(here: Stack, report: Report) -> None:
    ours, theirs = database(here, "bench_engine"), database(here, "bench_peer")
    report.doing("steps of workflows, then beside 10,000 waiting runs")
    found = run("bench.engine", ours)
    alone, beside = Times.of(found["alone"]), Times.of(found["beside"])
    if importlib.util.find_spec("dbos"):
        report.doing("steps of DBOS")
        peer = Times.of(run("bench.peer", theirs))
        report.row("a step of DBOS on the same PostgreSQL (no audit, no lease)", peer)
        report.row("a step of a workflow, by the engine", alone, peer)
    else:
        report.note("DBOS is not installed; requirements-bench.txt has it.")
        report.row("a step of a workflow, by the engine", alone)
    report.row("the same beside 10,000 waiting runs", beside, alone)
    report.row("a look for due steps beside 10,000 waiting runs", Times.of(found["looks"]), alone)
    report.figure("the end of a month's wait to the end of its run", f"{found['woken'] * 1000:.2f}")
    report.figure("to begin a run", f"{found['begun'] * 1000:.2f}")


def database(here: Stack, name: str) -> str:
    """The URL of a database of its own on the stack's server."""
    from django.db import connection

    _ = here.first
    params: dict[str, Any] = connection.get_connection_params()
    keys = {key: params[key] for key in ("host", "port", "user", "password") if params.get(key)}
    with psycopg.connect(**keys, dbname="postgres", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    user, host = keys.get("user", "echo"), keys.get("host", "")
    return f"postgresql://{user}@/{name}?host={host}"


def run(module: str, url: str) -> Any:
    """What a module prints that measures on a database."""
    env = os.environ | {"DATABASE_URL": url, "ECHO_SECRET_KEY": "only-to-measure-" + "x" * 50}
    done = subprocess.run(
        [sys.executable, "-m", module], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
