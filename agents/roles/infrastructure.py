"""Changes of what runs: the operations head's approval, by stated conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator

from agents.inputs import Confidence, Flag, Line, Moment, Name, SeverityWord, Text, listed
from agents.methods import changes
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.making import keep
from agents.roles.needs import Needed
from agents.shapes import Environments
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.charter import SMALLEST_ELECTORATE, Charter
from org.clock import database_clock
from org.enums import ArtifactKind, Effect, Mode
from org.errors import InvalidInput, Refused
from org.legible import quoted
from org.names import normalize
from org.queries import gates, incidents
from org.services import proposals


class Window(BaseModel):
    """From when to when something may be changed."""

    model_config = ConfigDict(extra="allow")

    begins: Moment = Field(alias="from")
    ends: Moment = Field(alias="to")

    @field_validator("begins", "ends")
    @classmethod
    def _universal(cls, moment: datetime) -> datetime:
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise ValueError("lies outside the calendar.") from None

    @property
    def said(self) -> dict[str, str]:
        return {"from": self.begins.isoformat(), "to": self.ends.isoformat()}


class Condition(BaseModel):
    """What must hold before the change is approved."""

    name: str
    met: bool
    says: str
    needed: Needed | None = Field(description="The call that would meet it, where it is not met.")


class ChangeAnswer(ApprovedAnswer):
    """A change of what runs, decided or held by its conditions."""

    change_id: str | None
    conditions: list[Condition]


Plan = Annotated[
    list[Text], BeforeValidator(listed), Field(max_length=100), WithJsonSchema({"type": ["string", "array"]})
]
WindowShape = Annotated[Window, WithJsonSchema({"type": "object"})]


@tool(Effect.CREATES)
def approve_infrastructure_change(
    by: Actor,
    change: Annotated[Line, Says("One line.")],
    environments: Annotated[Environments, Says("What is not staging, test … is production.")],
    risk: Annotated[SeverityWord, Says("How bad it is if it goes wrong.")],
    rollback_plan: Annotated[Plan, Says("The steps back, one a line.")],
    window: Annotated[WindowShape | None, Says("{from, to}: ISO times with a zone.")] = None,
    mends: Annotated[Line | None, Says("The open incident it mends.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
    confidential: Annotated[Flag, Says("Only for those concerned.")] = False,
) -> ChangeAnswer:
    """Operations Head: approve a change of what runs by its way back, window and open incidents."""
    where = list(dict.fromkeys(filter(None, map(normalize, environments))))
    plan, charter, now = "\n".join(rollback_plan), charter_of(by), database_clock()
    if not where:
        raise InvalidInput("environments", "holds nothing that can be seen.", "Name where the change is made.")
    if window and window.begins >= window.ends:
        raise InvalidInput("window", "begins when it is over, or later.", "Send from before to.")
    mended = incidents.standing(mends, "mends") if mends else None
    judged = changes.judge(
        changes.Change(
            environments=where,
            risk=risk,
            rollback_plan=plan,
            now=now,
            holds_until=now + timedelta(days=charter.approval_valid_days),
            window=(window.begins, window.ends) if window else None,
            mends=mended.content["found"]["severity"] if mended else "",
            critical=[f"{row.ref} {quoted(row.name)}" for row in gates.open_incidents(gates.CRITICAL)],
        )
    )
    said = window.said if window else None
    given = {"change": change, "environments": where, "risk": risk, "rollback_plan": plan, "window": said}
    given |= {"mends": mends} if mends else {}
    conditions = [_condition(each, given, by.name) for each in judged.conditions]
    if judged.unmet:
        rule = judged.unmet[0].name
        says = " ".join(each.says for each in judged.unmet)
        refusal = Refused(f"change_{rule}", says, _hint(judged.unmet))
        return ChangeAnswer(**not_decided(refusal, by), approved=False, change_id=None, conditions=conditions)
    met = [each.says for each in judged.conditions]
    mode, voters, missing = _vote(judged, charter, by)
    decision = proposals.propose(
        decision_type="infrastructure_change",
        title=change,
        context={**given, "conditions": met, "production": list(judged.production)},
        confidence=confidence,
        mode=mode,
        participants=voters,
        revises=revises or "",
        confidential=confidential,
        by=by,
        clock=database_clock,
    )
    found = {"environments": where, "window": said, "risk": risk, "conditions": met}
    kept = None
    if not confidential:  # every role reads artifacts
        kept = keep(by, ArtifactKind.INFRASTRUCTURE_CHANGE, change, given=given, found=found, decision=decision)
    answer = ChangeAnswer.of(decision, by, change_id=kept.ref if kept else None, conditions=conditions)
    answer.basis |= {
        "method": "a way back, a window for what is risky, no open critical incident (after ITIL 4, change enablement)",
        "production": list(judged.production),
        "steps_back": len(judged.steps),
        "emergency": judged.emergency,
        "missing": missing,
        "not_used": [f"window.{key}" for key in sorted(window.model_extra or ())] if window else [],
    }
    return answer


def _condition(judged: changes.Condition, given: Mapping[str, Any], role: str) -> Condition:
    """A condition as it is told; one that is not met with the same call, its gap to be filled."""
    gap = {"rollback": "rollback_plan", "window": "window", "incidents": "mends"}[judged.name]
    blank = {"from": "…", "to": "…"} if gap == "window" else "…"
    again = {**{name: value for name, value in given.items() if value is not None}, "rollback_plan": "…", gap: blank}
    call = Needed(tool="approve_infrastructure_change", arguments=again, why=judged.meet, role=role)
    return Condition(name=judged.name, met=judged.met, says=judged.says, needed=None if judged.met else call)


def _hint(unmet: Sequence[changes.Condition]) -> str:
    [first, *more] = [each.meet for each in unmet]
    return f"{'; '.join([first[0].upper() + first[1:], *more])}, and call approve_infrastructure_change again."


def _vote(judged: changes.Judged, charter: Charter, by: Actor) -> tuple[Mode | None, list[str], list[str]]:
    """A vote of the leadership where one is due and the charter lets enough vote; what is missing for it otherwise."""
    kind = charter.kind("infrastructure_change")
    voters = [role for role in charter.leadership if role != by.name]
    if not judged.to_vote:
        return None, [], []
    if Mode.COLLABORATIVE in kind.modes and len({*voters, *kind.must_include} - {by.name}) >= SMALLEST_ELECTORATE:
        return Mode.COLLABORATIVE, voters, []
    return None, [], ["a vote of the leadership: the charter allows none here, or too few voters"]
