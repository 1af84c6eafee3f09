"""Waiting lines: how busy servers are, how long work waits for them, and how many it takes.

Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone exchanges",
1917: the probability of waiting (Erlang C) and the mean wait of the M/M/c queue, as in Gross and others, "Fundamentals
of Queueing Theory", 4th ed., 2008, section 2.3. Little, "A proof for the queuing formula L = λW", Operations Research
9(3), 1961. Units: arrivals an hour, minutes of service and wait; offered load in erlangs, arrivals · minutes ÷ 60.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, floor, lgamma, log, sqrt
from operator import itemgetter

from agents.methods.faults import Impossible
from agents.methods.quantities import LEAST_ABOVE_ZERO, possible

MOST_SERVERS = 100_000
MINUTES_AN_HOUR = 60
ASSUMPTIONS = (
    "arrivals come at random and independently of each other (Poisson), at an even rate",
    "service times vary as the exponential distribution does; where they vary less, waits are shorter",
    "all servers are alike and serve one line in the order of arrival",
    "nobody leaves the line, and it has room for all",
)


@dataclass(frozen=True, slots=True)
class Workload:
    """What arrives, how long one takes, and who serves; None where nothing was said."""

    name: str
    arrivals_per_hour: float | None = None
    service_minutes: float | None = None
    servers: int | None = None
    target_wait_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """A workload on its servers. At a utilisation of 1 and above the line grows without end and has no means."""

    arrivals_per_hour: float
    offered_erlangs: float
    utilisation: float  # share of its time a server is busy
    stable: bool
    probability_of_wait: float
    mean_wait_minutes: float | None
    mean_waiting: float | None  # in the line: Little's arrivals · wait
    mean_present: float | None  # in the line and being served
    probability_over_target: float | None
    meets_target: bool | None


@dataclass(frozen=True, slots=True)
class Line:
    """A workload now and grown, and the servers it takes for its target wait, or to be stable where there is none.

    `room_to_grow` is the share by which arrivals may grow until servers are always busy. None where too little was
    said; what is needed also above 100,000 servers.
    """

    name: str
    now: Load | None
    grown: Load | None
    needed_now: int | None
    needed_grown: int | None
    room_to_grow: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`bottleneck` is the workload whose servers are the busiest once grown, the first of several."""

    lines: tuple[Line, ...]
    bottleneck: str | None
    growth: float
    assumptions: tuple[str, ...]
    missing: tuple[str, ...]


def erlang_c(servers: int, offered: float) -> float:
    """The probability that an arrival waits, 0 to 1, in M/M/c (Erlang 1917); 1 where the queue is unstable.

    By the Poisson distribution, whose tail is a short sum, so that thousands of servers lose no digits. No errors:
    `servers` 1 or more, `offered` erlangs 0 or more.
    """
    import numpy as np

    if offered >= servers:
        return 1.0
    if not offered:
        return 0.0
    all_busy = exp(servers * log(offered) - offered - lgamma(servers + 1))  # Poisson probability of just as many
    terms = int(10 * sqrt(servers)) + 40  # the ones after are below 1e-17
    beyond = float(np.cumprod(offered / np.arange(servers + 1, servers + 1 + terms)).sum())
    fewer = 1 - all_busy * (1 + beyond)
    waiting = all_busy * servers / (servers - offered)
    return waiting / (fewer + waiting)


def plan(workloads: Sequence[Workload], *, growth: float = 0.0) -> Plan:
    """Each workload as M/M/c, now and with arrivals grown by this share (0.2: a fifth more), and the bottleneck.

    An unstable queue is a result, not an error. Raises Impossible for numbers below 0 (growth: below -1), NaN,
    infinity, and servers that are not a whole number from 1 to 100,000.
    """
    possible("growth", growth, least=-1)
    missing = [] if workloads else ["workloads"]
    lines = [_line(each, growth, missing) for each in workloads]
    busy = [(line.grown.utilisation, line.name) for line in lines if line.grown]
    busiest = max(busy, key=itemgetter(0))[1] if busy else None
    return Plan(tuple(lines), busiest, growth, ASSUMPTIONS, tuple(missing))


def _line(workload: Workload, growth: float, missing: list[str]) -> Line:
    of = f"workloads.{workload.name}."
    arrivals, minutes, servers = workload.arrivals_per_hour, workload.service_minutes, workload.servers
    target = workload.target_wait_minutes
    if arrivals is not None:
        possible(f"{of}arrivals_per_hour", arrivals)
    if minutes is not None:
        possible(f"{of}service_minutes", minutes, least=LEAST_ABOVE_ZERO)
    if servers is not None:
        _whole(f"{of}servers", servers)
    if target is not None:
        possible(f"{of}target_wait_minutes", target, least=LEAST_ABOVE_ZERO)
    names = ("arrivals_per_hour", "service_minutes", "servers")
    missing += [f"{of}{name}" for name in names if getattr(workload, name) is None]
    if arrivals is None or minutes is None:
        return Line(workload.name, None, None, None, None, None)
    offered = arrivals * minutes / MINUTES_AN_HOUR
    return Line(
        workload.name,
        now=_load(arrivals, minutes, servers, target) if servers else None,
        grown=_load(arrivals * (1 + growth), minutes, servers, target) if servers else None,
        needed_now=_needed(offered, minutes, target),
        needed_grown=_needed(offered * (1 + growth), minutes, target),
        room_to_grow=servers / offered - 1 if servers and offered else None,
    )


def _load(arrivals: float, minutes: float, servers: int, target: float | None) -> Load:
    offered = arrivals * minutes / MINUTES_AN_HOUR
    waits = erlang_c(servers, offered)
    wait = _mean_wait(servers, offered, minutes)
    over = meets = None
    if target is not None:
        over = 1.0 if wait is None else waits * exp(-(servers - offered) * target / minutes)
        meets = wait is not None and wait <= target
    waiting = None if wait is None else arrivals * wait / MINUTES_AN_HOUR
    return Load(
        arrivals_per_hour=arrivals,
        offered_erlangs=offered,
        utilisation=offered / servers,
        stable=wait is not None,
        probability_of_wait=waits,
        mean_wait_minutes=wait,
        mean_waiting=waiting,
        mean_present=None if waiting is None else waiting + offered,
        probability_over_target=over,
        meets_target=meets,
    )


def _mean_wait(servers: int, offered: float, minutes: float) -> float | None:
    """Minutes in the line, those who need not wait included (Gross and others, section 2.3); None where unstable."""
    return None if offered >= servers else erlang_c(servers, offered) * minutes / (servers - offered)


def _needed(offered: float, minutes: float, target: float | None) -> int | None:
    """The fewest servers whose mean wait is at most the target, or that are stable where there is none.

    Halves between the fewest stable servers and ten roots of the load more, where next to nobody waits. None above
    100,000.
    """

    def enough(servers: int) -> bool:
        wait = _mean_wait(servers, offered, minutes)
        return wait is not None and (target is None or wait <= target)

    if offered >= MOST_SERVERS:
        return None
    least = floor(offered) + 1
    near = min(MOST_SERVERS, least + int(10 * sqrt(offered)) + 40)
    most = next((servers for servers in (near, MOST_SERVERS) if enough(servers)), None)
    return None if most is None else least + bisect_left(range(least, most), True, key=enough)


def _whole(field: str, servers: int) -> None:
    possible(field, servers, least=1, most=MOST_SERVERS)
    if servers != int(servers):
        raise Impossible(field, f"is {servers:g}, and must be a whole number.")
