import time
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from org.names import alike, meant, normalize, normalize_release

VARIANTS = [
    "AI Research Lab",
    "ai research lab",
    "  AI   Research\tLab\n",
    "AI\u00a0Research\u2003Lab",
    "AI\u200b Research\u200d Lab\ufeff",
    "A\u00adI Research Lab",
    "\uff21\uff29 Research Lab",
    "𝐀𝐈 Research Lab",
    "AI\u2060 Rese\u200earch Lab",
    "AI\ufe0f Research\u034f Lab",
    "AI\u180b Research\u115f Lab\u3164",
]


@pytest.mark.parametrize("variant", VARIANTS, ids=ascii)
def test_spelling_variants_have_one_key(variant: str) -> None:
    assert normalize(variant) == "ai research lab"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("café", "cafe\u0301"),
        ("ﬁnance", "FINANCE"),
        ("Ω", "\u2126"),
        ("½ plan", "1\u20442 PLAN"),
    ],
)
def test_letters_written_in_two_ways_are_one(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Lab 1", "Lab 2"), ("AI Lab", "AILab"), ("résumé", "resume"), ("a-b", "a b")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@pytest.mark.parametrize("nothing", ["", "   ", "\u200b", "\u200b \ufeff", "\u3164", "\x07", "\ufe0f"], ids=ascii)
def test_a_name_nobody_can_see_has_an_empty_key(nothing: str) -> None:
    assert normalize(nothing) == ""


@given(st.text())
def test_normalizing_twice_changes_nothing(name: str) -> None:
    once = normalize(name)
    assert normalize(once) == once


@given(
    st.text(min_size=1),
    st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\ufe0f\u115f\u3164"),
    st.integers(0, 50),
)
def test_an_invisible_character_anywhere_splits_no_sum(name: str, invisible: str, place: int) -> None:
    at = min(place, len(name))
    assert normalize(name[:at] + invisible + name[at:]) == normalize(name)


@given(st.text())
def test_a_key_holds_nothing_that_cannot_be_stored(name: str) -> None:
    key = normalize(name)
    assert "\x00" not in key
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Cf") for c in key)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_case_and_surrounding_space_never_matter(name: str) -> None:
    assert normalize(f"  {name.casefold()}\n") == normalize(name)


def test_a_miss_is_compared_with_many_long_names_in_no_time() -> None:
    chance = Random(3)
    known = ["".join(chance.choices("ab", k=200)) for _ in range(4_000)]
    started = time.process_time()
    for _ in range(20):  # as many misses as a call may have
        alike("".join(chance.choices("ab", k=200)), known, most=3, cutoff=0.5)
    assert time.process_time() - started < 0.6


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("hi", " Did you mean high?"),
        ("crit", " Did you mean critical?"),
        ("High ", " Did you mean high?"),
        ("architect", " Did you mean senior_architect?"),
        ("Test Lead", " Did you mean test_lead?"),
        ("ceo", ""),
        ("", ""),
        ("sublime", ""),
        ("x" * 100_000, ""),
    ],
)
def test_the_word_that_is_meant_is_asked_for_and_a_short_one_only_where_it_is_part_of_it(word: str, says: str) -> None:
    assert meant(word, ["low", "high", "critical", "cto", "senior_architect", "test_lead"]) == says


def test_names_that_begin_alike_are_all_near() -> None:
    known = [f"{'a' * 60} {number}" for number in range(3)]
    assert alike("a" * 60, known, most=5, cutoff=0.7) == known
    assert alike("hetzner", ["hetzer", "ovh"], most=3, cutoff=0.7) == ["hetzer"]
    many = [f"service {number}" for number in range(499)]
    assert alike("servise 250", [*many, "ovh"], most=1, cutoff=0.7) == ["service 250"]
    assert alike("", ["", "a"], most=3, cutoff=0.7) == [""]


@pytest.mark.parametrize(
    "name", ["Release v1.4", "version v1.4", "ver 1.4", "v1.4.", "1.4.0.0", "V. 1.4", "release 1.4.0"]
)
def test_a_release_is_one_however_it_is_written(name: str) -> None:
    assert normalize_release(name) == normalize_release("1.4")


@pytest.mark.parametrize("name", ["1.04", "1.4-rc.1", "1.4.1", "1.40", "14"])
def test_another_release_stays_another(name: str) -> None:
    assert normalize_release(name) != normalize_release("1.4")
