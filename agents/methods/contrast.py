"""How well a text stands out from its background.

WCAG 2.2, "relative luminance" and "contrast ratio", of sRGB as given there; success criteria 1.4.3 (AA, 4.5:1; large
3:1) and 1.4.6 (AAA, 7:1; large 4.5:1). Large is 18 pt, or 14 pt and bold: 24 and 18.66 CSS px. Colours as CSS writes
them are read by coloraide; what lies outside sRGB is brought to its edge. What shines through is blended in sRGB with
what is behind it, as browsers do (Compositing 1, "source over"); behind all is white.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from agents.methods.faults import Impossible
from agents.methods.quantities import LEAST_ABOVE_ZERO, possible

LONGEST_COLOUR = 100  # characters
LARGE_PX = 24.0
LARGE_BOLD_PX = 18.66
NORMAL_PX = 16.0  # what browsers give a text that says nothing
MOST_PX = 10_000.0
AA, AA_LARGE, AAA, AAA_LARGE = 4.5, 3.0, 7.0, 4.5


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour of sRGB, each channel and the opacity from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, behind: Colour) -> Colour:
        """What is seen of this over that."""
        alpha = self.alpha + behind.alpha * (1 - self.alpha)
        if not alpha:
            return Colour(0.0, 0.0, 0.0, 0.0)
        red, green, blue = (
            (mine * self.alpha + theirs * behind.alpha * (1 - self.alpha)) / alpha
            for mine, theirs in zip(self.channels, behind.channels, strict=True)
        )
        return Colour(red, green, blue, alpha)

    @property
    def channels(self) -> tuple[float, float, float]:
        return self.red, self.green, self.blue

    @property
    def luminance(self) -> float:
        """From 0, black, to 1, white (WCAG 2.2). Of an opaque colour."""
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in self.channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def __str__(self) -> str:
        return "#" + "".join(f"{round(channel * 255):02x}" for channel in self.channels)


WHITE, BLACK = Colour(1.0, 1.0, 1.0), Colour(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A ratio of 1 to 21, of a text that is `large` or not, and what it must be at least."""

    ratio: float
    large: bool
    needs_aa: float
    needs_aaa: float

    @property
    def aa(self) -> bool:
        return self.ratio >= self.needs_aa

    @property
    def aaa(self) -> bool:
        return self.ratio >= self.needs_aaa


@lru_cache(maxsize=4096)
def read(text: str) -> Colour | None:
    """The colour that a text of CSS names; None for what names none by itself (`inherit`, `var(…)`, nonsense)."""
    from coloraide import Color

    if len(text) > LONGEST_COLOUR:
        return None
    try:
        colour = Color(text.strip()).convert("srgb")
    except (ValueError, OverflowError, ArithmeticError):
        return None
    channels = colour[:-1]
    if not all(isfinite(value) for value in channels if value == value):
        return None
    # A channel of `none` is not a number; CSS shows it as 0.
    red, green, blue = (min(1.0, max(0.0, value)) if value == value else 0.0 for value in channels)
    alpha = colour.alpha(nans=False)
    return Colour(red, green, blue, min(1.0, max(0.0, alpha)))


def ratio(foreground: Colour, background: Colour) -> float:
    """The contrast ratio, 1 to 21, of a text over its background over white. No units, no errors."""
    behind = background.over(WHITE)
    lighter, darker = sorted((foreground.over(behind).luminance, behind.luminance), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def judge(foreground: Colour, background: Colour, size_px: float | None = None, bold: bool | None = None) -> Contrast:
    """A text by 1.4.3 and 1.4.6. A size that is not said is 16 px. Raises Impossible for one that is not above 0."""
    size = possible("size_px", NORMAL_PX if size_px is None else size_px, least=LEAST_ABOVE_ZERO, most=MOST_PX)
    large = size >= LARGE_PX or (bool(bold) and size >= LARGE_BOLD_PX)
    needed = (AA_LARGE, AAA_LARGE) if large else (AA, AAA)
    return Contrast(ratio(foreground, background), large, *needed)


def mend(foreground: Colour, background: Colour, needed: float) -> Colour | None:
    """The colour nearest to the text's on its way to black or to white that stands out enough; None if none does."""
    behind = background.over(WHITE)
    seen = foreground.over(behind)
    found = [each for each in (_towards(seen, end, behind, needed) for end in (BLACK, WHITE)) if each]
    return min(found, key=lambda each: _distance(each, seen), default=None)


def _towards(colour: Colour, end: Colour, behind: Colour, needed: float) -> Colour | None:
    """The first of 256 steps from a colour to its end, as it is written in eight bits a channel, that is enough."""
    if ratio(end, behind) < needed:
        return None
    darker = end is BLACK
    low, high = 0, 255  # at `high` it is enough
    while low < high:
        middle = (low + high) // 2
        step = _step(colour, end, middle)
        beyond = step.luminance < behind.luminance if darker else step.luminance > behind.luminance
        low, high = (low, middle) if beyond and ratio(step, behind) >= needed else (middle + 1, high)
    return _step(colour, end, high)


def _step(colour: Colour, end: Colour, at: int) -> Colour:
    red, green, blue = (
        round((mine + (its - mine) * at / 255) * 255) / 255
        for mine, its in zip(colour.channels, end.channels, strict=True)
    )
    return Colour(red, green, blue)


def _distance(one: Colour, other: Colour) -> float:
    return sum((a - b) ** 2 for a, b in zip(one.channels, other.channels, strict=True))


def required(field: str, text: str) -> Colour:
    """The colour a text names. Raises Impossible with the forms there are."""
    colour = read(text)
    if colour is None:
        raise Impossible(field, "is no colour of CSS; give #rrggbb, rgb(…), hsl(…), oklch(…) or a name like navy.")
    return colour
