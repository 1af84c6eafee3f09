"""What a deployment has to pass, by the charter's `gates`, asked of what roles left on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from org.charter import Charter
from org.enums import BOARD, ArtifactKind, Status
from org.legible import quoted
from org.models import Artifact, Decision
from org.names import alike, normalize
from org.queries import artifacts as made
from org.queries import quality
from org.queries.quality import Block, Quality

LOOKED_AT = 200  # approved changes, the newest
LONGEST_PLAN = 2_000  # characters of a way back, told once an environment
MEND_INCIDENT = "The operations head gets it working again, and sees that it is; then says so: resolved."
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
    gates = [_quality(release, charter, now), *_defects(release), *_incidents()]
    if charter.gates == "company":
        gates += [*_architecture(release, charter, now), *_windows(environments, now)]
    return gates


def _closed(name: str, why: str, role: str, tool: str, first: str = "", **arguments: Any) -> Gate:
    return Gate(name, why, Block(why, role, tool, arguments, first))


def _quality(release: str, charter: Charter, now: datetime) -> Gate:
    """The newest word on the release's quality is an approval that holds."""
    name, what = "quality", f"the quality of {quoted(release)}"
    newest = made.newest(ArtifactKind.RELEASE_QUALITY, release=release)
    decision = newest.decision if newest else None
    if decision is None:
        why = f"Nobody has judged {what}."
    elif decision.holds(now):
        why = _overtaken(newest, decision, quality.of_release(release), charter)
        if not why:
            return Gate(name, f"{decision.ref} approves {what}.")
    elif not decision.is_settled:
        return _waiting(name, what, decision, charter)
    else:
        why = f"{decision.ref} on {what} is {decision.ended(now)}."
    return _closed(name, why, "test_lead", "approve_release_quality", release=release)


def _overtaken(judged: Artifact | None, decision: Decision, stands: Quality, charter: Charter) -> str:
    """Why an approval of a release's quality is not about what stands of it by now, or nothing."""
    assert judged is not None
    found, results = judged.content["found"], stands.results.ref if stands.results else None
    if decision.context.get("against"):
        return f"{decision.ref} approves what the {charter.title(decision.initiator_role)} said no to."
    if (found["results"], found["features"]) != (results, stands.features):
        return f"{decision.ref} judged other results or features than those that stand by now."
    others = [each for each in stands.blocks if each.tool != "classify_defect"]  # a defect is a gate of its own
    return f"{decision.ref} is overtaken: {others[0].why}" if others else ""


def _waiting(name: str, what: str, decision: Decision, charter: Charter) -> Gate:
    """What is not decided yet opens by the answer of whoever has it; a person answers on the board's pages."""
    waiting = decision.waiting_on
    whom = " and ".join("the board" if name == BOARD else f"the {charter.title(name)}" for name in waiting)
    why = f"{decision.ref} on {what} waits for {whom or 'its vote to end'}."
    here = {"decision_id": decision.ref}
    if decision.is_voting and waiting:
        answer = {**here, "vote": "…", "rationale": "…", "confidence": "…"}
        return _closed(name, why, waiting[0], "cast_vote", **answer)
    if decision.awaiting_role:
        return _closed(name, why, decision.awaiting_role, "resolve_decision", **here, approve="…", rationale="…")
    return _closed(name, why, decision.initiator_role, "wait_for", id=decision.ref)


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
            MEND_INCIDENT,
            title=row.name,
            severity=CRITICAL,
            status="…",
            **given,
        )


def _architecture(release: str, charter: Charter, now: datetime) -> Iterator[Gate]:
    """Each feature of the planned release has an architecture that was approved."""
    planned = made.newest(ArtifactKind.RELEASE, release=release)
    features = made.planned(planned) if planned else []
    if not features:
        why = f"Which features {quoted(release)} holds is not planned, so its architecture is not known."
        yield _closed("architecture", why, "product_manager", "plan_release", release=release, features="…")
    keys = [each.feature for each in features]
    reviews = made.newest_of_each(ArtifactKind.ARCHITECTURE_REVIEW, keys)
    designs = made.newest_of_each(ArtifactKind.DESIGN, keys)
    for feature in features:
        name, what = "architecture", f"the architecture of {feature.ref} {quoted(feature.name)}"
        review = reviews.get(feature.feature)
        decision, design = review.decision if review else None, designs.get(feature.feature)
        if review is not None and design is not None and review.number < design.number:
            why = f"{review.ref} is a review of an older design than {design.ref}, the one on record of {what}."
            unsaid = dict.fromkeys(("components", "scalability"), "…")
            yield _closed(name, why, "cto", "review_architecture", feature=feature.ref, design=design.ref, **unsaid)
        elif decision is not None and decision.holds(now):
            yield Gate(name, f"{decision.ref} approves {what}.")
        elif decision is not None and not decision.is_settled:
            yield _waiting(name, what, decision, charter)
        else:
            why = f"{decision.ref} on {what} is {decision.ended(now)}." if decision else f"Nobody has reviewed {what}."
            unsaid = dict.fromkeys(("design", "components", "scalability"), "…")
            yield _closed(name, why, "cto", "review_architecture", feature=feature.ref, **unsaid)


def _windows(environments: Sequence[str], now: datetime) -> Iterator[Gate]:
    """Each environment has an approved change whose window is open or lies ahead."""
    found = windows(now)
    for environment in environments:
        change = found.get(normalize(environment))
        if change is not None:
            window = change.content["found"]["window"]
            yield Gate("window", f"{change.ref} gives {quoted(environment)} from {window['from']} to {window['to']}.")
        else:
            near = alike(normalize(environment), found, most=made.NEAREST, cutoff=0.5)
            others = f" There is one for {' and '.join(map(quoted, near))}." if near else ""
            unsaid = dict.fromkeys(("change", "risk", "rollback_plan"), "…")
            yield _closed(
                "window",
                f"No approved change has a window for {quoted(environment)} that is open or lies ahead.{others}",
                "operations_head",
                "approve_infrastructure_change",
                environments=[environment],
                window={"from": "…", "to": "…"},
                **unsaid,
            )


def windows(now: datetime) -> Mapping[str, Artifact]:
    """By environment, the newest approved change whose window is not over."""
    return _changes(now, lambda window: window is not None and datetime.fromisoformat(window["to"]) > now)


def _changes(now: datetime, fits: Callable[[Mapping[str, str] | None], bool]) -> Mapping[str, Artifact]:
    """By environment, the newest approved change that holds and whose window, None where it has none, fits."""
    rows = Artifact.objects.of(ArtifactKind.INFRASTRUCTURE_CHANGE).filter(decision__status=Status.APPROVED)
    found: dict[str, Artifact] = {}
    for row in rows.select_related("decision").newest_first()[:LOOKED_AT]:
        assert row.decision is not None
        if row.decision.holds(now) and fits(row.content["found"]["window"]):
            for environment in row.content["found"]["environments"]:
                found.setdefault(normalize(environment), row)
    return found


def rollbacks(environments: Sequence[str], now: datetime) -> Mapping[str, str]:
    """By environment, the plan to go back that its approved change was given; one without a window has one as well."""
    found = _changes(now, lambda window: window is None or datetime.fromisoformat(window["to"]) > now)
    plans = {name: found[normalize(name)] for name in environments if normalize(name) in found}
    return {name: _back(row) for name, row in plans.items()}


def _back(change: Artifact) -> str:
    plan = change.content["given"]["rollback_plan"]
    if len(plan) <= LONGEST_PLAN:
        return f"{plan} ({change.ref})"
    return f"{plan[:LONGEST_PLAN]}… (recall {{id: {change.ref}}} shows it whole)"
