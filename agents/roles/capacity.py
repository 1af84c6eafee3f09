"""What it takes to serve what comes: the operations head's plans of capacity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from agents.inputs import Whole
from agents.methods import queues
from agents.roles.making import MadeAnswer, keep
from agents.shapes import Number, Workloads, not_used, readable
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput
from org.legible import quoted

PLAN = "Capacity plan"
MOST_PERIODS = 120
MOST_GROWTH_PERCENT = 1000.0
MOST_FACTOR = 1000.0  # of arrivals, over all periods
Periods = Annotated[Whole, Field(ge=1, le=MOST_PERIODS)]


class Load(BaseModel):
    """A workload on its servers; null where the line grows without end, or beyond 10^12."""

    arrivals_per_hour: float | None
    offered_erlangs: float | None
    utilisation_percent: float | None
    stable: bool
    waiting_percent: float | None = Field(description="Of the arrivals: as many have to wait (Erlang C).")
    mean_wait_minutes: float | None
    mean_in_line: float | None = Field(description="By Little's law.")
    mean_in_system: float | None
    over_target_percent: float | None = Field(description="Of the arrivals: they wait longer than the target.")
    meets_target: bool | None


class Planned(BaseModel):
    """A workload and the servers it takes; null where too little was said, or where it takes more than 100,000."""

    servers: int | None
    servers_needed_now: int | None
    servers_needed_grown: int | None
    add_servers: int | None = Field(description="For what it grows to.")
    room_to_grow_percent: float | None = Field(
        description="By as much may arrivals grow until servers are always busy."
    )
    now: Load | None
    grown: Load | None


class CapacityAnswer(MadeAnswer):
    """What the workloads take, now and grown."""

    plan: dict[str, Planned] = Field(description="By workload.")
    bottleneck: str | None = Field(description="The workload whose servers are the busiest once grown.")


@tool(Effect.SETS, computes=True)
def plan_capacity(
    by: Actor,
    workloads: Annotated[
        Workloads, Says("{name: {arrivals_per_hour, service_minutes, servers, target_wait_minutes?}}.")
    ],
    growth: Annotated[Number, Says("Percent more arrivals a period, like 5.")] = 0.0,
    periods: Annotated[Whole, Says("How many, 1 to 120."), Field(ge=1, le=MOST_PERIODS)] = 1,
) -> CapacityAnswer:
    """Operations Head: plan capacity by waiting lines: how busy servers are, how many it takes."""
    grown = _growth(growth, periods)
    told = queues.plan([each.to(queues.Workload, name=name) for name, each in workloads.items()], growth=grown)
    plan = {line.name: _planned(line, workloads[line.name].servers) for line in told.lines}
    found = {"plan": {name: each.model_dump() for name, each in plan.items()}, "bottleneck": told.bottleneck}
    given = {
        "workloads": {name: each.said for name, each in workloads.items()},
        "growth_percent": growth,
        "periods": periods,
    }
    kept = keep(by, ArtifactKind.CAPACITY_PLAN, PLAN, given=given, found=found)
    return CapacityAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {_told(plan, told.bottleneck, grown)}",
        ref=kept.ref,
        plan=plan,
        bottleneck=told.bottleneck,
        basis={
            "method": "M/M/c: Erlang C (1917), Little's law (1961); growth compounds by period",
            "growth_percent_in_all": readable(grown, 100),
            "assumptions": list(told.assumptions),
            "missing": [*told.missing, *_doubts(growth), *_aimless(workloads)],
            "not_used": not_used("workloads", workloads.values()),
        },
    )


def _growth(percent: float, periods: int) -> float:
    """The share by which arrivals grow over all periods. Raises InvalidInput for what is out of bounds."""
    if not -100 <= percent <= MOST_GROWTH_PERCENT:
        raise InvalidInput(
            "growth", f"is percent a period, from -100 to {MOST_GROWTH_PERCENT:g}.", "Send 5 for a twentieth."
        )
    factor: float = (1 + percent / 100) ** periods
    if factor > MOST_FACTOR:
        raise InvalidInput("growth", f"makes more than {MOST_FACTOR:g} times as much of it.", "Plan fewer periods.")
    return factor - 1


def _doubts(percent: float) -> list[str]:
    """A growth below 1 was perhaps meant as a share."""
    return [f"growth: read as {percent:g} percent; a fifth more is 20"] if 0 < abs(percent) < 1 else []


def _aimless(workloads: Workloads) -> list[str]:
    """Without a target as few servers are needed as keep up, however long work waits."""
    known = [name for name, each in workloads.items() if each.arrivals_per_hour is not None and each.service_minutes]
    return [f"workloads.{name}.target_wait_minutes" for name in known if workloads[name].target_wait_minutes is None]


def _planned(line: queues.Line, servers: int | None) -> Planned:
    needed = line.needed_grown
    return Planned(
        servers=servers,
        servers_needed_now=line.needed_now,
        servers_needed_grown=needed,
        add_servers=None if needed is None or servers is None else max(0, needed - servers),
        room_to_grow_percent=readable(line.room_to_grow, 100),
        now=_load(line.now),
        grown=_load(line.grown),
    )


def _load(load: queues.Load | None) -> Load | None:
    if load is None:
        return None
    return Load(
        arrivals_per_hour=readable(load.arrivals_per_hour),
        offered_erlangs=readable(load.offered_erlangs),
        utilisation_percent=readable(load.utilisation, 100),
        stable=load.stable,
        waiting_percent=readable(load.probability_of_wait, 100),
        mean_wait_minutes=readable(load.mean_wait_minutes),
        mean_in_line=readable(load.mean_waiting),
        mean_in_system=readable(load.mean_present),
        over_target_percent=readable(load.probability_over_target, 100),
        meets_target=load.meets_target,
    )


def _told(plan: Mapping[str, Planned], bottleneck: str | None, grown: float) -> str:
    """One sentence: the bottleneck, how busy it gets, and which workloads take more servers."""
    if bottleneck is None:
        return "too little is known to plan by."
    load = plan[bottleneck].grown
    busy, wait = (load.utilisation_percent, load.mean_wait_minutes) if load else (None, None)
    at = "far beyond its servers" if busy is None else f"at {busy:.4g} %"
    after = f" after {grown * 100:.4g} % growth" if grown else ""
    line = "its line grows without end" if wait is None else f"the mean wait is {wait:.3g} minutes"
    added = [each.add_servers for each in plan.values()]
    short = f"{sum(map(bool, added))} of {len(plan)} take more servers" if any(added) else "no more servers are needed"
    unknown = f"; of {added.count(None)} it is not known" if None in added else ""
    return f"{quoted(bottleneck)} is the busiest, {at}{after}: {line}; {short}{unknown}."
