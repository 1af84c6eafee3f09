"""The ballots of a vote, and how many voices they are."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count

from org import money
from org.enums import VoteChoice
from org.models import CharterVersion, Decision
from org.voting import Ballot, Rules, Tally, tally

ALIKE = 0.8  # share of equal three-word runs from which two rationales count as the same text
"""Jaccard similarity of shingles (Broder 1997)."""
RUN = 3


@dataclass(frozen=True)
class Voices:
    """How many distinct client processes cast the votes, within how many seconds, and whose rationales are alike."""

    clients: int
    within_seconds: float
    alike: tuple[tuple[str, ...], ...]

    @property
    def shown(self) -> dict[str, Any]:
        return {
            "clients": self.clients,
            "within_seconds": self.within_seconds,
            "alike": [list(roles) for roles in self.alike],
        }


def rules(decision: Decision) -> Rules:
    """The rules of a decision's vote, of the charter it was opened under."""
    kind = CharterVersion.objects.at(decision.charter_version_id).kind(decision.decision_type)
    return Rules(tuple(decision.participants or ()), kind.quorum, kind.threshold, kind.veto)


def min_clients(decision: Decision) -> int:
    return CharterVersion.objects.at(decision.charter_version_id).kind(decision.decision_type).min_clients


def cast(decision: Decision) -> dict[str, Ballot]:
    """The ballots so far, by role."""
    rows = decision.votes.values_list("voter_role", "vote", "confidence")
    return {role: Ballot(VoteChoice(vote), confidence) for role, vote, confidence in rows}


def counted(decision: Decision) -> dict[str, int]:
    """How many roles voted which way, of a settled decision that was voted on, whoever decided it then."""
    if not decision.participants or decision.completed_at is None:
        return {}
    rows = decision.votes.values_list("vote").annotate(count=Count("pk")).order_by("vote")
    return dict(rows)


def closed(decision: Decision) -> dict[str, Any]:
    """What a vote came to that is over: its tally and voices, also where the matter was handed up after it; else
    nothing.
    """
    if not decision.participants or decision.is_voting:
        return {}
    counted = tally(rules(decision), cast(decision))
    return {"tally": tally_shown(counted), "voices": voices(decision).shown}


def says(result: dict[str, Any]) -> str:
    """What `closed` found, in a few words; nothing where there was no vote."""
    if not result.get("tally"):
        return ""
    count = result["tally"]
    abstained = f", {count['abstentions']} abstained" if count["abstentions"] else ""
    return f"The vote: {count['approvals']} for, {count['rejections']} against{abstained}."


def approving(decision: Decision) -> list[str]:
    return list(
        decision.votes.filter(vote=VoteChoice.APPROVE).order_by("voter_role").values_list("voter_role", flat=True)
    )


def voices(decision: Decision) -> Voices:
    """One model voting as five roles looks like one model voting as five roles."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT voter_role, client_of(call_id), voted_at, coalesce(rationale, '') FROM decision_votes"
            " WHERE decision_id = %s ORDER BY voter_role",
            [decision.pk],
        )
        rows = cursor.fetchall()
    clients = {client for _, client, _, _ in rows}
    times = [at for _, _, at, _ in rows]
    within = (max(times) - min(times)).total_seconds() if times else 0.0
    texts = {role: _runs(rationale) for role, _, _, rationale in rows}
    pairs = [pair for pair in itertools.combinations(texts, 2) if _alike(texts[pair[0]], texts[pair[1]])]
    return Voices(len(clients), round(within, 1), tuple(pairs))


def tally_shown(counted: Tally) -> dict[str, Any]:
    """A tally as plain JSON."""
    return {
        "approvals": counted.approvals,
        "rejections": counted.rejections,
        "abstentions": counted.abstentions,
        "score": counted.score,
        "says": counted.says,
    }


def due(role: str, limit: int) -> list[dict[str, Any]]:
    """Open votes that wait for this role's ballot, the soonest to end first."""
    rows = Decision.objects.voting(role).order_by("due_at")[:limit]
    return [
        {
            "ref": row.ref,
            "title": row.title,
            "amount_usd": money.number(row.amount_usd),
            "until": row.due_at.isoformat() if row.due_at else None,
        }
        for row in rows
    ]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return frozenset(tuple(words[place : place + RUN]) for place in range(max(1, len(words) - RUN + 1)))


def _alike(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)
