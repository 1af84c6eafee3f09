"""How the roles voted, as people see it: the count and each ballot once the vote is over, until then who has voted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from org.admin.columns import title
from org.legible import plain
from org.models import Decision
from org.queries import votes

STYLES = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True)
class Ballot:
    """One role's vote; its change, if the role voted otherwise at first."""

    role: str
    vote: str
    style: str
    confidence: float
    changed: str
    rationale: str


@dataclass(frozen=True)
class Vote:
    """A vote: what it came to or how far it is, whose voices it was, the ballots, and who has not voted."""

    says: str
    voices: str
    ballots: list[Ballot]
    missing: list[str]
    is_open: bool


def of(decision: Decision) -> Vote | None:
    """The vote on a decision; None where nobody was asked to vote."""
    if not decision.participants:
        return None
    if decision.is_voting:
        missing = decision.waiting_on
        cast = len(decision.participants) - len(missing)
        says = f"{cast} of {len(decision.participants)} have voted. The ballots are sealed until the vote is over."
        return Vote(says, "", [], [title(role) for role in missing], True)
    result = votes.closed(decision)
    rows = list(decision.votes.order_by("voted_at"))
    voted = {row.voter_role for row in rows}
    score = result["tally"]["score"]
    scored = f" The score is {score:.2f}." if score is not None else ""
    return Vote(
        says=f"{votes.says(result).removeprefix('The vote: ').capitalize()}{scored} {result['tally']['says']}",
        voices=_voices(result["voices"], len(rows)),
        ballots=[
            Ballot(
                role=title(row.voter_role),
                vote=row.get_vote_display().lower(),
                style=STYLES.get(row.vote, ""),
                confidence=row.confidence,
                changed=row.get_first_vote_display().lower() if row.first_vote != row.vote else "",
                rationale=plain(row.rationale or ""),
            )
            for row in rows
        ],
        missing=[title(role) for role in decision.participants if role not in voted],
        is_open=False,
    )


def _voices(voices: dict[str, Any], ballots: int) -> str:
    """How many processes the ballots came from, and whose reasons are alike."""
    if not ballots:
        return ""
    clients = "one client" if voices["clients"] == 1 else f"{voices['clients']} distinct clients"
    said = f"Cast by {clients} within {voices['within_seconds']:g} seconds."
    alike = [" and ".join(title(role) for role in pair) for pair in voices["alike"]]
    return f"{said} Nearly the same reasons: {'; '.join(alike)}." if alike else said
