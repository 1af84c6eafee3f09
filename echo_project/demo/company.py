"""The roles with their clients, and what they were told."""

from __future__ import annotations

from typing import Any

from echo_project.demo.agents import Agent, Reply
from echo_project.demo.matters import SHORT
from echo_project.demo.stage import Stage
from echo_project.demo.story import must


class Company:
    """`feature`: the ref of the feature of the day. `examples`: of each tool the first call that is worth showing."""

    feature: str

    def __init__(self, stage: Stage, agents: dict[str, Agent]) -> None:
        self.stage = stage
        self._agents = agents
        self.examples: dict[str, dict[str, Any]] = {}

    async def does(self, role: str, tool: str, /, *, shown: bool = True, **arguments: Any) -> Reply:
        """A role calls a tool; raises Deviation where the answer is an error. `shown`: it may stand as an example."""
        agent = self._agents[role]
        reply = await agent.call(tool, **arguments)
        must(not reply.is_error, f"{tool} is answered", reply)
        must(reply["acted_as"] == role, f"it acted as {role}", reply)
        if shown:
            example = {"role": role, "arguments": arguments, "answer": reply.data}
            self.examples.setdefault(tool, example)
            who = SHORT.get(role, role)
            self.stage.asks(who, "Echo", tool)
            self.stage.answers("Echo", who, "", "", reply.say, reply.ms)
        return reply
