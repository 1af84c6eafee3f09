"""A graph of components before anything is built: gaps, circles, and what is alone in its place."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.components import MOST_TOLD, Component, review
from agents.methods.designs import draw, trace
from agents.methods.faults import Impossible
from agents.methods.single_points import weights

WEB = Component("web", owner="cto", user_facing=True, replicas=2, depends_on=("orders",))
ORDERS = Component("orders", owner="cto", replicas=2, depends_on=("db",))
STORE = Component("db", kind="database", owner="cto", replicas=2, backup="nightly")
SOUND = (WEB, ORDERS, STORE)
RING = (
    Component("a", owner="cto", depends_on=("b",), replicas=2),
    Component("b", owner="cto", depends_on=("a",), replicas=2),
)


def rules(*parts: Component, named: tuple[str, ...] = (), said: tuple[str, ...] = ("200 a second",)) -> dict[str, str]:
    return {each.rule: each.severity for each in review(parts, named, said).findings}


def test_nothing_is_found_in_a_sound_design() -> None:
    assert rules(*SOUND) == {}
    assert review(SOUND).entries == ("web",)


@pytest.mark.parametrize(
    ("parts", "rule", "severity"),
    [
        ((WEB, ORDERS), "dangling", "high"),
        ((*SOUND, *RING), "cycle", "high"),
        ((WEB, ORDERS, Component("db", "database", "cto", replicas=1, backup="nightly")), "single_point", "high"),
        ((WEB, ORDERS, Component("db", "database", None, replicas=2, backup="nightly")), "owner", "medium"),
        ((WEB, ORDERS, Component("db", "database", "cto", replicas=2, backup="none")), "backup", "high"),
        ((*SOUND[1:], replace(WEB, depends_on=("orders", "mail")), Component("mail", "saas")), "timeout", "medium"),
    ],
)  # fmt: skip
def test_each_rule_finds_its_fault(parts: tuple[Component, ...], rule: str, severity: str) -> None:
    assert rules(*parts)[rule] == severity


def test_what_must_be_there_is_named_with_the_nearest() -> None:
    [found] = review(SOUND, ("order",), ("200 a second",)).findings
    assert (found.rule, "Nearest there: “orders”" in found.says) == ("missing", True)


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("It scales well.", 1),
        ("It takes 200 requests a second.", 0),
        ("Twice the load.", 0),
        ("See RFC-9.", 1),
        ("It scales. It grows!\n- fast", 3),
        ("... ?! — •", 0),
        ("", 0),
    ],
)
def test_growth_is_said_in_numbers(said: str, count: int) -> None:
    assert len(review(SOUND, (), (said,)).findings) == count


def test_a_part_that_every_path_leads_through_weighs_what_hangs_on_it() -> None:
    """Dominators: through `gate` alone lead the ways to `a` and `b`; `log` can be reached past it."""
    edges = [("in", "gate"), ("gate", "a"), ("gate", "b"), ("in", "log"), ("a", "log")]
    found = weights(["in", "gate", "a", "b", "log"], edges, ["in"])
    assert set(found["gate"].cuts_off) == {"a", "b"}
    assert "log" not in found["gate"].cuts_off


NAMES = st.sampled_from("abcdef")
PARTS = st.lists(
    st.builds(
        Component,
        NAMES,
        depends_on=st.lists(NAMES, max_size=3).map(tuple),
        user_facing=st.none() | st.booleans(),
        replicas=st.none() | st.integers(0, 3),
    ),
    max_size=6,
    unique_by=lambda each: each.name,
)


@settings(max_examples=50, deadline=None)
@given(PARTS)
def test_any_graph_is_reviewed_and_every_finding_says_how_to_mend_it(parts: list[Component]) -> None:
    found = review(parts)
    assert all(each.says and each.mend for each in found.findings)
    assert draw(parts).startswith("flowchart LR")


def test_a_thousand_in_a_row_are_reviewed() -> None:
    chain = [Component(f"c{n}", depends_on=(f"c{n + 1}",) if n < 999 else ()) for n in range(1000)]
    assert review(chain).entries == ("c0",)


def test_a_rule_that_finds_very_much_tells_its_worst_and_how_many_more() -> None:
    parts = [Component(f"c{n}", owner="cto", depends_on=(f"ghost {n}", f"mist {n}"), replicas=2) for n in range(300)]
    found = [each for each in review(parts).findings if each.rule == "dangling"]
    assert len(found) == MOST_TOLD + 1
    assert found[-1].says.startswith(f"There are {600 - MOST_TOLD} more like the {MOST_TOLD} told before, of “c50”, ")
    lone = [Component(f"c{n}", "database" if n == 299 else "", "cto", (), replicas=1) for n in range(300)]
    assert "c299" in [name for each in review(lone).findings[:1] for name in each.components]


def test_sixty_four_kib_of_nonsense_take_little_time() -> None:
    started = time.process_time()
    for said in ("a. " * 20_000, ". " * 32_000, "one " * 16_000, "9" * 2**16, "\n" * 2**16, "half" * 2**14):
        assert len(review([], (), [said]).findings) <= MOST_TOLD + 1
    tangle = [Component(f"n{n}", depends_on=tuple(f"n{(n * 7 + k) % 997}" for k in range(16))) for n in range(1_000)]
    assert len(review(tangle, [f"x{n}" for n in range(1_000)]).findings) <= 8 * (MOST_TOLD + 1)
    assert time.process_time() - started < 2


def test_requirements_are_traced_both_ways() -> None:
    parts = [Component("web", requirements=("R1", "R9")), Component("log")]
    told = trace(parts, ["R1", "R2"])
    assert (told.covered, told.uncovered) == ({"R1": ("web",)}, ("R2",))
    assert (told.unknown, told.untraced) == ((("web", "R9"),), ("log",))


def test_a_drawing_holds_labels_and_nothing_else() -> None:
    drawn = draw(
        [Component('a"]\nclick b "javascript:x"', kind="database", depends_on=("b",)), Component("b", kind="saas")]
    )
    assert drawn.count("\n") == 3
    assert '"javascript' not in drawn and "click b #34;" in drawn
    assert '[("' in drawn and '[["b"]]' in drawn


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ((Component(" "),), "components[0].name"),
        ((Component("a"), Component("A")), "components[1].name"),
        ((Component("a", replicas=-1),), "components.a.replicas"),
        ((Component("a", timeout_seconds=float("nan")),), "components.a.timeout_seconds"),
        (tuple(Component(f"c{n}") for n in range(1001)), "components"),
    ],
)
def test_what_cannot_be_a_component_is_refused_by_name(parts: tuple[Component, ...], field: str) -> None:
    with pytest.raises(Impossible) as fault:
        review(parts)
    assert fault.value.field == field
