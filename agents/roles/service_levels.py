"""How well what runs keeps its objectives: the operations head's review of error budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from agents.inputs import MOST_ITEMS, Name, listed
from agents.methods import objectives as slo
from agents.roles.making import MadeAnswer, keep
from agents.roles.needs import Needed
from agents.shapes import Measurement, Objective, Objectives, not_used, readable
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import LEADERSHIP, ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import gates

Windows = Annotated[list[Measurement], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Measured = Annotated[dict[Name, Windows], Field(max_length=MOST_ITEMS), WithJsonSchema({"type": "object"})]
StatusWord = Literal["ok", "ticket", "page", "exhausted", "unknown"]
WORST_FIRST: tuple[StatusWord, ...] = ("exhausted", "page", "ticket", "unknown", "ok")
REVIEW = "Operational review"


class Burn(BaseModel):
    """What one window of measurement tells; null what is not known, or beyond 10^12."""

    window_hours: float | None
    bad: float | None = Field(description="Events that failed.")
    burn_rate: float | None = Field(description="1 spends the whole budget in the objective's own period.")
    spent_percent: float | None = Field(description="Of the period's whole budget, in this window alone.")
    lasts_hours: float | None = Field(description="A whole budget, at this rate; null where nothing burns.")


class Budget(BaseModel):
    """The error budget of an objective."""

    status: StatusWord
    budget_percent: float | None = Field(description="Of all events: as many may fail.")
    left_percent: float | None = Field(description="Of the budget, at most; below 0 where it is overspent.")
    measured_percent: float | None = Field(description="Of the period, by the longest window.")
    burns: list[Burn] = Field(description="The shortest window first.")
    alarms: list[str]
    says: str = Field(default="", description="What was good of what is wanted, in percent of the events.")


class Step(Needed):
    """What to do about an objective."""

    objective: str


class ReviewAnswer(MadeAnswer):
    """How the objectives are kept."""

    status: StatusWord = Field(description="The worst there is.")
    error_budget: dict[str, Budget] = Field(description="By objective.")
    actions: list[Step] = Field(description="The most pressing first.")


@tool(Effect.SETS, computes=True)
def review_operational_metrics(
    by: Actor,
    objectives: Annotated[Objectives, Says("{name: {target_percent, window_days}}.")],
    measurements: Annotated[Measured, Says("{name: {good, total, window_hours}}, or a list of those.")],
) -> ReviewAnswer:
    """Operations Head: review service levels: error budgets, and how fast they burn."""
    seen = {
        name: slo.assess(
            each.to(slo.Objective, name=name), [window.to(slo.Measurement) for window in measurements.get(name, [])]
        )
        for name, each in objectives.items()
    }
    budgets = {name: _budget(each, objectives[name]) for name, each in seen.items()}
    statuses: list[StatusWord] = [each.status for each in seen.values()]
    worst: StatusWord = next((word for word in WORST_FIRST if word in statuses), "unknown")
    pressing = sorted(seen.values(), key=lambda each: WORST_FIRST.index(each.status))
    known = {row.key: row for row in gates.open_incidents()}
    actions = [step for each in pressing for step in _actions(each, by.name, known)]
    earlier = made.newest(ArtifactKind.OPERATIONAL_REVIEW, key=normalize(REVIEW))
    found = {
        "status": worst,
        "error_budget": {name: each.model_dump() for name, each in budgets.items()},
        "actions": [each.model_dump() for each in actions],
    }
    given = {
        "objectives": {name: each.said for name, each in objectives.items()},
        "measurements": {name: [window.said for window in windows] for name, windows in measurements.items()},
    }
    kept = keep(by, ArtifactKind.OPERATIONAL_REVIEW, REVIEW, given=given, found=found)
    told = ", ".join(f"{statuses.count(word)} {word}" for word in WORST_FIRST if word in statuses)
    before = earlier if earlier != kept else None
    first = next((says for each in pressing if (says := budgets[each.name].says)), "")
    return ReviewAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: of {len(seen)} objectives {told or 'none'}. {first}".rstrip(),
        ref=kept.ref,
        status=worst,
        error_budget=budgets,
        actions=actions,
        basis={
            "method": "error budgets and multiwindow burn rates (SRE Workbook 2018, chapter 5, tables 5-4 and 5-8)",
            "thresholds": [
                {"window_days": days, "alarm": each.alarm, "hours": each.hours, "burn_rate": float(each.burn_rate)}
                for days in sorted({each.window_days for each in objectives.values() if each.window_days})
                for each in slo.thresholds(days)
            ],
            "earlier": {"ref": before.ref, "status": before.content["found"]["status"]} if before else None,
            "missing": [
                *([] if objectives else ["objectives"]),
                *(what for each in seen.values() for what in each.missing),
                *(f"objectives.{name}" for name in measurements if name not in objectives),
            ],
            "not_used": [
                *not_used("objectives", objectives.values()),
                *not_used("measurements", [window for windows in measurements.values() for window in windows]),
            ],
        },
    )


def _budget(seen: slo.Assessment, objective: Objective) -> Budget:
    burns = [
        Burn(
            window_hours=readable(each.window_hours),
            bad=readable(each.bad),
            burn_rate=readable(each.burn_rate),
            spent_percent=readable(each.spent, 100),
            lasts_hours=readable(each.lasts_hours),
        )
        for each in seen.burns
    ]
    return Budget(
        status=seen.status,
        budget_percent=readable(seen.budget, 100),
        left_percent=readable(seen.left, 100),
        measured_percent=readable(seen.measured, 100),
        burns=burns,
        alarms=[_alarm(each) for each in seen.alerts],
        says=_level(seen, objective.target_percent),
    )


def _level(seen: slo.Assessment, target: float | None) -> str:
    """The objective by its longest window: what was good, what is wanted, and what is left of its budget."""
    if not seen.burns or target is None:
        return ""
    longest = seen.burns[-1]
    good, left = readable(1 - longest.error_rate, 100), readable(seen.left, 100)
    below = ", too slowly for an alarm" if seen.status == "ok" and longest.burn_rate and longest.burn_rate > 1 else ""
    rate = readable(longest.burn_rate)
    burns = f"; its error budget burns {rate:g} times as fast as it may{below}" if rate is not None else ""
    rest = f"; at most {left:g} % of it is left" if left is not None else ""
    return f"{quoted(seen.name)}: {good:g} % good in {longest.window_hours:g} h, {target:g} % wanted{burns}{rest}."


def _alarm(alert: slo.Alert) -> str:
    goes_on = {True: "it goes on", None: "no short window tells whether it goes on"}[alert.confirmed]
    over = f"faster than {float(alert.threshold.burn_rate):g} times in {alert.window_hours:g} h"
    return f"{alert.threshold.alarm}: {over}; {goes_on}"


def _actions(seen: slo.Assessment, role: str, known: Mapping[str, Artifact]) -> list[Step]:
    """What the thresholds ask for: an incident while it burns fast, a request to mend what burns slowly, and rest for
    what has spent its budget.
    """
    name = quoted(seen.name)
    title = f"{seen.name} burns its error budget"
    paging = [each for each in seen.alerts if each.threshold.alarm == "page"]
    steps: list[Step] = []

    def step(tool: str, why: str, **arguments: Any) -> None:
        steps.append(Step(objective=seen.name, tool=tool, arguments=arguments, why=why, role=role))

    if paging and normalize(title) not in known:
        impact = f"{seen.name}: {_alarm(paging[0])}."
        why = f"{name} burns its budget fast enough to call somebody: {_alarm(paging[0])}."
        step("declare_incident", why, title=title, severity="high", services=[seen.name], impact=impact)
    if seen.status == "exhausted":
        why = f"{name} has spent its error budget: only what mends it is released until it is back."
        content = f"The error budget of {seen.name} is spent. Hold releases of it but those that mend it."
        step("send_message", why, to=LEADERSHIP, subject=f"{seen.name}: hold releases", content=content)
    elif seen.status == "ticket":
        why = f"{name} burns its budget too fast to last: {_alarm(seen.alerts[0])}."
        content = f"Mend what fails in {seen.name}: {_alarm(seen.alerts[0])}."
        step("send_message", why, to="cto", subject=f"{seen.name}: mend what fails", content=content)
    elif seen.status == "unknown":
        why = f"{name} cannot be judged without {', '.join(seen.missing)}."
        step("review_operational_metrics", why, objectives={seen.name: "…"}, measurements={seen.name: "…"})
    return steps
