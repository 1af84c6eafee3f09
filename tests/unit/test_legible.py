"""Texts are made plain: what cannot be seen is shown, and what can be seen stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from org.legible import plain, plain_json, quoted


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[U+001B][31mred[U+001B][0m"),
        ("safe\u202egpj.exe", "safe[U+202E]gpj.exe"),
        ("a\u200bb\u2060c\ufeff", "a[U+200B]b[U+2060]c[U+FEFF]"),
        ("\U000e0041\U000e0042", "[U+E0041][U+E0042]"),
        ("bell\x07", "bell[U+0007]"),
        ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("Z\u0300\u0301\u0302\u0303\u0304", "Z\u0300\u0301\u0302"),
    ],
)
def test_what_cannot_be_seen_is_shown(said: str, shown: str) -> None:
    assert plain(said) == shown


@pytest.mark.parametrize("said", ["", "Café, naïve, Straße\n\tč", "日本語のテキスト", "€ 1,000 – “quoted”", "emoji 🎉"])
def test_what_can_be_seen_stays(said: str) -> None:
    assert plain(said) == said


@given(st.text())
def test_nothing_invisible_is_left_and_making_plain_again_changes_nothing(said: str) -> None:
    shown = plain(said)
    assert not [c for c in shown if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn")]
    assert plain(shown) == shown


def test_every_text_in_a_value_is_made_plain_and_nothing_else() -> None:
    value = {"a\u200b": ["\x1b[2J", 1, 1.5, True, None, {"b": "\u202e"}]}
    assert plain_json(value) == {"a[U+200B]": ["[U+001B][2J", 1, 1.5, True, None, {"b": "[U+202E]"}]}


@given(st.text())
def test_what_is_quoted_cannot_leave_its_quotation_marks(text: str) -> None:
    told = quoted(text)
    assert (told[0], told[-1]) == ("“", "”")
    assert not set("“”„‟") & set(told[1:-1])
