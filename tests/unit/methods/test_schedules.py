"""The critical path, against a published project and by what holds of any."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.schedules import Activity, Timing, plan

# The example of Wikipedia's "Program evaluation and review technique": expected time, predecessors, ES, LS, slack.
TABLE: dict[str, tuple[float, str, float, float, float]] = {
    "a": (4.00, "", 0, 0, 0),
    "b": (5.33, "", 0, 3.84, 3.84),
    "c": (5.17, "a", 4, 4, 0),
    "d": (6.33, "a", 4, 8.68, 4.68),
    "e": (5.17, "bc", 9.17, 9.17, 0),
    "f": (4.50, "d", 10.33, 15.01, 4.68),
    "g": (5.17, "e", 14.34, 14.34, 0),
}
PROJECT = [Activity(id, hours, tuple(before)) for id, (hours, before, *_) in TABLE.items()]


@st.composite
def networks(draw: st.DrawFn) -> list[Activity]:
    hours = st.one_of(st.integers(0, 50).map(float), st.decimals(0, 50, places=2).map(float))
    count = draw(st.integers(1, 12))
    before = [draw(st.lists(st.integers(0, at - 1), max_size=4)) if at else [] for at in range(count)]
    return draw(st.permutations([Activity(str(at), draw(hours), tuple(map(str, before[at]))) for at in range(count)]))


def longest(activities: list[Activity]) -> float:
    """The longest chain by brute force."""
    known = {each.id: each for each in activities}

    def end(each: Activity) -> float:
        return (each.hours or 0) + max((end(known[name]) for name in each.depends_on), default=0)

    return max(map(end, activities))


def test_the_published_project_has_its_critical_path_times_and_slacks() -> None:
    """Kelley and Walker 1959."""
    told = plan(PROJECT)
    assert (told.critical_path, told.finish, told.unit) == (("a", "c", "e", "g"), 19.51, "hours")
    assert {each.id: (each.earliest_start, each.latest_start, each.slack) for each in told.timings} == {
        id: row[2:] for id, row in TABLE.items()
    }
    assert told.groups == (("a", "b"), ("c", "d"), ("e", "f"), ("g",))
    assert told.critical == ("a", "c", "e", "g")


@settings(max_examples=50, deadline=None)
@given(networks())
def test_the_path_is_as_long_as_any_and_nothing_starts_before_what_it_needs(activities: list[Activity]) -> None:
    told = plan(activities)
    known = {each.id: each for each in activities}
    assert told.finish == pytest.approx(longest(activities))
    assert sum(known[id].hours or 0 for id in told.critical_path) == pytest.approx(told.finish)
    assert set(told.critical_path) <= set(told.critical)
    place = {id: at for at, id in enumerate(told.order)}
    group = {id: at for at, ids in enumerate(told.groups) for id in ids}
    timing = {each.id: each for each in told.timings}
    assert sorted(place) == sorted(group) == sorted(known)
    for each in activities:
        for name in each.depends_on:
            assert place[name] < place[each.id] and group[name] < group[each.id]
            assert timing[name].earliest_finish <= timing[each.id].earliest_start
            assert timing[name].latest_finish <= timing[each.id].latest_start
        assert 0 <= timing[each.id].slack <= told.finish


@settings(max_examples=30, deadline=None)
@given(networks(), st.data())
def test_a_delay_within_the_slack_delays_nothing_and_of_the_critical_delays_all(
    activities: list[Activity], data: st.DataObject
) -> None:
    told = plan(activities)
    late: Timing = data.draw(st.sampled_from(told.timings))

    def delayed(hours: float) -> float:
        return plan(
            [Activity(a.id, (a.hours or 0) + (hours if a.id == late.id else 0), a.depends_on) for a in activities]
        ).finish

    assert delayed(late.slack) == pytest.approx(told.finish)
    assert delayed(late.slack + 1) == pytest.approx(told.finish + 1)


def test_decimals_are_exact_and_a_milestone_takes_no_time() -> None:
    told = plan([Activity("a", 0.1), Activity("b", 0.2, ("a",)), Activity("c", 0.3), Activity("end", 0, ("b", "c"))])
    assert told.finish == 0.3
    assert told.critical == ("a", "c", "b", "end")


def test_without_all_hours_tasks_are_counted_and_what_is_missing_is_named() -> None:
    told = plan([Activity("a", 100), Activity("b"), Activity("c", 1, ("b",))])
    assert (told.unit, told.finish, told.critical_path) == ("tasks", 2, ("b", "c"))
    assert told.missing == ("tasks.b.hours",)
    nothing = plan([])
    assert (nothing.order, nothing.finish, nothing.missing) == ((), 0, ("tasks",))


def test_a_cycle_and_what_waits_for_it_are_left_out_by_name() -> None:
    told = plan(
        [Activity(id, 1, tuple(before)) for id, before in (("a", "b"), ("b", "a"), ("c", "b"), ("d", ""), ("e", "e"))]
    )
    assert (told.order, [str(cycle) for cycle in told.cycles]) == (("d",), ["a → b → a", "e → e"])
    assert [(each.id, each.rule) for each in told.left_out] == [
        ("a", "cycle"),
        ("b", "cycle"),
        ("c", "behind_cycle"),
        ("e", "cycle"),
    ]


def test_unknown_names_and_repetitions_hold_nothing_up_and_are_told() -> None:
    told = plan([Activity("a", 1, ("ghost",)), Activity("a", 9)])
    assert (told.order, told.finish) == (("a",), 1)
    assert told.missing == (
        "tasks.a: given more than once; only the first is used",
        "tasks.a.depends_on: 'ghost' is none of the tasks",
    )


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf"), 10.0**300])
def test_hours_that_cannot_be_are_refused_by_field(hours: float) -> None:
    with pytest.raises(Impossible, match=r"^tasks\.a\.hours"):
        plan([Activity("a", hours)])


@pytest.mark.parametrize(
    "before",
    [
        lambda at: (str(at - 1),) if at else (),
        lambda at: tuple(map(str, range(max(0, at - 30), at))),
        lambda at: (str((at + 1) % 1000),),
        lambda at: tuple(map(str, range(30))),
        lambda at: tuple(f"ghost {n}" for n in range(5)),
    ],
    ids=["row", "net", "ring", "all behind cycles", "unknown"],
)
def test_a_thousand_tasks_take_little_time(before: object) -> None:
    assert callable(before)
    started = time.process_time()
    told = plan([Activity(str(at), 1 / (at + 1), before(at)) for at in range(1000)])
    assert len(told.order) + len(told.left_out) == 1000
    assert time.process_time() - started < 2
