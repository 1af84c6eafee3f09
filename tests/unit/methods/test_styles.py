"""Inline styles, read and inherited as in CSS."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.markup import parse
from agents.methods.styles import Look, declarations, length_px, looks

few = settings(max_examples=50, deadline=None)


def last(html: str) -> Look:
    return looks(parse(html))[-1]


def test_the_last_of_a_property_holds_and_comments_are_none() -> None:
    told = declarations("color: red; /* color: blue; */ COLOR : Lime !IMPORTANT; width; : x; a:b:c; /* open: x")
    assert told == {"color": "lime", "": "x", "a": "b:c"}


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        *(("16px", 16), ("12pt", 16), ("1in", 96), ("2.54cm", 96), ("25.4mm", 96), ("1pc", 16), ("2rem", 32)),
        *((".5em", 10), ("150%", 30), ("0px", 0)),
    ],
)
def test_lengths_are_in_css_px(text: str, pixels: float) -> None:
    """CSS Values and Units 3, "absolute lengths": 96 px an inch, 72 pt an inch. Here an em is 20 px."""
    assert length_px(text, 20) == pytest.approx(pixels)


@pytest.mark.parametrize("text", ["", "px", "1", "-1px", "1vw", "calc(1px)", "9" * 50 + "px", "1e3px", "1 px"])
def test_what_is_no_length_is_none(text: str) -> None:
    assert length_px(text) is None


@pytest.mark.parametrize(
    ("html", "size", "bold"),
    [
        ("<p>", 16, False),
        ("<h1>", 32, True),
        ("<h3>", 18.72, True),
        ("<h1 style='font-size:10px;font-weight:400'>", 10, False),
        ("<div style='font-size:20px'><p style='font-size:1.5em'>", 30, False),
        ("<div style='font-size:20px'><p style='font-size:larger'>", 24, False),
        ("<p style='font:bold 18pt serif'>", 24, True),
        ("<p style='font:700 x-large serif'>", 24, True),
        ("<p style='font-size:x-large'>", 24, False),
        ("<b><i style='font-weight:normal'>", 16, False),
        ("<b><i>", 16, True),
        ("<p style='font-size:2vw'>", 16, False),
    ],
)
def test_sizes_and_weights_are_inherited_and_browsers_own_where_nothing_is_said(
    html: str, size: float, bold: bool
) -> None:
    told = last(html)
    assert (told.size_px, told.bold) == (pytest.approx(size), bold)


def test_sizes_of_sizes_stay_within_bounds() -> None:
    assert last("<div style='font-size:900%'>" * 300).size_px == 10_000
    assert last("<div style='font-size:1%'>" * 300).size_px == 1


@pytest.mark.parametrize(
    ("html", "colour", "background"),
    [
        ("<p style='color:#111;background:#eee'><i>", "#111111", "#eeeeee"),
        ("<p style='background:#eee'><i style='background:rgb(0 0 0 / 50%)'>", None, "#777777"),
        ("<p style='background:#eee'><i style='background:none'>", None, "#eeeeee"),
        ("<p style='background:#eee'><i style='background-image:url(x)'>", None, None),
        ("<p style='background:no-repeat #eee'>", None, "#eeeeee"),
        ("<p style='background:rgb(0 0 0 / 50%)'>", None, None),
        ("<p style='color:#111;background:#eee'><button>", None, None),
        ("<p style='color:#111;background:#eee'><a href=x>", None, "#eeeeee"),
        ("<p style='color:#111;background:#eee'><a>", "#111111", "#eeeeee"),
        ("<p style='color:#111'><i style='color:inherit'>", "#111111", None),
        ("<p style='color:#111'><i style='color:var(--x)'>", None, None),
    ],
)
def test_colours_are_known_where_they_are_stated(html: str, colour: str | None, background: str | None) -> None:
    told = last(html)
    shown = [None if each is None else str(each) for each in (told.colour, told.background)]
    assert shown == [colour, background]


@few
@given(st.text(alphabet="abcolrfntsizegdku:;#%()/*!0123456789. px", max_size=300))
def test_any_style_is_read(style: str) -> None:
    told = last(f'<p style="{style}">')
    assert 1 <= told.size_px <= 10_000
    assert len(declarations(style)) <= style.count(":")
