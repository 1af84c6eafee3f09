"""Conflicts between roles: the cases there are, and who by the charter could end one without being part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from org.charter import SMALLEST_ELECTORATE, Charter
from org.enums import ArtifactKind, Mode
from org.models import Artifact

MOST_OPEN = 100


class Routes(NamedTuple):
    """`manager`: the nearest role above all parties, None where only the board is. `vote_type`: the decision type a
    vote of `voters` would be of, None where the charter allows none; `of_a_party`: the voters who report to a party.
    """

    manager: str | None
    vote_type: str | None
    voters: list[str]
    of_a_party: list[str]


def routes(charter: Charter, parties: Sequence[str], asker: str) -> Routes:
    """Who could decide between these roles. Nobody votes who is a party or asks; who reports to a party comes last."""
    lines = [list(charter.managers(party)) for party in parties]
    common = [role for role in lines[0] if all(role in line for line in lines) and role not in (*parties, asker)]
    below = {role for role in charter.roles if any(party in charter.managers(role) for party in parties)}
    others = [role for role in charter.roles if role not in (*parties, asker)]
    voters = sorted(others, key=lambda role: (role in below, not charter.roles[role].leadership))
    voters = voters[: max(SMALLEST_ELECTORATE, sum(role not in below for role in others))]
    kinds = [
        kind.name
        for kind in charter.types.values()
        if not kind.money
        and asker in kind.decided_by
        and Mode.COLLABORATIVE in kind.modes
        and not {*kind.must_include, *kind.veto} & set(parties)
    ]
    vote_type = kinds[0] if kinds and len(voters) >= SMALLEST_ELECTORATE else None
    return Routes(common[0] if common else None, vote_type, voters, [role for role in voters if role in below])


def case(key: str, parties: Sequence[str]) -> Artifact | None:
    """The first record of a conflict, which its later ones are told by: its issue's key, its parties by name."""
    rows = Artifact.objects.of(ArtifactKind.CONFLICT).filter(key=key, content__given__parties=list(parties))
    return rows.order_by("number").first()


def undecided() -> list[Artifact]:
    """The newest record of each conflict that nobody has decided, at most `MOST_OPEN`, oldest first."""
    newest = Artifact.objects.of(ArtifactKind.CONFLICT).order_by("key", "-number").distinct("key")
    rows = newest.select_related("decision")
    open_ones = [row for row in rows if not (row.decision and row.decision.is_settled)]
    return sorted(open_ones, key=lambda row: row.number)[:MOST_OPEN]
