"""Flowcharts hold labels and nothing else, and stay of a size that is drawn."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.mermaid import LONGEST_LABEL, MOST_CHARACTERS, MOST_EDGES, Shape, flowchart, label

NODE = re.compile(r"  n\d+(\[\"[^\"\[\]\n]*\"\]|\[\(\"[^\"\n]*\"\)\]|\[\[\"[^\"\n]*\"\]\]|\(\"[^\"\n]*\"\))")
EDGE = re.compile(r"  n\d+ -->(\|\"[^\"|\n]+\"\|)? n\d+")
HOSTILE = st.text(st.sampled_from('"[](){}|<>;#&%`\\\n\r\u2028\u202e\u200b-=ab end click'), max_size=12) | st.text(
    max_size=8
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web shop", "web shop"),
        ('a"]; click n0', "a#34;#93;#59; click n0"),
        ("<script>", "#60;script#62;"),
        ("#quot;", "#35;quot#59;"),
        ("two\nlines\u2028three", "two lines three"),
        ("ab\u202e\u200bc\x00", "abc"),
        ("Größe 7", "Größe 7"),
        ("\u200b", ""),
    ],
)
def test_a_label_is_one_line_and_special_characters_are_entity_codes(text: str, shown: str) -> None:
    """https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters"."""
    assert label(text) == shown


def test_shapes_and_edges_are_those_of_the_syntax() -> None:
    nodes = {"a": ("A", Shape.BOX), "b": ("B", Shape.STORE), "c": ("C", Shape.OUTSIDE), "d": ("D", Shape.ROUND)}
    assert flowchart(nodes, [("a", "", "b"), ("b", "goes", "c"), ("c", "\u200b", "d")]) == "\n".join(
        [
            "flowchart LR",
            '  n0["A"]',
            '  n1[("B")]',
            '  n2[["C"]]',
            '  n3("D")',
            "  n0 --> n1",
            '  n1 -->|"goes"| n2',
            "  n2 --> n3",
        ]
    )


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(HOSTILE, st.tuples(HOSTILE, st.sampled_from(list(Shape))), min_size=1, max_size=5), st.data())
def test_whatever_is_written_is_drawn_as_nodes_and_edges(
    nodes: dict[str, tuple[str, Shape]], data: st.DataObject
) -> None:
    key = st.sampled_from(list(nodes))
    edges = data.draw(st.lists(st.tuples(key, HOSTILE, key), max_size=5))
    first, *lines = flowchart(nodes, edges).split("\n")
    assert first == "flowchart LR"
    assert all(NODE.fullmatch(line) for line in lines[: len(nodes)])
    assert all(EDGE.fullmatch(line) for line in lines[len(nodes) :])
    assert len(lines) == len(nodes) + len(edges)


@given(st.text())
def test_a_label_is_short_before_it_is_escaped(text: str) -> None:
    assert len(re.sub(r"#\d+;", "x", label(text))) <= LONGEST_LABEL


@pytest.mark.parametrize(("name", "edges"), [("n", 16_000), ('"' * 60, 16_000), ("é" * 60, 0)])
def test_a_large_graph_is_cut_to_what_mermaid_draws_and_says_so(name: str, edges: int) -> None:
    """Mermaid's defaults (config schema): maxTextSize 50,000 characters, maxEdges 500."""
    nodes = {f"{at}": (f"{name}{at}", Shape.BOX) for at in range(1_000)}
    drawn = flowchart(nodes, [(f"{at % 97}", name, f"{at % 89}") for at in range(edges)])
    lines = drawn.split("\n")
    shown = sum(" -->" in line for line in lines)
    assert len(drawn) <= MOST_CHARACTERS
    assert shown <= MOST_EDGES
    inside = len(lines) - shown - 2
    assert lines[-1] == f'  more["and {1_000 - inside} more nodes, {edges - shown} more edges"]'


def test_an_edge_of_a_node_that_is_left_out_is_left_out() -> None:
    nodes = {f"{at}": ('"' * 60, Shape.BOX) for at in range(1_000)}
    drawn = flowchart(nodes, [("0", "", "999"), ("0", "", "1")])
    assert "  n0 --> n1" in drawn
    assert "n999" not in drawn
    assert "1 more edges" in drawn
