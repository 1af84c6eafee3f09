"""A specification's Markdown holds others' words as quotations and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.methods.specifications import LONGEST, Part, document, steps


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


def test_a_long_one_is_cut_and_says_so() -> None:
    text = document("x", [Part("A", "", ["y" * 1_000] * 100)], [])
    assert len(text) == LONGEST
    assert "The rest is left out" in text


def test_steps_say_on_what_each_stands_and_what_it_covers() -> None:
    assert steps(["db", "web"], {"web": ["db"]}, {"web": ["R1", "R2"]}) == [
        "1. Build db.",
        "2. Build web, on top of db. It covers R1, R2.",
    ]
