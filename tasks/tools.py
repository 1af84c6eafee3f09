"""Answering calls: claim one, run the role's tool, store the answer with its effects, tell who waits."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError, close_old_connections

from agents.registry import NAMES, spec_of
from agents.wakeups import CALLS_CHANNEL
from org.actors import Actor
from org.clock import database_clock
from org.errors import InvalidInput
from org.models import Call
from org.services import calls, steps
from tasks import bus, outbox
from tasks.draining import Drainers

logger = logging.getLogger(__name__)

STEP = "workflow_step"  # the tool of a call that the engine of workflows has stored
WORKER = f"{socket.gethostname()}:{os.getpid()}"
drainers = Drainers()


@shared_task(name="tasks.tools.answer_calls")  # type: ignore[untyped-decorator]
def answer_calls(role: str, **_later: Any) -> int:
    """Answer what waits for a role; returns how many calls. A ring for nothing is harmless."""
    return drainers.heed(role, drain) if role in NAMES else 0


def drain(roles: list[str]) -> int:
    """Answer waiting calls of these roles until none is left."""
    answered = 0
    try:
        while claimed := calls.claim(roles, WORKER):
            answer(claimed)
            answered += 1
    finally:
        close_old_connections()
    return answered


def answer(claimed: calls.Claim) -> None:
    """Run one claimed call to its stored answer, then tell its server and publish what it brought about."""
    try:
        calls.perform(claimed, _run, database_clock)
    except (OperationalError, InterfaceError) as error:  # the sweeper sees whether it was done, and puts it back if not
        logger.warning("PostgreSQL failed under call %s: %s", claimed.call_id, error)
        close_old_connections()
        return
    except Exception:
        logger.exception("Call %s broke", claimed.call_id)
        close_old_connections()
        calls.fail(claimed, "Echo has a fault, logged by its worker. Nothing was done.", database_clock)
    bus.publish([(CALLS_CHANNEL + claimed.role, str(claimed.call_id))])
    outbox.relay()


def _run(call: Call) -> dict[str, Any]:
    """The tool's answer. Arguments are validated and the tool looked up again: the row may come from anywhere."""
    if call.tool == STEP:
        return steps.do_due(call=call, use=_use, clock=database_clock)
    tool = spec_of(call.role).tool(call.tool) if call.role in NAMES else None
    if tool is None:
        raise InvalidInput("tool", f"the {call.role} has no tool {call.tool!r}.", "Nothing was done.")
    return tool.call(Actor.role(call), call.arguments)


def _use(by: Actor, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A step's tool, which computes only, as its role would call it. Raises InvalidInput."""
    tool = spec_of(by.name).tool(name)
    if tool is None or not tool.computes:
        raise InvalidInput("tool", f"{name!r} is no tool that computes for the {by.name}.", "Nothing was done.")
    return tool.call(by, tool.validate(arguments))
