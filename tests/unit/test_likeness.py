"""Two texts say the same by their letters; what is no letter makes no difference, and it is told in a moment."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from org.likeness import ALIKE, alike, letters

NO_LETTERS = "0123456789 \t\n.,;:!?-_()[]/'\"\u200b\u200d\u2060\ufeff\u00ad\u3164\u115f\ufe0f\U0001f44d²٣"
WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüßéñ ЖшЯλΩ中文한국ｆ", max_size=80)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Thanks!", "thanks."),
        ("Thanks! (2)", "Thanks! (17) 👍"),
        ("hetzner", "hetz\u200bner"),
        ("Ｔｈａｎｋｓ", "Thanks"),
        ("Straße", "STRASSE"),
        ("I see it as you do; please go on with it.", "I see it as you do, so please go on with it."),
        ({"text": "Thank you", "n": 1}, {"text": "Thank you!", "n": 2, "at": "12:04"}),
    ],
)
def test_a_changed_character_says_nothing_new(one: object, other: object) -> None:
    assert alike(letters(one), letters(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("yes", "no"),
        ("12", "13"),
        ("👍", "👍"),
        ("", ""),
        ("The vendor is dear.", "The vendor is dear, and its data lie in another country."),
        ({"status": "green"}, {"status": "red"}),
        ("x" * 1_000 + "y" * 500, "x" * 1_000 + "y" * 900),
    ],
)
def test_what_says_another_thing_or_nothing_is_not_alike(one: object, other: object) -> None:
    assert not alike(letters(one), letters(other))


@given(WORDS, st.lists(st.tuples(st.integers(0, 80), st.sampled_from(NO_LETTERS)), max_size=12), st.booleans())
@settings(max_examples=50)
def test_what_is_no_letter_and_the_case_make_no_difference(
    said: str, between: list[tuple[int, str]], shouted: bool
) -> None:
    changed = said.swapcase() if shouted and said.swapcase().casefold() == said.casefold() else said
    for place, sign in between:
        changed = changed[:place] + sign + changed[place:]
    assert letters(changed) == letters(said)
    assert alike(letters(changed), letters(said)) == bool(letters(said))


@given(WORDS, WORDS)
@settings(max_examples=50)
def test_only_texts_of_like_length_that_share_their_letters_are_alike(one: str, other: str) -> None:
    a, b = letters(one), letters(other)
    if alike(a, b):
        shared = sum(min(a.count(sign), b.count(sign)) for sign in set(a))
        assert 2 * shared >= ALIKE * (len(a) + len(b))
    assert not alike(a, a * 2)


@given(st.recursive(st.none() | st.integers() | WORDS, lambda part: st.lists(part) | st.dictionaries(WORDS, part)))
@settings(max_examples=50)
def test_whatever_json_holds_is_read_and_is_alike_to_itself(content: object) -> None:
    said = letters(content)
    assert alike(said, said) == bool(said)
    assert letters([content, 7, None]) == said


def test_the_largest_message_is_compared_in_a_moment() -> None:
    rolled = random.Random(7)
    one = "".join(rolled.choices("ab", k=65_000))
    other = {"parts": [one[:30_000], "\u200b" * 5_000, *([] for _ in range(100)), one[30_000:-9] + "b" * 9]}
    began = time.perf_counter()
    alike(letters(one), letters(other))
    assert time.perf_counter() - began < 1
