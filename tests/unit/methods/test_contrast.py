"""Colours and their contrast, against WCAG's formula and known ratios."""

from __future__ import annotations

from math import inf, nan

import pytest
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.contrast import BLACK, WHITE, Colour, judge, mend, ratio, read, required
from agents.methods.faults import Impossible

few = settings(max_examples=50, deadline=None)
channel = st.integers(0, 255).map(lambda value: value / 255)
colours = st.builds(Colour, channel, channel, channel)


def of(foreground: str, background: str = "#fff") -> float:
    return ratio(required("f", foreground), required("b", background))


@pytest.mark.parametrize(
    ("foreground", "background", "known"),
    [
        ("black", "white", 21),
        ("white", "white", 1),
        ("#777", "#fff", 4.48),
        ("#767676", "#fff", 4.54),
        ("#949494", "#fff", 3.03),
        ("#595959", "#fff", 7.0),
        ("red", "white", 4.0),
        ("blue", "white", 8.59),
        ("yellow", "white", 1.07),
    ],
)
def test_known_ratios_of_webaims_contrast_checker(foreground: str, background: str, known: float) -> None:
    assert of(foreground, background) == pytest.approx(known, abs=0.005)


@few
@given(colours, colours)
def test_ratios_are_those_of_coloraide(one: Colour, other: Colour) -> None:
    """Which takes the luminance from CIE XYZ, with more digits than WCAG gives."""
    theirs = Color(str(one)).contrast(Color(str(other)), method="wcag21")
    assert ratio(one, other) == pytest.approx(theirs, rel=1e-3)


@few
@given(colours, colours)
def test_a_ratio_is_within_1_and_21_and_the_same_both_ways(one: Colour, other: Colour) -> None:
    assert 1 <= ratio(one, other) <= 21
    assert ratio(one, other) == ratio(other, one)


@few
@given(colours, colours, st.sampled_from([3.0, 4.5, 7.0]))
def test_the_colour_that_mends_is_enough_and_what_is_enough_stays(one: Colour, other: Colour, needed: float) -> None:
    better = mend(one, other, needed)
    if better is None:
        assert max(ratio(BLACK, other), ratio(WHITE, other)) < needed
    else:
        assert ratio(required("f", str(better)), other) >= needed
        assert ratio(one, other) < needed or better == one


@pytest.mark.parametrize(
    ("text", "hexadecimal"),
    [
        ("#abc", "#aabbcc"),
        (" Navy ", "#000080"),
        ("rgb(255 0 0)", "#ff0000"),
        ("rgba(255, 0, 0, 1)", "#ff0000"),
        ("hsl(120 100% 25%)", "#008000"),
        ("hwb(0 0% 0%)", "#ff0000"),
        ("oklch(100% 0 0)", "#ffffff"),
        ("rgb(none 255 none)", "#00ff00"),
        ("color(display-p3 0 1 0)", "#00ff00"),
    ],
)
def test_colours_are_read_as_css_writes_them(text: str, hexadecimal: str) -> None:
    assert str(read(text)) == hexadecimal


@pytest.mark.parametrize(
    "text",
    [
        *("", "greyish", "inherit", "currentcolor", "var(--x)", "#12", "url(x)", "\ud800", "(" * 90, "#" + "f" * 200),
        *("rgb(1e400 0 0)", "rgb(nan 0 0)", "lab(1e300 1e300 1e300)", "color(xyz 1e308 1e308 1e308)"),
    ],
)
def test_what_is_no_colour_is_none(text: str) -> None:
    assert read(text) is None
    with pytest.raises(Impossible, match="is no colour of CSS"):
        required("f", text)


@few
@given(st.text("#rgbahslkc(), %./0123456789e-", max_size=40))
def test_any_text_is_a_colour_or_none(text: str) -> None:
    colour = read(text)
    assert colour is None or all(0 <= value <= 1 for value in (*colour.channels, colour.alpha))


def test_what_shines_through_is_blended_with_what_is_behind() -> None:
    """Half black on white is the grey half between, 127.5 of 255, in sRGB as browsers blend."""
    half = required("f", "rgb(0 0 0 / 50%)")
    assert half.over(WHITE).channels == (0.5, 0.5, 0.5)
    assert ratio(half, WHITE) == pytest.approx(3.98, abs=0.005)
    assert ratio(BLACK, required("b", "transparent")) == pytest.approx(21)
    assert half.over(half).alpha == 0.75
    assert required("b", "transparent").over(required("b", "transparent")).alpha == 0


@pytest.mark.parametrize(
    ("size_px", "bold", "large"),
    [
        *((None, None, False), (16, True, False), (18.65, True, False), (18.66, True, True), (18.66, None, False)),
        *((23.99, False, False), (24, False, True)),
    ],
)
def test_large_is_24_px_or_18_66_px_and_bold(size_px: float | None, bold: bool | None, large: bool) -> None:
    judged = judge(required("f", "#777"), WHITE, size_px, bold)
    assert (judged.large, judged.aa) == (large, large)
    assert (judged.needs_aa, judged.needs_aaa) == ((3, 4.5) if large else (4.5, 7))


def test_the_minimum_itself_is_not_rounded_up_to() -> None:
    assert [judge(required("f", text), WHITE).aa for text in ("#777777", "#767676")] == [False, True]
    assert [judge(required("f", text), WHITE).aaa for text in ("#5a5a5a", "#595959")] == [False, True]


@pytest.mark.parametrize("size", [0, -1, nan, inf, 10_001])
def test_sizes_that_cannot_be_are_refused(size: float) -> None:
    with pytest.raises(Impossible, match="size_px"):
        judge(BLACK, WHITE, size)
