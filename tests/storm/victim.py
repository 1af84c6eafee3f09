"""Does each deed it is told, a line of JSON each, in a fork of itself that kills itself at its n-th statement.

`{"at": n, "drain": role}` answers a role's waiting calls as a worker does, `{"at": n, "answer": {…}}` answers an
escalation as a member. Printed is "killed", or "done" if it took fewer statements.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


class Failpoint:
    """Kills this process in place of its n-th statement; COMMIT counts as one, before and after it."""

    def __init__(self, at: int) -> None:
        self.left = at

    def reached(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.reached()
        return execute(*arguments)


if __name__ == "__main__":
    django.setup()

    from django.db import connection

    from org.clock import database_clock
    from org.enums import BoardAnswer
    from org.models import Escalation, Member
    from org.services import board
    from tasks import tools

    def do(order: dict[str, Any]) -> None:
        if "drain" in order:
            tools.drain([order["drain"]])
            return
        board.answer(
            escalation=Escalation.objects.get(pk=order["answer"]["escalation"]),
            member=Member.objects.get(pk=order["answer"]["member"]),
            choice=BoardAnswer.APPROVE,
            note="yes",
            seen_hash=order["answer"]["hash"],
            clock=database_clock,
        )

    def die_in(order: dict[str, Any]) -> None:
        failpoint = Failpoint(order["at"])
        commit = connection._commit  # type: ignore[attr-defined]

        def committed() -> None:
            failpoint.reached()
            commit()
            failpoint.reached()

        connection._commit = committed  # type: ignore[attr-defined]
        with connection.execute_wrapper(failpoint):
            do(order)

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            die_in(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("done" if status == 0 else "killed" if os.WIFSIGNALED(status) else "failed", flush=True)
