"""A specification's Markdown holds others' words as quotations and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.methods.specifications import (
    CUT,
    LONGEST,
    LONGEST_DIAGRAM,
    LONGEST_PART,
    REST,
    Part,
    document,
    steps,
)


@given(st.lists(st.text(), max_size=4), st.text(), st.lists(st.text(max_size=30), max_size=3))
def test_nothing_that_was_written_ends_its_quotation(lines: list[str], title: str, questions: list[str]) -> None:
    text = document(title, [Part("Requirements", "F-1", lines)], questions)
    for line in text.split("\n")[1:]:
        assert line == "" or line.startswith(("> ", "- ", "## Requirements", "## Open", "From F-1", "None.", ">"))
    assert text.count("\n# ") == 0


def test_a_part_that_holds_nothing_is_left_out_and_gaps_are_questions() -> None:
    text = document("Dark mode", [Part("Screens", "", [])], ["Test plan: the test lead's create_test_plan"])
    assert "Screens" not in text
    assert text.endswith("## Open questions\n\n- Test plan: the test lead's create_test_plan\n")


def test_a_long_part_is_cut_and_what_follows_still_stands() -> None:
    text = document("x", [Part("A", "F-7", ["y" * 1_000] * 100), Part("B", "", ["short"])], ["Why?"])
    assert f"\n\n{REST}\n\n## B\n\n> short\n\n## Open questions\n\n- Why?\n" in text
    assert LONGEST_PART < len(text) < LONGEST_PART + 500


def test_a_document_that_is_full_says_so_and_keeps_its_open_questions() -> None:
    text = document("x", [Part(f"A{n}", "", ["y" * 70_000]) for n in range(20)], ["Why?"])
    assert text.endswith(f"\n\n{CUT}\n\n## Open questions\n\n- Why?\n")
    assert len(text) <= LONGEST


def test_no_drawing_is_cut_in_its_middle() -> None:
    small, large = Part("A", "", [], "x" * LONGEST_DIAGRAM), Part("B", "", [], "x" * (LONGEST_DIAGRAM + 1))
    text = document("x", [small, large], [])
    assert text.count("```") == 2
    assert "## B\n\n\n(The drawing is too large to stand here.)" in text


@pytest.mark.parametrize("text", ["x" * 2**16, "\n" * 2**16, "# \n" * 2**14, "```\n" * 2**14, "\u2028x" * 2**14])
def test_nonsense_of_64_kib_stays_within_its_bounds(text: str) -> None:
    started = time.process_time()
    told = document(text, [Part(text, "", [text])] * 20, [text] * 20)
    assert len(told) <= LONGEST
    assert time.process_time() - started < 1


def test_steps_say_on_what_each_stands_and_what_it_covers() -> None:
    assert steps(["db", "web"], {"web": ["db"]}, {"web": ["R1", "R2"]}) == [
        "1. Build db.",
        "2. Build web, on top of db. It covers R1, R2.",
    ]
