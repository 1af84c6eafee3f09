"""What only the board does, and never without a reason."""

from __future__ import annotations

from org.actors import Actor
from org.errors import InvalidInput, Refused
from org.models import Member


def require_member(by: Actor) -> None:
    """Raises Refused for whoever is no active member of the board. Asked under the locks of the deed."""
    if by.person is None or not Member.board.has(by.person):
        raise Refused("board_only", "Only active members of the group Board do this.", "Ask one of them.")


def require_reason(reason: str) -> str:
    """The reason without what surrounds it. Raises InvalidInput where there is none."""
    if not reason.strip():
        raise InvalidInput("reason", "it is empty.", "Say why, so that the agents and the board know.")
    return reason.strip()
