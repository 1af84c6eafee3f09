"""Deployments: the CTO's approval, by the gates of the charter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from agents.inputs import Confidence, Line, Name
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.making import keep, standing
from agents.roles.needs import Needed
from agents.shapes import Environments
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.charter import Charter
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput, Refused
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import deployments, gates
from org.services import proposals

MOST_GATES = 100  # told in one answer, those that are missing first
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")]


class DeploymentAnswer(ApprovedAnswer):
    """Whether a release may be deployed, by its gates, and how."""

    gates: list[dict[str, Any]]
    missing_gates: list[Needed]
    deployment_plan: list[dict[str, Any]]
    deployment_id: str | None


@tool(Effect.SETS)
def approve_deployment(
    by: Actor,
    release: Annotated[Line, Says("Its name, like v1.4.")],
    environments: Annotated[Environments, Says("Where to, in the order of the stages.")],
    artifact_sha256: Annotated[Sha256 | None, Says("Of what is deployed: 64 hex digits.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
) -> DeploymentAnswer:
    """CTO: approve a deployment once every gate of the charter is passed; a missing one names its call."""
    key, now = made.release_key(release), database_clock()
    stages = _stages(environments)
    found = sorted(gates.of_deployment(key, stages, charter_of(by), now), key=lambda gate: gate.is_open)
    shown = [{"gate": each.name, "passed": each.is_open, "says": each.says} for each in found[:MOST_GATES]]
    if blocks := [each.block for each in found if each.block]:
        missing = [Needed.of(block) for block in blocks[:MOST_GATES]]
        fields = not_decided(_held(missing[0], len(blocks), charter_of(by)), by)
        return DeploymentAnswer(
            **fields, approved=False, gates=shown, missing_gates=missing, deployment_plan=[], deployment_id=None
        )
    digest = artifact_sha256.lower() if artifact_sha256 else None
    plan, unknown = deployments.plan(key, stages, digest, now)
    title = f"Deploy {key} to {', '.join(stages)}"[:255]
    given = {"environments": stages, "artifact_sha256": digest}
    result = {"gates": shown, "deployment_plan": plan}
    kept = standing(ArtifactKind.DEPLOYMENT, given=given, found=result, key=normalize(title), release=key)
    if kept is None or revises:
        decision = proposals.propose(
            decision_type="deployment",
            title=title,
            context={"release": key, "environments": stages, "artifact_sha256": digest, "plan": plan},
            evidence=[each["says"] for each in shown],
            confidence=confidence,
            revises=revises or "",
            by=by,
            clock=database_clock,
        )
        kept = keep(by, ArtifactKind.DEPLOYMENT, title, given=given, found=result, release=key, decision=decision)
    answer = _decided(by, kept, made.kept_as(release, key))
    answer.basis |= {"method": f"the charter's gates “{charter_of(by).gates}”", "missing": unknown}
    return answer


def _stages(environments: Sequence[str]) -> list[str]:
    """Each environment once, as it was first spelled. Raises InvalidInput for one that holds nothing to be seen."""
    named: dict[str, str] = {}
    for each in environments:
        named.setdefault(normalize(each), each)
    if "" in named:
        raise InvalidInput("environments", "one of them holds nothing that can be seen.", "Name each by a word.")
    return list(named.values())


def _held(first: Needed, missing: int, charter: Charter) -> Refused:
    more = {1: "", 2: " One more gate is missing."}.get(missing, f" {missing - 1} more gates are missing.")
    then = f"{first.first} The {charter.title(first.role)} calls {first.tool}; see missing_gates.".lstrip()
    return Refused("gates", f"{first.why}{more} Nothing is decided.", then)


def _decided(by: Actor, kept: Artifact, also: str) -> DeploymentAnswer:
    assert kept.decision is not None
    found = kept.content["found"]
    return DeploymentAnswer.of(
        kept.decision,
        by,
        also=also,
        gates=found["gates"],
        missing_gates=[],
        deployment_plan=found["deployment_plan"],
        deployment_id=kept.ref,
    )
