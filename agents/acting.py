"""One role as a server process acts for it: its calls are stored and waited for, its reading tools run here."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
from django.db import Error as DatabaseError
from mcp.server.context import ServerRequestContext
from mcp.types import RequestId

from agents import news
from agents.calling import Caller, in_database
from agents.handovers import Handovers
from agents.news import News
from agents.presence import Presence
from agents.results import fitting
from agents.role import RoleSpec
from agents.roles.answers import refreshed
from agents.tool import Tool
from agents.wakeups import WakeUps
from org import credentials
from org.actors import Actor
from org.enums import Effect
from org.errors import NotFound, OrgError
from org.queries import progress

LOOK_SECONDS = 0.2  # how often a waiting tool looks again, without Redis
LOOK_WITH_REDIS_SECONDS = 1.0  # in case a hint was lost

Context = ServerRequestContext[None]
T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """A tool's answer, and the id of the stored call that gave it, if one has."""

    answer: dict[str, Any]
    call_id: uuid.UUID | None = None


class Acting:
    """Runs a role's tools for a client, under that role's login."""

    def __init__(self, spec: RoleSpec, wakeups: WakeUps, client: Mapping[str, Any]) -> None:
        self.spec = spec
        self.presence = Presence(spec.name, client)
        self._wakeups = wakeups
        self._caller = Caller(spec.name, wakeups, client)
        self._handovers = Handovers(spec.name)
        self._news = News(spec.name, wakeups)

    async def run(self, ctx: Context, tool: Tool, arguments: Mapping[str, Any], key: str | None) -> Done:
        """Run a tool with validated arguments. Raises OrgError, DatabaseError."""
        self.presence.begin()
        with credentials.acting_as(self.spec.name):
            if tool.effect is Effect.READS:
                done = Done(await self._read(ctx, tool, arguments))
            else:
                done = await self._call(ctx, tool, arguments, key)
            if not tool.catches_up and (arrived := await self._news.take()):
                self._handovers.hold_announced(ctx.request_id, [each.number for each in arrived])
                done.answer["news"] = news.line(arrived)
        return done

    async def look_up(self, read: Callable[..., T], *arguments: Any) -> T:
        """What a client asks for beside tools. Raises what `read` raises, and DatabaseError."""
        self.presence.begin()
        with credentials.acting_as(self.spec.name):
            await self._handovers.flush()
            return await in_database(read, *arguments)

    async def answered(self, tool: Tool, call: str) -> dict[str, Any]:
        """The answer that a call of this role has had, with where its decision stands by now."""
        with credentials.acting_as(self.spec.name):
            return fitting(tool, await in_database(_answered, tool, call, self.spec.name))

    async def keep_present(self, on_outage: Callable[[DatabaseError], None]) -> None:
        """Be seen from the first use on, until cancelled."""
        with credentials.acting_as(self.spec.name):
            await self.presence.keep(on_outage)

    def written(self, request: RequestId) -> None:
        """The transport has written the answer to this request to the client."""
        with credentials.acting_as(self.spec.name):
            self._handovers.written(request)

    async def end(self) -> None:
        """Note what the client has got, and leave."""
        with credentials.acting_as(self.spec.name):
            await self._handovers.flush()
            await self.presence.end()

    async def _call(self, ctx: Context, tool: Tool, arguments: Mapping[str, Any], key: str | None) -> Done:
        async def tell(seconds: float, text: str) -> None:
            await ctx.session.report_progress(seconds, None, text)

        found = await self._caller.perform(tool, arguments, key, tell)
        if "call_id" in found:
            self._handovers.hold_call(ctx.request_id, found["call_id"])
        if "still_running" in found:
            ref = found["still_running"]
            says = f"{ref} is still running; wait_for {{id: {ref}}} tells its answer. Do not send it again."
            return Done({"acted_as": self.spec.name, "still_running": True, "call_id": ref, "say": says})
        if "error" in found:
            raise OrgError(found["error"])
        answer = found["answer"]
        if repeated_of := found.get("repeated_of"):
            with contextlib.suppress(DatabaseError):  # what was answered then is true, if not the newest
                answer = await in_database(refreshed, tool.output, answer, Actor(self.spec.name))
        return Done(fitting(tool, {**answer, "repeated_of": repeated_of}), found["call_id"])

    async def _read(self, ctx: Context, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run a reading tool here; one that waits looks again until it is settled or its time is up."""
        await self._handovers.flush()
        if tool.catches_up:
            await self._news.catch_up()
        answer = await self._look(tool, arguments)
        output = tool.output.model_validate(answer)
        if tool.settles and tool.wakes and not tool.settles(output):
            with self._wakeups.waiting(tool.wakes(output)) as woken:
                answer = await self._wait(ctx, tool, arguments, woken)
        if tool.holds:
            self._handovers.hold_messages(ctx.request_id, tool.holds(output))
        return answer

    async def _wait(
        self, ctx: Context, tool: Tool, arguments: Mapping[str, Any], woken: asyncio.Event
    ) -> dict[str, Any]:
        """The last answer of a tool that waits: that what was waited for is settled, or how far it had come in time."""
        assert tool.settles
        started = anyio.current_time()
        until = started + float(arguments["timeout_seconds"])
        while True:
            woken.clear()
            answer = await self._look(tool, arguments)
            if tool.settles(tool.output.model_validate(answer)) or anyio.current_time() >= until:
                return answer
            waited = round(anyio.current_time() - started, 1)
            await ctx.session.report_progress(waited, None, str(answer.get("say", "")))
            look = LOOK_WITH_REDIS_SECONDS if self._wakeups.listening else LOOK_SECONDS
            with anyio.move_on_after(min(look, max(0.0, until - anyio.current_time()))):
                await woken.wait()

    async def _look(self, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return await in_database(tool.call, Actor(self.spec.name), arguments)


def _answered(tool: Tool, call: str, role: str) -> dict[str, Any]:
    answer = progress.of(role, call).result
    if not isinstance(answer, dict):
        raise NotFound("requestState", call, [], "Leave it out to make the call.")
    return refreshed(tool.output, answer, Actor(role))
