"""Which component is there for which requirement, and the drawing of a design."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.components import Component
from agents.methods.designs import draw, identified, read_statement, trace
from agents.methods.faults import Impossible

IDS = st.sampled_from(["R1", "R2", "R3", "AC-1"])
PARTS = st.lists(
    st.builds(Component, st.sampled_from("abcdef"), requirements=st.lists(IDS, max_size=3).map(tuple)),
    max_size=6,
    unique_by=lambda each: each.name,
)


@settings(max_examples=50, deadline=None)
@given(PARTS, st.lists(IDS, unique=True))
def test_each_requirement_leads_to_its_components_and_back(parts: list[Component], asked: list[str]) -> None:
    """ISO/IEC/IEEE 29148:2018, 5.2.8: traceable in both directions."""
    told = trace(parts, asked)
    assert {*told.covered} | {*told.uncovered} == {*asked}
    assert not {*told.covered} & {*told.uncovered}
    for part in parts:
        for id in part.requirements:
            assert (part.name in told.covered[id]) if id in asked else ((part.name, id) in told.unknown)
        assert (part.name in told.untraced) == (not part.requirements)
    assert all(names and len({*names}) == len(names) for names in told.covered.values())


def test_ids_are_the_same_in_any_spelling_and_never_a_part_of_another() -> None:
    told = trace([Component("a", requirements=("r1", " R1 ", "R10"))], ["R1", "R2"])
    assert (told.covered, told.uncovered, told.unknown) == ({"R1": ("a",)}, ("R2",), (("a", "R10"),))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("R1: fast", ("R1", "fast")),
        (" NFR-2)  two\nlines", ("NFR-2", "two\nlines")),
        ("R1:", ("", "R1:")),
        ("R1 fast", ("", "R1 fast")),
        ("Note: fast", ("", "Note: fast")),
    ],
)
def test_an_id_is_what_begins_a_statement(text: str, read: tuple[str, str]) -> None:
    assert read_statement(text) == read


SAID = st.lists(st.tuples(st.sampled_from(["", "", "R1", "r2", "C1"]), st.sampled_from(["x", "y"])), max_size=6)


@settings(max_examples=50, deadline=None)
@given(SAID, st.sets(st.sampled_from(["R1", "R3"])))
def test_every_statement_has_an_id_of_its_own_or_is_refused(said: list[tuple[str, str]], taken: set[str]) -> None:
    texts = {id: {text for one, text in said if one == id} for id, _ in said if id}
    if any(len(each) > 1 for each in texts.values()) or taken & texts.keys():
        with pytest.raises(Impossible, match="for two statements"):
            identified("requirements", said, "R", taken)
        return
    told = identified("requirements", said, "R", taken)
    assert sorted(told.values()) == sorted(
        [text for id, text in said if not id] + [text for each in texts.values() for text in each]
    )
    assert not {id.upper() for id in told} & taken
    assert len({id.upper() for id in told}) == len(told)


@pytest.mark.parametrize("said", [[("\u200b", "x")], [("R" * 101, "x")], [("", "x")] * 1_001])
def test_ids_that_show_nothing_and_too_many_statements_are_refused(said: list[tuple[str, str]]) -> None:
    with pytest.raises(Impossible) as fault:
        identified("requirements", said, "R")
    assert fault.value.field == "requirements"


def test_without_components_everything_is_uncovered() -> None:
    assert trace([], ["R1", "R2"]).uncovered == ("R1", "R2")
    assert draw([]) == "flowchart LR"


def test_a_store_is_a_cylinder_and_what_others_run_has_double_sides() -> None:
    parts = [
        Component("shop", depends_on=("Orders", "mail", "ghost")),
        Component("orders", kind="document store"),
        Component("mail", kind="SaaS"),
        Component("cache", kind="database", stores_data=False),
    ]
    assert draw(parts).split("\n")[1:] == [
        '  n0["shop"]',
        '  n1[("orders")]',
        '  n2[["mail"]]',
        '  n3["cache"]',
        "  n0 --> n1",
        "  n0 --> n2",
    ]


@pytest.mark.parametrize("names", [("a", "A"), ("\u200b",)])
def test_names_that_tell_nothing_apart_are_refused(names: tuple[str, ...]) -> None:
    parts = [Component(name) for name in names]
    for method in (draw, lambda each: trace(each, ["R1"])):
        with pytest.raises(Impossible, match=r"components\[\d\]\.name"):
            method(parts)


def test_a_thousand_components_for_a_thousand_requirements_take_little_time() -> None:
    ids = [f"R{at}" for at in range(1_000)]
    parts = [Component(f"c{at}", depends_on=(f"c{at - 1}",), requirements=tuple(ids[:16])) for at in range(1_000)]
    started = time.process_time()
    assert len(trace(parts, ids).uncovered) == 984
    assert draw(parts).startswith("flowchart LR")
    assert len(identified("requirements", [("", "x")] * 500 + [(id, "y") for id in ids[:500]], "R")) == 1_000
    assert time.process_time() - started < 1
