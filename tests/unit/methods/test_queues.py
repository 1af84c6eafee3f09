"""Waiting lines: Erlang's probability of waiting, Little's law, and the servers a target takes."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods import queues
from agents.methods.faults import Impossible
from agents.methods.queues import MOST_SERVERS, Workload, erlang_c, plan

few = settings(max_examples=50, deadline=None)
SERVERS = st.integers(1, 60)
BUSY = st.floats(0.01, 0.99)


def mean_wait(servers: int, arrivals: float, minutes: float) -> float | None:
    now = plan([Workload("a", arrivals, minutes, servers)]).lines[0].now
    return now.mean_wait_minutes if now else None


def servers_needed(arrivals: float, minutes: float, target: float | None) -> int | None:
    return plan([Workload("a", arrivals, minutes, target_wait_minutes=target)]).lines[0].needed_now


def by_definition(servers: int, offered: Fraction) -> Fraction:
    """Erlang C as Gross and others define it (2.31), term by term in exact fractions."""
    waiting = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return waiting / (sum(offered**k / math.factorial(k) for k in range(servers)) + waiting)


@pytest.mark.parametrize(
    ("servers", "offered", "probability"),
    [
        (1, 0.5, 0.5),  # M/M/1: the utilisation itself
        (2, 1.0, 1 / 3),  # a²/(2 + a): textbook M/M/2
        (3, 2.0, 4 / 9),
        (4, 3.0, 0.5094),
        (5, 4.0, 0.5541),
        (10, 8.0, 0.4092),
    ],
)
def test_waiting_is_as_likely_as_in_the_tables_of_erlang_c(servers: int, offered: float, probability: float) -> None:
    assert erlang_c(servers, offered) == pytest.approx(float(by_definition(servers, Fraction(offered))), rel=1e-12)
    assert erlang_c(servers, offered) == pytest.approx(probability, abs=5e-5)


@few
@given(SERVERS, BUSY)
def test_it_is_the_sum_of_the_definition_in_exact_fractions(servers: int, busy: float) -> None:
    offered = servers * busy
    assert erlang_c(servers, offered) == pytest.approx(float(by_definition(servers, Fraction(offered))), rel=1e-9)


@few
@given(st.floats(0.1, 500), st.floats(0.1, 240))
def test_one_server_waits_as_the_formula_of_m_m_1_says(arrivals: float, minutes: float) -> None:
    """W_q = ρ · s ÷ (1 - ρ)."""
    busy = arrivals * minutes / 60
    told = mean_wait(1, arrivals, minutes)
    if busy >= 1:
        assert told is None
    else:
        assert told == pytest.approx(busy * minutes / (1 - busy))


@few
@given(SERVERS, BUSY, st.floats(0.01, 600))
def test_littles_law_holds_in_the_line_and_in_the_whole(servers: int, busy: float, minutes: float) -> None:
    """L = λW (Little 1961), with λ an hour and W in minutes."""
    arrivals = servers * busy * 60 / minutes
    [line] = plan([Workload("a", arrivals, minutes, servers)]).lines
    assert line.now is not None
    wait = line.now.mean_wait_minutes
    assert wait is not None
    assert line.now.mean_waiting == pytest.approx(arrivals / 60 * wait)
    assert line.now.mean_present == pytest.approx(arrivals / 60 * (wait + minutes))
    assert line.now.utilisation == pytest.approx(busy)


@few
@given(st.floats(0.001, 90_000), st.floats(0.001, 60), st.floats(0.000_001, 60))
def test_the_servers_needed_are_the_fewest_that_meet_the_target(arrivals: float, minutes: float, target: float) -> None:
    needed = servers_needed(arrivals, minutes, target)
    assert needed is not None
    wait = mean_wait(needed, arrivals, minutes)
    assert wait is not None
    assert wait <= target
    fewer = mean_wait(needed - 1, arrivals, minutes) if needed > 1 else None
    assert fewer is None or fewer > target


@few
@given(SERVERS, BUSY, st.floats(0.1, 60))
def test_more_servers_never_make_anybody_wait_longer(servers: int, busy: float, minutes: float) -> None:
    arrivals = servers * busy * 60 / minutes
    waits = [mean_wait(servers + more, arrivals, minutes) for more in range(4)]
    assert waits == sorted(waits, reverse=True)  # type: ignore[type-var]


def test_without_a_target_just_enough_servers_are_needed_to_be_stable() -> None:
    assert servers_needed(60, 2, None) == 3  # 2 erlangs keep two servers busy for ever
    assert servers_needed(0, 2, None) == 1


def test_a_call_centre_of_the_textbook() -> None:
    """240 calls an hour of 5 minutes, 20 erlangs: 24 agents keep the mean wait below half a minute."""
    assert servers_needed(240, 5, 0.5) == 24
    [line] = plan([Workload("calls", 240, 5, 22, 0.5)], growth=0.1).lines
    assert line.now is not None
    assert line.grown is not None
    assert (line.now.offered_erlangs, line.now.meets_target, line.now.stable) == (20, False, True)
    assert line.grown.offered_erlangs == pytest.approx(22)
    assert (line.grown.stable, line.grown.mean_wait_minutes, line.grown.probability_over_target) == (False, None, 1)
    assert line.room_to_grow == pytest.approx(0.1)
    assert line.needed_grown == servers_needed(264, 5, 0.5)


def test_who_waits_longer_than_the_target_follows_the_exponential_tail() -> None:
    """P(W > t) = C · e^(-(c - a)t/s), Gross and others, 2.33."""
    [line] = plan([Workload("a", 60, 2, 3, 1)]).lines
    assert line.now is not None
    assert line.now.probability_over_target == pytest.approx(4 / 9 * math.exp(-0.5))


def test_the_bottleneck_is_the_busiest_once_grown() -> None:
    told = plan([Workload("web", 60, 1, 2), Workload("queue", 60, 2, 3), Workload("unknown", 60, 2)], growth=0.2)
    assert told.bottleneck == "queue"
    assert told.missing == ("workloads.unknown.servers",)


def test_too_little_is_named_and_nothing_is_made_up() -> None:
    told = plan([Workload("web", servers=2)])
    assert told.missing == ("workloads.web.arrivals_per_hour", "workloads.web.service_minutes")
    assert (told.bottleneck, told.lines[0].now, told.lines[0].needed_now) == (None, None, None)
    assert plan([]).missing == ("workloads",)


def test_servers_beyond_all_bounds_are_not_looked_for() -> None:
    assert servers_needed(10.0**12, 60, 1) is None
    assert servers_needed(MOST_SERVERS - 1, 60, None) == MOST_SERVERS


@pytest.mark.parametrize(
    ("workload", "field"),
    [
        (Workload("a", -1, 1, 1), "workloads.a.arrivals_per_hour"),
        (Workload("a", math.nan, 1, 1), "workloads.a.arrivals_per_hour"),
        (Workload("a", 1, 0, 1), "workloads.a.service_minutes"),
        (Workload("a", 1, math.inf, 1), "workloads.a.service_minutes"),
        (Workload("a", 1, 1, 0), "workloads.a.servers"),
        (Workload("a", 1, 1, MOST_SERVERS + 1), "workloads.a.servers"),
        (Workload("a", 1, 1, 1.5), "workloads.a.servers"),  # type: ignore[arg-type]
        (Workload("a", 1, 1, 1, 0), "workloads.a.target_wait_minutes"),
    ],
)
def test_what_cannot_be_is_refused_by_name(workload: Workload, field: str) -> None:
    with pytest.raises(Impossible) as refused:
        plan([workload])
    assert refused.value.field == field


@pytest.mark.parametrize("growth", [-1.01, math.nan, math.inf])
def test_growth_is_bounded(growth: float) -> None:
    with pytest.raises(Impossible, match="growth"):
        plan([], growth=growth)
    assert plan([Workload("a", 60, 1, 2)], growth=-1).lines[0].grown.utilisation == 0  # type: ignore[union-attr]


def test_as_many_of_the_hardest_workloads_as_a_call_holds_are_planned_at_once() -> None:
    hardest = [Workload(f"w{n}", 90_000.0, 60.0, MOST_SERVERS, 0.000_01) for n in range(600)]
    assert plan(hardest, growth=0.05).lines[0].needed_grown == servers_needed(94_500, 60, 0.000_01)


def test_what_is_assumed_is_told() -> None:
    assert plan([]).assumptions == queues.ASSUMPTIONS
