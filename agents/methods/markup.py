"""HTML as a flat list of its elements in the order of the page, each knowing its parent and what it says.

Parsed by selectolax (lexbor) as the HTML standard says, so that unclosed and misplaced tags mean what they mean in a
browser. Nothing is run and nothing fetched. All is done in time that grows with the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.methods.faults import Impossible
from org.names import normalize

MOST_CHARACTERS = 1024 * 1024
LONGEST_TEXT = 80  # characters kept of what an element says
LONGEST_SNIPPET = 100
# Browsers open again, in each later block, the formatting elements that were left open: some KiB become gigabytes of
# nodes. Under a name that HTML does not know, an element is merely closed.
_FORMATTING = re.compile(
    r"<(/?)(?=(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?:[\s/>]|$))", re.IGNORECASE
)
_OURS = "x-"
_WHOLE = re.compile(r"<(?:!doctype|html|head|body)(?:[\s/>]|$)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SILENT = frozenset({"head", "script", "style", "noscript", "template", "select", "textarea", "datalist"})
_AROUND = frozenset({"label", "table", "svg"})
_SHOWN = ("id", "name", "for", "href", "src", "type", "role", "class")


@dataclass(slots=True)
class Element:
    """`parent` is its place in the list, `nth` counts those of its tag from 1. `text`: what it says, bounded; `own`:
    whether some of that is not its children's. `around`: the places of the nearest label, table and svg it is in.
    """

    tag: str
    attributes: Mapping[str, str]
    parent: int | None = None
    nth: int = 1
    hidden: bool = False
    around: Mapping[str, int] = field(default_factory=dict)
    text: str = ""
    own: bool = False

    @property
    def where(self) -> str:
        """Its tag as far as it tells it from others, and which of its kind it is."""
        told = [f'{name}="{self.attributes[name][:40]}"' for name in _SHOWN if self.attributes.get(name)]
        snippet = _SPACE.sub(" ", f"<{' '.join([self.tag[:30], *told])}>")
        short = snippet if len(snippet) <= LONGEST_SNIPPET else f"{snippet[: LONGEST_SNIPPET - 1]}…"
        return f"{short} ({self.tag[:30]} {self.nth})"

    def says(self, name: str) -> str:
        """An attribute without the spaces around it, "" where it is missing."""
        return self.attributes.get(name, "").strip()

    @property
    def role(self) -> str:
        return next(iter(self.attributes["role"].lower().split()), "") if "role" in self.attributes else ""


@dataclass(slots=True)
class Page:
    """`whole`: a document, not a piece of one. `ids`: the first element of each id; `twice`: ids that several bear."""

    elements: list[Element]
    whole: bool
    ids: Mapping[str, Element]
    twice: frozenset[str]

    def of(self, *tags: str) -> Iterator[Element]:
        """The elements of these tags that are not hidden."""
        return (each for each in self.elements if each.tag in tags and not each.hidden)

    def named_by(self, ids: str) -> str:
        """What the elements of these ids say together."""
        return " ".join(self.ids[each].text for each in ids.split()[:10] if each in self.ids).strip()


def parse(html: str) -> Page:
    """The page of an HTML text. Raises Impossible for one of more than a million characters."""
    from selectolax.lexbor import LexborHTMLParser

    if len(html) > MOST_CHARACTERS:
        raise Impossible("html", f"has {len(html)} characters, and can have {MOST_CHARACTERS}.")
    whole = _WHOLE.search(html) is not None
    root: Any = LexborHTMLParser(_FORMATTING.sub(rf"<\1{_OURS}", html)).root
    elements: list[Element] = []
    order: list[Element | tuple[int, str]] = []  # elements, and texts with the place of what they stand in
    places: dict[int, int] = {}
    counted: dict[str, int] = {}
    for node in root.traverse(include_text=True) if root is not None else ():
        around = node.parent
        parent = None if around is None else places.get(around.mem_id)
        if node.is_element_node:
            tag = (node.tag or "").removeprefix(_OURS)
            places[node.mem_id] = len(elements)
            counted[tag] = counted.get(tag, 0) + 1
            attributes = {name: value or "" for name, value in node.attributes.items()}
            element = Element(tag, attributes, parent, counted[tag])
            _place(element, None if parent is None else elements[parent], parent)
            elements.append(element)
            order.append(element)
        elif node.is_text_node and parent is not None:
            order.append((parent, node.text_content or ""))
    _let_speak(elements, order)
    ids: dict[str, Element] = {}
    twice = set()
    for element in elements:
        if name := element.attributes.get("id"):
            twice |= {name} if name in ids else set()
            ids.setdefault(name, element)
    return Page(elements, whole, ids, frozenset(twice))


def _place(element: Element, parent: Element | None, at: int | None) -> None:
    """What an element has of its parent."""
    attributes = element.attributes
    element.hidden = (
        (parent is not None and parent.hidden)
        or "hidden" in attributes
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or _UNSEEN.search(attributes.get("style", "")) is not None
        or element.tag in ("script", "style", "noscript", "template")
        or (element.tag == "input" and attributes.get("type", "").strip().lower() == "hidden")
    )
    if parent is not None and at is not None:
        element.around = {**parent.around, parent.tag: at} if parent.tag in _AROUND else parent.around


def _let_speak(elements: list[Element], order: list[Element | tuple[int, str]]) -> None:
    """Give each element its text, from the last to the first, so that each child has spoken before its parent does."""
    said: dict[int, list[str]] = {}
    at = len(elements)
    for each in reversed(order):
        if not isinstance(each, Element):
            parent, text = each
            if spoken := _SPACE.sub(" ", text):
                said.setdefault(parent, []).append(spoken[: LONGEST_TEXT + 1])
                elements[parent].own |= spoken != " "
            continue
        at -= 1
        content = "".join(reversed(said.pop(at, [])))
        each.text = " ".join(content.split())[:LONGEST_TEXT]
        if not (each.text.isascii() or normalize(each.text)):
            each.text = content = ""  # zero-width characters, and the private ones of icon fonts, say nothing
        loud = each.says("aria-label") or (each.says("alt") if each.tag == "img" else content)
        if each.parent is not None and not each.hidden and each.tag not in _SILENT:
            mark = " " if each.tag in ("br", "td", "th", "li", "p", "div") else ""
            said.setdefault(each.parent, []).append(f"{mark}{loud[:LONGEST_TEXT]}{mark}")
