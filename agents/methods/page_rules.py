"""What success criteria of WCAG 2.2 ask of a page as a whole, its images, headings, tables, media and moving parts.

Each by the technique or failure of W3C's "Techniques for WCAG 2.2" that its rule names.
"""

from __future__ import annotations

import re
from itertools import pairwise

from agents.methods.criteria import Findings, Rule
from agents.methods.markup import Element, Page
from agents.methods.styles import declarations

LANGUAGE = Rule("3.1.1", "A", "language of page (H57)", 'Say it: <html lang="en">, by the code of BCP 47.')
TITLE = Rule("2.4.2", "A", "title of page (H25)", "Give <head> a <title> that tells this page from others.")
BYPASS = Rule("2.4.1", "A", "a way past repeated blocks (ARIA11, H69, G1)", "Put the content into <main>.")
ZOOM = Rule("1.4.4", "AA", "zooming is left to users (F69)", "Leave out user-scalable=no and maximum-scale below 2.")
REFRESH = Rule("2.2.1", "A", "no time limit by refresh (F40, F41)", "Leave out the delayed meta refresh; offer a link.")
IMAGE = Rule("1.1.1", "A", "image has a text alternative (H37, F65)", 'Say the same in alt, or alt="" for décor.')
FILE = Rule("1.1.1", "A", "alternative is no file name (F30)", "Say in alt what the image says.")
HEADING = Rule("1.3.1", "A", "heading says something (H42)", "Put its text into it, or leave it out.")
ORDER = Rule("1.3.1", "A", "headings go down one level at a time (G141)", "Use the next level; sizes are CSS's matter.")
TABLE = Rule("1.3.1", "A", "data table has headers (H51, F91)", 'Use <th scope>, or role="presentation" for layout.')
SOUND = Rule("1.4.2", "A", "sound that starts by itself can be stopped (F23)", "Leave out autoplay, or add controls.")
MOTION = Rule("2.2.2", "A", "what moves by itself can be stopped (F16, G4)", "Leave it out, or add a way to stop it.")

_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,5}|[a-z]{4,8}|x(-[a-z0-9]{1,8}){1,5}", re.IGNORECASE)
_FILE = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|avif|bmp)|(?:img|dsc|image)[_-]?\d+", re.IGNORECASE)
_DELAY = re.compile(r"\s*(\d{1,9})")
_SCALE = re.compile(r"maximum-scale\s*=\s*(\d{1,3}(?:\.\d{1,6})?)")
_FIXED = re.compile(r"user-scalable\s*=\s*(?:no|0)(?![.\d])")
LONGEST_DELAY = 20 * 3600  # seconds; a longer one is no limit (WCAG, 2.2.1)


def check(page: Page, findings: Findings) -> None:
    """Ask a page all of this module."""
    if page.whole:
        _document(page, findings)
    _metas(page, findings)
    _images(page, findings)
    _headings(page, findings)
    _tables(page, findings)
    _media(page, findings)


def level_of(element: Element) -> int | None:
    """The level of a heading; None for what is none."""
    if element.role == "heading":
        level = element.says("aria-level")
        return int(level) if level.isdecimal() and len(level) < 3 else 2
    return int(element.tag[1]) if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6") and not element.role else None


def _document(page: Page, findings: Findings) -> None:
    root = page.elements[0]
    language = root.says("lang")
    why = f"lang is {language[:20]!r}, no code of a language." if language else "<html> has no lang."
    findings.check(LANGUAGE, _CODE.fullmatch(language) is not None, root, why)
    titled = any(each.text for each in page.elements if each.tag == "title" and "svg" not in each.around)
    findings.check(TITLE, titled, "<head>", "There is no <title> with words in it.")
    seen = [each for each in page.elements if not each.hidden]
    ways = (
        each.tag == "main"
        or each.role == "main"
        or (level_of(each) is not None and each.text)
        or (each.tag == "a" and each.says("href")[1:] in page.ids and each.says("href")[0] == "#" and each.text)
        for each in seen
    )
    findings.check(BYPASS, any(ways), "<body>", "It has no <main>, no heading and no link to its content.")


def _metas(page: Page, findings: Findings) -> None:
    for meta in page.of("meta"):
        content = meta.says("content").lower()
        if meta.says("name").lower() == "viewport":
            scale = _SCALE.search(content)
            fixed = _FIXED.search(content) is not None or (scale is not None and float(scale[1]) < 2)
            findings.check(ZOOM, not fixed, meta, "Its viewport keeps users from zooming to 200 %.")
        elif meta.says("http-equiv").lower() == "refresh":
            delay = _DELAY.match(content)
            seconds = int(delay[1]) if delay else 0
            why = f"The page changes by itself after {seconds} seconds."
            findings.check(REFRESH, not 0 < seconds <= LONGEST_DELAY, meta, why)


def _images(page: Page, findings: Findings) -> None:
    for image in page.elements:
        drawn = image.tag == "svg" or image.tag == "canvas"
        if image.hidden or not (image.tag == "img" or image.role == "img" or (image.tag == "area" and _leads(image))):
            continue
        if image.role in ("presentation", "none"):
            continue
        name = image.says("aria-label") or page.named_by(image.says("aria-labelledby")) or image.says("title")
        told = "alt" in image.attributes if image.tag == "img" else image.says("alt") or (drawn and image.text)
        missing = "It has no alt." if image.tag in ("img", "area") else "It is an image without a name."
        findings.check(IMAGE, bool(name or told), image, missing)
        if alternative := image.says("alt"):
            findings.check(FILE, _FILE.fullmatch(alternative) is None, image, "Its alt is the name of a file.")


def _leads(element: Element) -> bool:
    return "href" in element.attributes


def _headings(page: Page, findings: Findings) -> None:
    headings = [(level, each) for each in page.elements if not each.hidden and (level := level_of(each)) is not None]
    for _, heading in headings:
        findings.check(HEADING, bool(heading.text or heading.says("aria-label")), heading, "It is empty.")
    for (above, _), (level, heading) in pairwise(headings):
        why = f"Level {level} follows on level {above}; what is between is left out."
        findings.check(ORDER, level <= above + 1, heading, why)


def _tables(page: Page, findings: Findings) -> None:
    rows: dict[int, int] = {}
    cells: dict[int, int] = {}
    headed: set[int] = set()
    for each in page.of("tr", "td", "th"):
        table = each.around.get("table")
        if table is None:
            continue
        if each.tag == "tr":
            rows[table] = rows.get(table, 0) + 1
        else:
            cells[table] = cells.get(table, 0) + 1
        if each.tag == "th" or each.role in ("columnheader", "rowheader"):
            headed.add(table)
    for at, told in cells.items():
        element = page.elements[at]
        of_data = rows.get(at, 0) > 1 and told > rows[at]  # more than one row, and column
        if of_data and element.role not in ("presentation", "none"):
            findings.check(TABLE, at in headed, element, f"None of its {told} cells is a <th>.")


def _media(page: Page, findings: Findings) -> None:
    for each in page.of("audio", "video"):
        if "autoplay" not in each.attributes:
            continue
        stoppable = "controls" in each.attributes
        if "muted" not in each.attributes:
            findings.check(SOUND, stoppable, each, "It plays by itself, with sound and without controls.")
        elif each.tag == "video":
            findings.check(MOTION, stoppable, each, "It plays by itself, without controls.")
    for each in page.elements:
        blinks = "blink" in declarations(each.attributes.get("style", "")).get("text-decoration", "")
        if not each.hidden and (blinks or each.tag in ("marquee", "blink")):
            findings.check(MOTION, False, each, "It moves, and nothing stops it.")
