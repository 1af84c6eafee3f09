"""User stories and acceptance criteria by their forms, and what INVEST finds wrong."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.stories import invest, read_criteria, read_criterion, read_story, twins

GOOD = "As a reader, I want dark pages, so that my eyes rest at night."


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (GOOD, ("reader", "dark pages", "my eyes rest at night")),
        ("As an editor I want to lock pages so that they stay", ("editor", "lock pages", "they stay")),
        ("I want dark pages", (None, "dark pages", None)),
        ("Make it dark.", (None, None, None)),
        ("", (None, None, None)),
    ],
)  # fmt: skip
def test_a_story_is_read_by_its_form(text: str, parts: tuple[str | None, ...]) -> None:
    """Connextra's template."""
    story = read_story(text)
    assert (story.role, story.goal, story.benefit) == parts


def test_nothing_is_wrong_with_a_good_story() -> None:
    assert invest(read_story(GOOD)) == ()


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("As a reader, I want dark pages as soon as R2 is done, so that my eyes rest. It depends on R2.", "I"),
        ("As a reader, I want a React button, so that my eyes rest.", "N"),
        ("As a developer, I want dark pages, so that my eyes rest.", "V"),
        ("As a reader, I want dark pages.", "V"),
        ("As a reader, I want something modern, so that my eyes rest.", "E"),
        ("As a reader, I want to manage everything, so that my eyes rest.", "S"),
        ("As a reader, I want dark pages and light pages and grey pages or none, so that my eyes rest.", "S"),
    ],
)
def test_each_letter_of_invest_has_its_rule(text: str, letter: str) -> None:
    """Wake 2003."""
    assert letter in {each.letter for each in invest(read_story(text))}


def test_a_story_without_criteria_cannot_be_tested_where_they_are_known() -> None:
    story = read_story(GOOD)
    assert [each.letter for each in invest(story, [])] == ["T"]
    assert invest(story, [read_criterion("Given night, when a page opens, then its contrast is 7:1.")]) == ()


def test_two_that_want_the_same_are_twins() -> None:
    stories = [read_story(GOOD), read_story(GOOD.replace("reader", "writer")), read_story("As a reader, I want a map.")]
    assert twins(stories) == ((0, 1),)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("abcdefghij", "abcdefghij", True),
        ("abcdefghij", "abcdefghix", True),  # 9 of 10 in common
        ("abcdefghij", "abcdefghxy", False),
        ("abcdefghij", "jihgfedcba", False),  # the same letters in another order
        ("abcdefghij", "abcdefghijklm", False),  # 2 · 10 ÷ 23
        ("abcdefghij", "Abcdefghij!", True),
    ],
)
def test_twins_have_nine_tenths_of_their_letters_in_common(one: str, other: str, alike: bool) -> None:
    """2 · the longest common subsequence ÷ all letters."""
    told = [read_story(f"As a reader, I want {goal}, so that x") for goal in (one, other)]
    assert bool(twins(told)) is alike


@settings(max_examples=50, deadline=None)
@given(st.text("abc", min_size=1, max_size=12), st.text("abc", min_size=1, max_size=12))
def test_twins_are_alike_by_the_textbook_too(one: str, other: str) -> None:
    """Wagner and Fischer 1974: the common letters by a table, cell by cell."""
    row = [0] * (len(other) + 1)
    for letter in one:
        last, row = row, [0]
        for at, each in enumerate(other):
            row.append(last[at] + 1 if letter == each else max(row[at], last[at + 1]))
    told = [read_story(f"As a reader, I want {goal}, so that x") for goal in (one, other)]
    assert bool(twins(told)) is (20 * row[-1] >= 9 * (len(one) + len(other)))


def test_a_hundred_goals_of_one_letter_are_compared_in_no_time_to_speak_of() -> None:
    began = time.perf_counter()
    twins([read_story(f"As a reader, I want {'a' * (180 + n % 20)}, so that x") for n in range(1000)])
    assert time.perf_counter() - began < 5  # a search that has no end, not a speed


def test_a_criterion_has_its_three_parts() -> None:
    """North 2006."""
    found = read_criterion("Given night mode, when a page opens, then its contrast is at least 7:1.")
    assert (found.given, found.when, found.then) == ("night mode", "a page opens", "its contrast is at least 7:1")
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("When a page opens, then it is dark.", "no given"),
        ("Then it is dark, when a page opens, given night.", "out of order"),
        ("Given a, when b, when c, then d.", "several events"),
        ("Given a, when b, then it is fast.", "vague"),
    ],
)
def test_what_cannot_be_tested_is_said(text: str, says: str) -> None:
    assert says in " ".join(read_criterion(text).problems)


def test_criteria_stand_on_lines_or_begin_with_given() -> None:
    assert len(read_criteria("It is dark.\nIt is kept.")) == 2
    block = "Scenario: night\nGiven night\nWhen a page opens\nThen it is dark\nGiven day\nWhen it opens\nThen light"
    assert [each.then for each in read_criteria(block)] == ["it is dark", "light"]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    invest(read_story(text), read_criteria(text))


@pytest.mark.parametrize(
    "text",
    ["as a " * 13_000, "I want " * 9_000, "so that " * 8_000, "given when then " * 4_000, "a" * 65_536, "\n" * 65_536],
)
def test_much_nonsense_takes_no_time_to_speak_of(text: str) -> None:
    began = time.perf_counter()
    invest(read_story(text), read_criteria(text))
    assert time.perf_counter() - began < 5  # a search that has no end, not a speed
