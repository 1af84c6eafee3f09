"""What WCAG 2.2 asks of the size of targets, as far as `style` attributes state sizes and places.

2.5.8 lets a target be smaller than 24 by 24 px when a circle of that diameter, centred on it, meets neither another
target nor the circle of another small one. Where a target stands is known of `position: absolute` or `fixed` with its
left and top in px; two such are compared where the same element holds them. Units: CSS px.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from agents.methods.criteria import Findings, Rule
from agents.methods.markup import Element, Page
from agents.methods.styles import declarations, length_px

TARGET = Rule("2.5.8", "AA", "target of 24 by 24 px", "Make it 24 by 24 px, or leave as much space around it.")
LARGE_TARGET = Rule("2.5.5", "AAA", "target of 44 by 44 px", "Make it 44 by 44 px.")

LEAST_PX, LARGE_PX = 24.0, 44.0
MOST_COMPARED = 500  # targets of a page; each small one is compared with all
OPERATED_ROLES = frozenset(
    {"button", "link", "checkbox", "radio", "switch", "tab", "menuitem", "option", "textbox", "combobox"}
)
_TARGETS = frozenset({"button", "input", "select", "textarea", "area", "summary"})
_INLINE = frozenset({"", "inline", "contents"})
_MOVING = ("transform", "translate", "scale", "rotate", "zoom", "margin", "margin-left", "margin-top")
_VIEWPORT = -1  # what holds `position: fixed`, and `absolute` where nothing else does


@dataclass(frozen=True, slots=True)
class _Box:
    """A side or place is None where it is not stated; `frame` is the place of what holds it."""

    element: Element
    width: float | None
    height: float | None
    x: float | None
    y: float | None
    frame: int
    in_line: bool  # of text: 2.5.8 does not ask it to be large

    @property
    def small(self) -> bool:
        return any(side is not None and side < LEAST_PX for side in (self.width, self.height))

    def meets(self, other: _Box) -> bool | None:
        """Whether this one's circle meets the other, or the other's circle; None where that cannot be known."""
        if self.x is None or self.y is None or self.width is None or self.height is None:
            return None
        if other.x is None or other.y is None or other.width is None or other.height is None:
            return None
        if self.frame != other.frame:
            return None
        x, y = self.x + self.width / 2, self.y + self.height / 2
        if other.small:
            return hypot(other.x + other.width / 2 - x, other.y + other.height / 2 - y) < LEAST_PX
        off_x, off_y = max(other.x - x, 0, x - other.x - other.width), max(other.y - y, 0, y - other.y - other.height)
        return hypot(off_x, off_y) < LEAST_PX / 2


def check(page: Page, findings: Findings) -> list[str]:
    """Ask the targets whose width and height are stated; what cannot be judged is returned in sentences."""
    boxes = _boxes(page)
    small = [each for each in boxes if each.small and not each.in_line]
    unknown = 0
    for box in boxes:
        sides = [side for side in (box.width, box.height) if side is not None]
        if box.in_line or not sides:
            continue
        told = " by ".join("?" if side is None else f"{side:g}" for side in (box.width, box.height))
        if box.small:
            spaced = _spaced(page, box, boxes)
            unknown += spaced is None
            if spaced is not None:
                findings.check(TARGET, spaced, box.element, f"It is {told} px, and another target is too near.")
        elif len(sides) == 2:
            findings.check(TARGET, True, box.element, "")
        if len(sides) == 2:
            findings.check(LARGE_TARGET, min(sides) >= LARGE_PX, box.element, f"It is {told} px.")
    where = "where they and all others stand is not stated inline, by left and top"
    return [f"the space around {unknown} of {len(small)} targets below 24 by 24 px (2.5.8): {where}"] if unknown else []


def _spaced(page: Page, box: _Box, boxes: Sequence[_Box]) -> bool | None:
    """Whether there is space enough around a small target; None where that cannot be known."""
    if len(boxes) > MOST_COMPARED:
        return None
    meets = [box.meets(other) for other in boxes if other is not box]
    if True in meets:
        return False
    return None if None in meets or not page.whole else True  # around a piece of a page there may be others


def _is_target(element: Element) -> bool:
    linked = element.tag == "a" and "href" in element.attributes
    return linked or element.tag in _TARGETS or element.role in OPERATED_ROLES or "onclick" in element.attributes


def _boxes(page: Page) -> list[_Box]:
    boxes: list[_Box] = []
    holding: list[tuple[int, int]] = []  # of each element: what `absolute` within it is counted from, and `fixed`
    for at, element in enumerate(page.elements):
        around = (_VIEWPORT, _VIEWPORT) if element.parent is None else holding[element.parent]
        style = declarations(element.attributes.get("style", ""))
        if "transform" in style:
            holding.append((at, at))
        else:
            holding.append((at if style.get("position", "static") != "static" else around[0], around[1]))
        if not element.hidden and _is_target(element):
            boxes.append(_box(element, style, *around))
    return boxes


def _box(element: Element, style: Mapping[str, str], absolute: int, fixed: int) -> _Box:
    position = style.get("position", "")
    placed = position in ("absolute", "fixed") and not any(name in style for name in _MOVING)
    return _Box(
        element=element,
        width=_side(element, style, "width"),
        height=_side(element, style, "height"),
        x=_length(style.get("left", "")) if placed else None,
        y=_length(style.get("top", "")) if placed else None,
        frame=fixed if position == "fixed" else absolute,
        in_line=element.tag == "a" and not placed and style.get("display", "") in _INLINE,
    )


def _side(element: Element, style: Mapping[str, str], side: str) -> float | None:
    """A side in px, at least what `min-` says; None where it is not stated in a unit that can be told."""
    written = element.says(side) if element.tag == "input" and element.says("type").lower() == "image" else ""
    stated = [_length(style.get(name, "")) for name in (side, f"min-{side}")] + [_length(f"{written}px")]
    return max((each for each in stated if each is not None), default=None)


def _length(text: str) -> float | None:
    return 0.0 if text == "0" else None if text.endswith("%") else length_px(text)
