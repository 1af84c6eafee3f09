"""What a page's inline styles tell of how its texts look: their colours, sizes and weights.

Inheritance as in CSS Cascade 4, of `style` attributes alone; sizes that are said nowhere are browsers' own (HTML
standard, "Rendering": 16 px, headings in em of that). Style sheets, images and scripts are not seen, so a colour is
known only where it, or what it is inherited from, is stated inline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from agents.methods.contrast import MOST_PX, NORMAL_PX, Colour, read
from agents.methods.markup import Element, Page

LONGEST_STYLE = 4_000  # characters of it that are read
_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67}
_BOLD = frozenset({*_HEADINGS, "b", "strong", "th"})
_OWN_COLOURS = frozenset({"button", "input", "select", "textarea", "mark"})  # browsers give them colours
_STYLED = _BOLD | _OWN_COLOURS | {"a"}
_WORDS = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0} | {
    "xx-large": 32.0,
    "xxx-large": 48.0,
}
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "rem": NORMAL_PX}
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(px|pt|pc|in|cm|mm|rem|em|%)")
_PICTURE = re.compile(r"url\(|gradient\(|image\(|image-set\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """None: not known. `faded`: it is seen through, so its colours are not what is stated."""

    colour: Colour | None = None
    background: Colour | None = None
    size_px: float = NORMAL_PX
    bold: bool = False
    faded: bool = False


def declarations(style: str) -> Mapping[str, str]:
    """The properties of a `style` attribute, lower case, the last of each; comments and `!important` left out."""
    first, *rest = style[:LONGEST_STYLE].split("/*")
    text = " ".join([first, *(part.partition("*/")[2] for part in rest)])
    pairs = (part.partition(":") for part in text.split(";"))
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in pairs if value}


def looks(page: Page) -> list[Look]:
    """How each element of a page looks, in the order of its elements."""
    found: list[Look] = []
    for element in page.elements:
        found.append(_look(element, Look() if element.parent is None else found[element.parent]))
    return found


def length_px(text: str, em: float = NORMAL_PX) -> float | None:
    """A length of CSS in px, of which `em` make one em or 100 %; None for what is none."""
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        return None
    number, unit = float(match[1]), match[2]
    return number * (em if unit == "em" else em / 100 if unit == "%" else _UNITS[unit])


def _look(element: Element, inherited: Look) -> Look:
    if "style" not in element.attributes and element.tag not in _STYLED:
        return inherited
    style = declarations(element.attributes.get("style", ""))
    look = replace(inherited, size_px=_size(element, style, inherited.size_px), bold=_bold(element, style, inherited))
    if element.tag in _OWN_COLOURS:
        look = replace(look, colour=None, background=None)
    elif element.tag == "a" and "href" in element.attributes:
        look = replace(look, colour=None)
    if (colour := style.get("color", "inherit")) != "inherit":
        look = replace(look, colour=read(colour))
    faded = look.faded or style.get("opacity", "1") not in ("1", "1.0", "100%") or "filter" in style
    return replace(look, background=_background(style, look.background), faded=faded)


def _background(style: Mapping[str, str], behind: Colour | None) -> Colour | None:
    shorthand, picture = style.get("background", ""), style.get("background-image", "none")
    if picture not in ("none", "initial") or _PICTURE.search(shorthand):
        return None
    named = style.get("background-color", shorthand)
    if named in ("", "none", "transparent", "initial"):
        return behind
    colour = read(named) or next((each for part in named.split() if (each := read(part))), None)
    if colour is None or colour.alpha == 1:
        return colour
    return None if behind is None else colour.over(behind)


def _size(element: Element, style: Mapping[str, str], inherited: float) -> float:
    text = style.get("font-size", "")
    if not text and (match := _LENGTH.search(style.get("font", ""))):
        text = match[0]
    size = _WORDS.get(text) or length_px(text, inherited)
    if text in ("smaller", "larger"):
        size = inherited * 1.2 if text == "larger" else inherited / 1.2
    if size is None:
        size = inherited * _HEADINGS.get(element.tag, 1.0)
    return min(MOST_PX, max(1.0, size))


def _bold(element: Element, style: Mapping[str, str], inherited: Look) -> bool:
    weight = style.get("font-weight") or next((w for w in style.get("font", "").split() if w in ("bold", "bolder")), "")
    if weight in ("bold", "bolder") or (weight.isdecimal() and len(weight) < 5 and int(weight) >= 700):
        return True
    if weight in ("normal", "lighter") or weight.isdecimal():
        return False
    return element.tag in _BOLD or inherited.bold


def visible_text(element: Element) -> bool:
    """Whether it shows text of its own that people are to read: not hidden, and not switched off (WCAG, "inactive")."""
    if element.hidden or "disabled" in element.attributes:
        return False
    typed = element.tag == "textarea" or (
        element.tag == "input"
        and element.says("type").lower() in ("", "text", "email", "search", "tel", "url", "submit")
    )
    return (element.own and element.tag not in ("title", "option")) or typed
