"""What is measured: a stack of its own, brought up as any client would, and torn down at the end."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from bench.measure import CALLS, Times, repeat

ROOT = Path(__file__).resolve().parent.parent


class Stack:
    """A home of its own. `first` is the client that started it, and keeps it up."""

    def __init__(self, home: Path) -> None:
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "TERM", "USER") if name in os.environ}
        self.home = home
        self.env = kept | {
            "ECHO_HOME": str(home),
            "ECHO_ENV_FILE": "",
            "ECHO_BIND": "127.0.0.1:0",
            "ECHO_GRACE_SECONDS": "2",
        }
        self._is_filled = False

    def client(self, role: str) -> Any:
        from tests.clients.raw import RawClient

        return RawClient.start([sys.executable, str(ROOT / "manage.py"), "mcp_agent", role], self.env, timeout=90)

    @cached_property
    def first(self) -> Any:
        """It has started the stack and been briefed; this process can use the database as its owner then."""
        client = self.client("cto")
        client.initialize()
        client.call("brief_me")
        os.environ.update(self.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echo_project.settings")
        import django

        django.setup()
        return client

    @contextmanager
    def clients(self, roles: Sequence[str]) -> Iterator[list[Any]]:
        """One client for each, all started."""
        with ExitStack() as stack:
            clients = [stack.enter_context(self.client(role)) for role in roles]
            for client in clients:
                client.initialize()
            yield clients

    @cached_property
    def framing(self) -> Times:
        """The floor of whatever goes through MCP."""
        return repeat(lambda _: self.first.request("ping"), CALLS)

    def fill(self, tell: Callable[[str], object]) -> None:
        """Load the records of some years, once."""
        if self._is_filled:
            return
        from django.db import connection

        from tests.many_years import Years

        Years().load(tell)
        tell("tidying the tables, before PostgreSQL does so by itself")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE messages, decisions, decision_votes, memories, memory_revisions")
        self._is_filled = True

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The stack's processes by name, each with those it has started."""
        state = json.loads((self.home / "stack.json").read_text())
        found = [(each["name"], psutil.Process(each["pid"])) for each in state["processes"] if each["pid"]]
        return {name: [process, *process.children(recursive=True)] for name, process in found}


@contextmanager
def stack() -> Iterator[Stack]:
    home = Path(tempfile.mkdtemp(prefix="echo-bench-", dir="/tmp"))
    home.chmod(0o711)
    here = Stack(home)
    try:
        with here.first:
            yield here
    finally:
        deadline = time.monotonic() + 60
        while (home / "stack.json").exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        shutil.rmtree(home, ignore_errors=True)
