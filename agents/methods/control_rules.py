"""What success criteria of WCAG 2.2 ask of what people operate: links, buttons, fields, frames and their names.

Names as in "Accessible Name and Description Computation 1.2", as far as the page itself tells them. Each rule names its
technique or failure of W3C's "Techniques for WCAG 2.2".
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.methods.criteria import Findings, Rule
from agents.methods.markup import Element, Page
from agents.methods.target_sizes import OPERATED_ROLES

LINK = Rule("2.4.4", "A", "link says where it leads (H30, F89)", "Put words into it, or alt into its image.")
VAGUE = Rule("2.4.9", "AAA", "link says by itself where it leads (F84)", "Name in the link what it leads to.")
BUTTON = Rule("4.1.2", "A", "button has a name (F68)", "Put words into it, or aria-label.")
FIELD = Rule("4.1.2", "A", "field has a name (F68)", "Add a <label for> with its id.")
LABEL = Rule("3.3.2", "A", "field has a label (H44)", "Add a <label for> with its id, which stays to be seen.")
FRAME = Rule("4.1.2", "A", "frame has a title (H64)", "Add a title that says what it shows.")
DIVISION = Rule("4.1.2", "A", "what is clicked is a control (F59)", "Use <button>, or role and tabindex with keys.")
TWICE = Rule("1.3.1", "A", "a label's id is borne once (H93)", "Give each element an id of its own.")

_BUTTONS = frozenset({"submit", "reset", "button", "image"})
_VAGUE = frozenset(
    {"click here", "here", "more", "read more", "learn more", "details", "link", "this", "go", "continue"}
)
_OPERATED = frozenset(
    {"a", "button", "input", "select", "textarea", "summary", "area", "label", "option", "body", "form"}
)


def check(page: Page, findings: Findings) -> None:
    """Ask a page all of this module."""
    labels = {each.says("for"): each.text for each in page.of("label") if each.says("for") and each.text}
    for at, each in enumerate(page.elements):
        if each.hidden:
            continue
        if (each.tag == "a" and "href" in each.attributes) or each.role == "link":
            _link(page, each, findings)
        elif each.tag == "button" or each.role == "button" or _kind(each) in _BUTTONS:
            findings.check(BUTTON, bool(_name(page, each)), each, "It has no name.")
        elif each.tag in ("input", "select", "textarea"):
            beside = page.elements[at + 1] if at + 1 < len(page.elements) else None
            _field(page, each, labels, beside, findings)
        elif each.tag == "iframe":
            findings.check(FRAME, bool(_name(page, each)), each, "It has no title.")
        if "onclick" in each.attributes and each.tag not in _OPERATED:
            passed = each.role in OPERATED_ROLES and "tabindex" in each.attributes
            findings.check(DIVISION, passed, each, "It acts on a click, and keyboards and screen readers cannot tell.")
    _ids(page, findings)


def _kind(element: Element) -> str:
    return element.says("type").lower() if element.tag == "input" else ""


def _name(page: Page, element: Element) -> str:
    """What a control is called, "" where nothing calls it."""
    said = page.named_by(element.says("aria-labelledby")) or element.says("aria-label")
    if element.tag == "input":
        own = element.says("alt" if _kind(element) == "image" else "value")
        own = own or {"submit": "Submit", "reset": "Reset"}.get(_kind(element), "")  # what browsers write on it
    else:
        own = element.text if element.tag not in ("iframe", "select", "textarea") else ""
    return said or own or element.says("title")


def _link(page: Page, link: Element, findings: Findings) -> None:
    name = _name(page, link)
    findings.check(LINK, bool(name), link, "It has no words.")
    if name:
        vague = " ".join(name.lower().strip(" .…›»→>").split()) in _VAGUE
        findings.check(VAGUE, not vague, link, "Its words alone do not say where it leads.")


def _field(page: Page, field: Element, labels: Mapping[str, str], beside: Element | None, findings: Findings) -> None:
    """A name that only programs see is one for 4.1.2 and no label for 3.3.2 (ARIA14 and H65 are of the former)."""
    around = field.around.get("label")
    shown = labels.get(field.says("id"), "") or (page.elements[around].text if around is not None else "")
    by = field.says("aria-labelledby")
    seen = " ".join(id for id in by.split()[:10] if id in page.ids and not page.ids[id].hidden)
    heard = page.named_by(by) or field.says("aria-label") or field.says("title")
    hint = field.says("placeholder")
    findings.check(FIELD, bool(shown or heard or hint), field, "Nothing names it.")
    passed = bool(shown or page.named_by(seen)) or _labels(field, beside)
    only = "Only its placeholder names it." if hint else "It has no label."
    findings.check(LABEL, passed, field, "Its name is not to be seen: aria-label, title or hidden." if heard else only)


def _labels(field: Element, beside: Element | None) -> bool:
    """Whether the button right after a field tells what it is for, as in a search (G167)."""
    if beside is None or beside.hidden or beside.parent != field.parent or field.tag != "input":
        return False
    return bool(beside.text if beside.tag == "button" else _kind(beside) == "submit" and beside.says("value"))


def _ids(page: Page, findings: Findings) -> None:
    """Ids that labels point at."""
    asked = dict.fromkeys(
        id
        for each in page.elements
        for id in (*each.says("aria-labelledby").split()[:10], *([each.says("for")] if each.tag == "label" else []))
    )
    for id in asked:
        if id in page.ids:
            findings.check(TWICE, id not in page.twice, page.ids[id], "Its id is borne by others, too.")
