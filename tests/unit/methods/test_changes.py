"""What must hold before a change of what runs is approved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.changes import RISKY, Change, Judged, is_production, judge, steps

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONTH = NOW + timedelta(days=30)
PLAN = "Switch back to the old primary.\nCheck that writes arrive."
WINDOW = (NOW + timedelta(hours=10), NOW + timedelta(hours=12))


def judged(**given: Any) -> Judged:
    wanted = {"environments": ["production"], "risk": "low", "rollback_plan": PLAN, "now": NOW, "holds_until": MONTH}
    return judge(Change(**{**wanted, **given}))


def unmet(**given: Any) -> list[str]:
    return [each.name for each in judged(**given).unmet]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, []),
        ({"risk": "high"}, ["window"]),
        ({"risk": "high", "window": WINDOW}, []),
        ({"risk": "critical", "environments": ["staging"]}, []),
        ({"risk": "critical", "environments": ["staging", "eu-west"]}, ["window"]),
        ({"risk": "high", "window": WINDOW, "rollback_plan": "Switch back to the old one"}, ["rollback"]),
        ({"risk": "medium", "rollback_plan": "Switch back to the old one"}, []),
        ({"window": (NOW - timedelta(hours=2), NOW)}, ["window"]),
        ({"window": (NOW, MONTH + timedelta(seconds=1))}, ["window"]),
        ({"critical": ["F-1"]}, ["incidents"]),
        ({"critical": ["F-1"], "mends": "high"}, ["incidents"]),
        ({"critical": ["F-1"], "mends": "critical", "risk": "critical"}, []),
        ({"risk": "high", "mends": "high"}, []),
        ({"risk": "high", "mends": "low"}, ["window"]),
        ({"risk": "critical", "critical": ["F-1"], "rollback_plan": "none"}, ["rollback", "window", "incidents"]),
    ],
)
def test_the_conditions_are_those_of_the_table(given: dict[str, Any], names: list[str]) -> None:
    assert unmet(**given) == names


def test_what_is_not_met_says_what_would_meet_it() -> None:
    for each in judged(risk="high", rollback_plan="undo", critical=["F-1"]).conditions:
        assert not each.met
        assert each.says.endswith(".")
        assert each.meet


@pytest.mark.parametrize("plan", ["", "none", "TBD", "undo undo UNDO undo", "roll back", "1. 2. 3. 4.", "_ _ _ _"])
def test_a_plan_of_a_word_or_two_is_no_way_back(plan: str) -> None:
    assert unmet(rollback_plan=plan) == ["rollback"]


@pytest.mark.parametrize(
    ("plan", "count"),
    [
        (PLAN, 2),
        ("1. Stop writes 2. Restore the dump 3) Start again", 3),
        ("Stop the service; restore the dump, then start it", 3),
        ("Restore v1.4.2 from the dump", 1),
        ("Go.\nStop.\n", 0),
    ],
)
def test_steps_are_lines_sentences_or_numbers(plan: str, count: int) -> None:
    assert len(steps(plan)) == count


@pytest.mark.parametrize(
    ("environment", "production"),
    [
        *((name, True) for name in ("production", "prod", "live", "prod-eu", "eu-west", "all", "latest", "contest")),
        *((name, False) for name in ("staging", "dev", "test-2", "qa1", "pre-production", "non-prod", "staging/eu")),
    ],
)
def test_what_is_not_known_as_anything_else_is_production(environment: str, production: bool) -> None:
    assert is_production(environment) is production


def test_only_a_critical_change_in_production_is_put_to_a_vote_and_an_emergency_is_not() -> None:
    assert judged(risk="critical", window=WINDOW).to_vote
    assert not judged(risk="critical", environments=["staging"]).to_vote
    assert not judged(risk="high", window=WINDOW).to_vote
    mend = judged(risk="critical", mends="critical")
    assert (mend.to_vote, mend.emergency) == (False, True)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(["staging", "production", "lab"]), max_size=3),
    st.booleans(),
    st.sampled_from(["", "low", "high", "critical"]),
    st.booleans(),
)
def test_more_risk_never_asks_for_less(environments: list[str], window: bool, mends: str, held: bool) -> None:
    given_ = {"environments": environments, "mends": mends, "critical": ["F-1"] if held else []}
    counts = [len(unmet(risk=risk, window=WINDOW if window else None, **given_)) for risk in ("low", "medium", *RISKY)]
    assert counts == sorted(counts)


@pytest.mark.parametrize("text", ["; " * 30_000, "1. " * 20_000, "then " * 12_000, " \n" * 30_000, "é" * 60_000])
def test_the_longest_nonsense_is_read_at_once(text: str) -> None:
    assert "rollback" in unmet(rollback_plan=text)


@pytest.mark.parametrize(
    "name",
    [
        *("production, not staging", "non-critical production", "production (non-EU)", "prod lab", "live test"),
        *("demo.customers.example.com", "blue", "staging for customers", "shop"),
    ],
)
def test_what_may_be_production_counts_as_production(name: str) -> None:
    assert is_production(name)


@pytest.mark.parametrize("name", ["staging", "Staging EU-West 2", "non-production", "pre-prod", "test cluster 3", "qa"])
def test_what_is_called_staging_or_the_like_and_nothing_more_is_elsewhere(name: str) -> None:
    assert not is_production(name)
