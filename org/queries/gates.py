"""What a deployment has to pass, by the charter's `gates`, asked of what roles left on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from org.charter import Charter
from org.enums import ArtifactKind, Status
from org.legible import quoted
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import quality
from org.queries.quality import Block

LOOKED_AT = 200  # approved changes, the newest
CRITICAL = "critical"  # the severity of an incident that holds every deployment


@dataclass(frozen=True)
class Gate:
    """One gate: what it rests on, or what is missing for it."""

    name: str
    says: str
    block: Block | None = None

    @property
    def is_open(self) -> bool:
        return self.block is None


def of_deployment(release: str, environments: Sequence[str], charter: Charter, now: datetime) -> list[Gate]:
    """The gates of deploying a release, by its key, to these environments."""
    gates = [_quality(release, now), *_defects(release), *_incidents()]
    if charter.gates == "company":
        gates += [*_architecture(release, now), *_windows(environments, now)]
    return gates


def _closed(name: str, why: str, role: str, tool: str, **arguments: Any) -> Gate:
    return Gate(name, why, Block(why, role, tool, arguments))


def _quality(release: str, now: datetime) -> Gate:
    """The newest word on the release's quality is an approval that holds."""
    newest = made.newest(ArtifactKind.RELEASE_QUALITY, release=release)
    call = ("quality", "test_lead", "approve_release_quality")
    decision = newest.decision if newest else None
    if newest is None or decision is None:
        return _closed(call[0], f"Nobody has judged the quality of {release}.", *call[1:], release=release)
    if decision.holds(now):
        return Gate("quality", f"{decision.ref} approves the quality of {release}.")
    how = decision.ended(now) if decision.is_settled else f"waiting for {' and '.join(decision.waiting_on)}"
    return _closed(call[0], f"{decision.ref} on the quality of {release} is {how}.", *call[1:], release=release)


def _defects(release: str) -> Iterator[Gate]:
    """What came up after the quality was approved holds the release all the same."""
    return (Gate("defects", block.why, block) for block in quality.grave_defects(release))


def open_incidents(severity: str = "") -> list[Artifact]:
    """The incidents that are open, of this severity or of any: of each title the newest word counts."""
    newest = Artifact.objects.of(ArtifactKind.INCIDENT).order_by("key", "-number").distinct("key")
    wanted = {"status": "open"} | ({"severity": severity} if severity else {})
    return [row for row in newest if wanted.items() <= row.content["found"].items()]


def _incidents() -> Iterator[Gate]:
    critical = open_incidents(CRITICAL)
    if not critical:
        yield Gate("incidents", "No critical incident is open.")
    for row in critical:
        given = {name: row.content["given"].get(name) for name in ("services", "impact")}
        yield _closed(
            "incidents",
            f"The critical incident {row.ref} {quoted(row.name)} is open.",
            "operations_head",
            "declare_incident",
            title=row.name,
            severity=CRITICAL,
            status="resolved",
            **given,
        )


def _architecture(release: str, now: datetime) -> Iterator[Gate]:
    """Each feature of the planned release has an architecture that was approved."""
    planned = made.newest(ArtifactKind.RELEASE, release=release)
    if planned is None:
        why = f"What {release} holds is not planned, so its architecture is not known."
        yield _closed("architecture", why, "product_manager", "plan_release", release=release, features="…")
        return
    for ref in planned.content["found"]["features"]:
        feature = made.named(ref)
        review = made.newest(ArtifactKind.ARCHITECTURE_REVIEW, feature=feature.feature)
        if review is not None and review.decision is not None and review.decision.holds(now):
            yield Gate("architecture", f"{review.decision.ref} approves the architecture of {quoted(feature.name)}.")
        else:
            why = f"The architecture of {ref} {quoted(feature.name)} is not approved."
            unsaid = dict.fromkeys(("design", "components", "scalability"), "…")
            yield _closed("architecture", why, "cto", "review_architecture", feature=ref, **unsaid)


def _windows(environments: Sequence[str], now: datetime) -> Iterator[Gate]:
    """Each environment has an approved change whose window is open or lies ahead."""
    found = windows(now)
    for environment in environments:
        change = found.get(normalize(environment))
        if change is not None:
            window = change.content["found"]["window"]
            yield Gate("window", f"{change.ref} gives {quoted(environment)} from {window['from']} to {window['to']}.")
        else:
            unsaid = dict.fromkeys(("change", "risk", "rollback_plan"), "…")
            yield _closed(
                "window",
                f"No approved change has a window for {quoted(environment)} that is open or lies ahead.",
                "operations_head",
                "approve_infrastructure_change",
                environments=[environment],
                window={"from": "…", "to": "…"},
                **unsaid,
            )


def windows(now: datetime) -> Mapping[str, Artifact]:
    """By environment, the newest approved change whose window is not over."""
    rows = Artifact.objects.of(ArtifactKind.INFRASTRUCTURE_CHANGE).filter(decision__status=Status.APPROVED)
    found: dict[str, Artifact] = {}
    for row in rows.select_related("decision").newest_first()[:LOOKED_AT]:
        window = row.content["found"]["window"]
        assert row.decision is not None
        if row.decision.holds(now) and window and datetime.fromisoformat(window["to"]) > now:
            for environment in row.content["found"]["environments"]:
                found.setdefault(normalize(environment), row)
    return found


def rollbacks(environments: Sequence[str], now: datetime) -> Mapping[str, str]:
    """By environment, the plan to go back that its approved change was given."""
    found = windows(now)
    plans = {name: found[normalize(name)] for name in environments if normalize(name) in found}
    return {name: f"{row.content['given']['rollback_plan']} ({row.ref})" for name, row in plans.items()}
