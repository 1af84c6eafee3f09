"""Which criteria show which requirement."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.fulfilments import shown

DARK, SEARCH, EXPORT = "dark pages at night", "to search", "an export of my notes as a file"


def test_a_criterion_is_of_the_requirement_whose_id_it_names() -> None:
    told = shown({"R1": DARK, "R2": SEARCH}, ["R2: Given x, when y, then z.", "Given R1, when y, then z.", "R10: x"])
    assert told == {"R1": (1,), "R2": (0,)}


def test_or_whose_telling_words_it_shares_in_the_singular_or_plural() -> None:
    criteria = [
        "Given a dark page, when it opens, then its contrast is 7:1.",
        "Given ten notes, when I search them, then one is found.",
        "Given a note, when it is exported, then there is nothing.",
    ]
    assert shown({"R1": DARK, "R2": SEARCH, "R3": EXPORT}, criteria) == {"R1": (0,), "R2": (1,), "R3": ()}


def test_words_that_any_sentence_has_tell_nothing() -> None:
    assert shown({"R1": "to have it", "R2": "to see what is there"}, ["When it is there, then I have it."]) == {
        "R1": (),
        "R2": (),
    }


def test_an_only_requirement_has_every_criterion() -> None:
    assert shown({"R1": DARK}, ["One.", "Two."]) == {"R1": (0, 1)}
    assert shown({}, ["One."]) == {}


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=9), st.lists(st.text(max_size=30)))
def test_each_requirement_is_told_once_with_places_there_are(asked: dict[str, str], criteria: list[str]) -> None:
    told = shown(asked, criteria)
    assert list(told) == list(asked)
    assert all(list(places) == sorted(set(places) & set(range(len(criteria)))) for places in told.values())


def test_the_most_there_can_be_is_traced_in_a_second() -> None:
    words = " ".join(f"word{n}" for n in range(12))
    began = time.monotonic()
    shown({f"R{n}": words for n in range(1_000)}, [words] * 1_000)
    assert time.monotonic() - began < 1
