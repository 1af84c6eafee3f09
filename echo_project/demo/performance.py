"""One performance from beginning to end: a world, its people, the story, and nothing left behind."""

from __future__ import annotations

import json
import statistics
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from time import perf_counter

import anyio

from agents.registry import NAMES, all_roles
from echo_project.demo import day
from echo_project.demo.agents import Agent, connect
from echo_project.demo.company import Company
from echo_project.demo.pages import Browser
from echo_project.demo.stage import Stage
from echo_project.demo.story import Story, must
from echo_project.demo.world import MANAGE, World


async def run(stage: Stage) -> None:
    """Start a world, play the story in it, and leave nothing of it behind."""
    begun = perf_counter()
    stage.title("Echo", "an organisation for AI agents, here in a throw-away folder")
    with World(stage.progress) as world:
        async with AsyncExitStack() as leaving:
            stage.busy("connecting two MCP clients, seating a board member …")
            connecting = perf_counter()
            seating = leaving.enter_context(ThreadPoolExecutor(1)).submit(world.seat_member)
            ceo, cto = [await leaving.enter_async_context(world_agent(world, role)) for role in ("ceo", "cto")]
            await anyio.to_thread.run_sync(seating.result)
            dana = await leaving.enter_async_context(Browser(world.state.web))
            stage.idle()
            stage.step("two MCP clients, a board member", perf_counter() - connecting)
            await Story(stage, world, ceo, cto, dana).play()
        home = world.home.root
        stage.busy("clearing away …")
    stage.idle()
    must(not home.exists(), f"{home} is gone", "it is still there")
    calls = [reply.ms for agent in (ceo, cto) for reply in agent.replies]
    stage.close(
        [
            (
                "agents",
                f"{len(calls)} calls over MCP, median {statistics.median(calls):.0f} ms, slowest {max(calls):.0f} ms",
            ),
            ("board", f"{len(dana.loads)} pages, median {statistics.median(dana.loads):.0f} ms"),
            ("in all", f"{perf_counter() - begun:.1f} s, and {home} is gone"),
            ("yours", "make run, then .venv/bin/python manage.py client_config --client claude-desktop --write"),
        ]
    )


async def run_day(stage: Stage, examples: Path | None = None) -> None:
    """The day of the whole company, with a server for each role. `examples`: where to keep its calls."""
    begun = perf_counter()
    stage.title("Echo", f"a day of a company of {len(NAMES)} roles, here in a throw-away folder")
    with World(stage.progress) as world:
        async with AsyncExitStack() as leaving:
            stage.busy(f"connecting {len(NAMES)} MCP clients …")
            connecting = perf_counter()
            agents = {role: await leaving.enter_async_context(world_agent(world, role)) for role in NAMES}
            stage.idle()
            stage.step(f"{len(NAMES)} MCP clients", perf_counter() - connecting)
            company = Company(stage, agents)
            await day.play(company)
        stage.busy("clearing away …")
    stage.idle()
    calls = [reply.ms for agent in agents.values() for reply in agent.replies]
    uncalled = sorted({tool.name for spec in all_roles() for tool in spec.tools} - company.examples.keys())
    must(not uncalled, "every tool is called by an act (echo_project/demo/), but these", uncalled)
    if examples is not None:
        examples.write_text(json.dumps(company.examples, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    stage.close(
        [
            ("roles", f"{len(agents)}, and {len(company.examples)} tools between them"),
            ("calls", f"{len(calls)} over MCP, median {statistics.median(calls):.0f} ms, slowest {max(calls):.0f} ms"),
            ("in all", f"{perf_counter() - begun:.1f} s"),
        ]
    )


def world_agent(world: World, role: str) -> AbstractAsyncContextManager[Agent]:
    return connect(role, MANAGE, world.settings, world.home.log(f"demo-{role}"))
