"""Screens and the ways between them: what users cannot leave, cannot reach, and are not told."""

from __future__ import annotations

from time import process_time

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.screens import Component, Gap, Screen, Transition, components, review, steps

few = settings(max_examples=50, deadline=None)
names = st.sampled_from("abcdefgh")
ways = st.lists(st.builds(Transition, names, st.sampled_from(["", "go"]), names), min_size=1, max_size=20)


def go(*pairs: str) -> list[Transition]:
    """Transitions as "ab": from a to b."""
    return [Transition(source, "", target) for source, target in pairs]


def test_a_flow_is_its_screens_in_order_or_its_actions_or_both() -> None:
    assert steps(["a", "b", "c"]) == (Transition("a", "", "b"), Transition("b", "", "c"))
    assert steps([["a", "go", "b"], ("B", "on", "c")]) == (Transition("a", "go", "b"), Transition("B", "on", "c"))
    assert steps(["a", ["a", "go", "b"], "c", ["d", "on", "e"]]) == (
        *(Transition("a", "go", "b"), Transition("b", "", "c"), Transition("c", "", "d"), Transition("d", "on", "e")),
    )
    assert steps(["a"]) == steps([]) == ()


def test_a_screen_nothing_leaves_is_a_dead_end_unless_it_is_final() -> None:
    assert review(go("ab", "ac")).dead_ends == ("b", "c")
    assert review(go("ab", "ac"), [Screen("b", final=True)]).dead_ends == ("c",)
    assert review(go("aa")).dead_ends == ("a",)
    assert review(go("ab", "ac"), ends=True).dead_ends == ()


def test_screens_that_lead_to_each_other_only_are_a_trap_where_something_is_final() -> None:
    rounds = go("ab", "bc", "cb", "ad")
    assert review(rounds, [Screen("d", final=True)]).traps == (("b", "c"),)
    assert review(rounds).traps == ()
    assert review(go("ab", "ba"), [Screen("d", final=True)]).traps == ()  # one may stay where one begins


def test_a_screen_no_way_leads_to_is_unreachable() -> None:
    assert review(go("ab", "cb")).unreachable == ("c",)
    assert review(go("ab"), [Screen("help")], lone=["news", "A"]).unreachable == ("help", "news")
    assert review(go("ab", "cb"), start="C").unreachable == ("a",)


def test_spellings_of_a_name_are_one_screen() -> None:
    told = review([Transition("Home ", "", "Ｃart"), Transition("cart", "", "HOME")], [Screen("home")])
    assert told.screens == ("home", "Ｃart")
    assert told.dead_ends == ()


@pytest.mark.parametrize(
    ("transitions", "screens", "gaps"),
    [
        (go("ab"), [Screen("Sign in")], [Gap("Sign in", "error", "sign in")]),
        (go("ab"), [Screen("Sign in", ("Wrong password",))], []),
        ([Transition("Sign in", "submit", "Error page")], [], []),
        ([Transition("Sign in", "fails", "Sign in")], [], []),
        ([Transition("Card", "pay", "Thanks")], [], [Gap("Card", "error", "pay")]),
        (
            [Transition("a", "search", "b")],
            [],
            [Gap("a", "error", "search"), Gap("b", "empty", "search")],
        ),
        (go("ab"), [Screen("Inbox")], [Gap("Inbox", "empty", "inbox")]),
        (go("ab"), [Screen("Inbox", ("no messages",))], []),
        (go("ab"), [Screen("Empty inbox")], []),
        (go("ab"), [Screen("News"), Screen("Address")], []),  # no word "new", none "add"
    ],
)
def test_what_takes_in_needs_an_error_and_what_lists_needs_an_empty_state(
    transitions: list[Transition], screens: list[Screen], gaps: list[Gap]
) -> None:
    assert list(review(transitions, screens).gaps) == gaps


def test_components_are_controls_and_states_with_their_screens() -> None:
    transitions = [Transition("a", "Save", "b"), Transition("b", "save", "a"), Transition("A", "save", "c"), *go("ab")]
    told = components(transitions, [Screen("a", ("Empty",))], [Gap("b", "empty", "list")])
    assert told == [Component("Save", "control", ("a", "b")), Component("Empty", "state", ("a", "b"))]


def test_what_was_not_said_is_missing() -> None:
    assert review(go("ab")).missing == (
        "start: taken to be the first screen named, a",
        "action of some transitions",
        "screens: none is described, so states are told by names alone",
        "final: said of no screen, so whatever nothing leaves is a dead end",
    )
    assert review([Transition("a", "go", "b")], [Screen("b", final=True)], "a").missing == ()
    assert "user_flows: no way between two screens" in review([], [Screen("a")]).missing
    assert not any("final" in each for each in review(go("ab"), ends=True).missing)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (([],), "user_flows"),
        ((go("ab"), [], "z"), "start"),
        (([Transition(" \u200b", "", "b")],), "user_flows"),
        ((go("ab"), [Screen("a"), Screen("A ")]), r"screens\[1\]\.name"),
        ((go("ab") * 5001,), "user_flows"),
        (([Transition(f"s{n}", "", "a") for n in range(1000)],), "user_flows"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: tuple[list[Transition]], field: str) -> None:
    with pytest.raises(Impossible, match=field):
        review(*arguments)


def test_a_label_is_text_and_nothing_else() -> None:
    """https://mermaid.js.org/syntax/flowchart.html: entity codes for what the syntax would read."""
    lines = review([Transition('"];\nclick n0', '|"| n9', "b]")]).diagram.splitlines()
    assert lines == [
        "flowchart LR",
        '  n0["#34;#93;#59; click n0"]',
        '  n1["b#93;"]',
        '  n0 -->|"#124;#34;#124; n9"| n1',
    ]


@few
@given(ways)
def test_what_is_told_is_what_the_graph_says(transitions: list[Transition]) -> None:
    told = review(transitions)
    graph = nx.DiGraph([(each.source, each.target) for each in transitions])
    start = transitions[0].source
    assert set(told.unreachable) == set(graph) - nx.descendants(graph, start) - {start}
    assert set(told.dead_ends) == {node for node in graph if set(graph.successors(node)) <= {node}}
    assert len(told.diagram.splitlines()) == 1 + len(graph) + len({(e.source, e.action, e.target) for e in transitions})


@few
@given(ways)
def test_a_way_more_makes_nothing_unreachable(transitions: list[Transition]) -> None:
    more = [*transitions, Transition(transitions[-1].target, "", transitions[0].source)]
    assert set(review(more).unreachable) <= set(review(transitions).unreachable)


@pytest.mark.parametrize(
    "transitions",
    [
        [Transition(f"s{n % 1000}", "submit", f"s{n * 7 % 1000}") for n in range(5000)],
        [Transition(f"s{n}", "", f"s{n + 1}") for n in range(999)],
        [Transition("form", "no " * 60, "list") for _ in range(300)],
        [Transition(f"s{n}", "search " * 8, "list") for n in range(999)],
    ],
    ids=["dense", "long", "wordy", "star"],
)
def test_the_largest_maps_are_drawn_at_once(transitions: list[Transition]) -> None:
    began = process_time()
    told = review(transitions)
    components(transitions, [], told.gaps)
    assert process_time() - began < 1
