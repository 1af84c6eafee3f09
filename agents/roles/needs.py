"""What stands in the way, told with the call that takes it out of the way."""

from __future__ import annotations

from pydantic import Field

from agents.roles.answers import Action
from org.queries.quality import Block


class Needed(Action):
    """What is missing, and the call that makes it, as whom it is sent."""

    why: str
    role: str
    first: str = Field(default="", description="What is done before the call, and by whom.")

    @classmethod
    def of(cls, block: Block) -> Needed:
        return cls(tool=block.tool, arguments=dict(block.arguments), why=block.why, role=block.role, first=block.first)
