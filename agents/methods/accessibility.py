"""How accessible a page and its colours are, by what can be told of WCAG 2.2 without a person and without a browser.

Web Content Accessibility Guidelines 2.2, W3C Recommendation, 2023/2024. Most of its criteria no program can judge:
`missing` says what of this page is left to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Literal

from agents.methods import contrast, control_rules, page_rules, target_sizes
from agents.methods.contrast import Colour
from agents.methods.criteria import WEIGHTS, Findings, Level, Rule, Violation
from agents.methods.faults import Impossible
from agents.methods.markup import Page, parse
from agents.methods.styles import looks, visible_text

MINIMUM = Rule("1.4.3", "AA", "contrast of text, minimum (G18, G145)", "Darken or lighten the text.")
ENHANCED = Rule("1.4.6", "AAA", "contrast of text, enhanced (G17, G18)", "Darken or lighten the text.")
MOST_PAIRS = 1_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A text's colours as CSS writes them, its size in px and whether it is bold; None is "not said"."""

    foreground: str
    background: str
    size_px: float | None = None
    bold: bool | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """`checked`: by level, how often a rule was asked; `failed`: by rule, how often it failed, those not listed too;
    `ratios`: of the pairs given, in their order; `title`: the page's.
    """

    level: Literal["AAA", "AA", "A", "none"]
    score: float
    violations: tuple[Violation, ...]
    checked: dict[Level, int]
    failed: dict[str, int]
    ratios: tuple[float, ...]
    title: str
    missing: tuple[str, ...]


def review(html: str | None = None, colours: Sequence[Pair] = ()) -> Review:
    """Ask a page and pairs of colours all rules there are. Raises Impossible for a colour or size that cannot be."""
    if len(colours) > MOST_PAIRS:
        raise Impossible("colors", f"are {len(colours)}, and can be {MOST_PAIRS}.")
    findings, missing, title = Findings(), [], ""
    ratios = tuple(_pair(at, pair, findings) for at, pair in enumerate(colours))
    if html is not None:
        page = parse(html)
        page_rules.check(page, findings)
        control_rules.check(page, findings)
        missing += [*target_sizes.check(page, findings), *_texts(page, findings), *_unseen(page)]
        title = next((each.text for each in page.elements if each.tag == "title" and "svg" not in each.around), "")
    checked = {level: sum(n for rule, n in findings.checked.items() if rule.level == level) for level in WEIGHTS}
    if any((behind := contrast.read(pair.background)) and behind.alpha < 1 for pair in colours):
        missing.append("what is behind the see-through backgrounds of colors: taken to be white")
    if any(pair.size_px is None for pair in colours):
        missing.append("size_px of some colors: taken to be 16, so not large")
    missing += [f"anything that a rule of level {level} asks of" for level, asked in checked.items() if not asked]
    failed = {f"{rule.criterion} {rule.name}": n for rule, n in findings.failed.items()}
    return Review(
        findings.level,
        findings.score,
        tuple(findings.violations),
        checked,
        failed,
        ratios,
        title,
        tuple(missing),
    )


def _pair(at: int, pair: Pair, findings: Findings) -> float:
    text = contrast.required(f"colors[{at}].foreground", pair.foreground)
    behind = contrast.required(f"colors[{at}].background", pair.background)
    try:
        judged = contrast.judge(text, behind, pair.size_px, pair.bold)
    except Impossible as fault:
        raise Impossible(f"colors[{at}].{fault.field}", fault.rule) from None
    _judged(judged, text, behind, f"colors[{at}]: {pair.foreground} on {pair.background}", findings)
    return judged.ratio


def _texts(page: Page, findings: Findings) -> list[str]:
    """Judge every text whose colours are both stated inline; tell of the others."""
    unknown = asked = 0
    for element, look in zip(page.elements, looks(page), strict=True):
        if not visible_text(element):
            continue
        asked += 1
        if look.colour is None or look.background is None or look.faded:
            unknown += 1
            continue
        judged = contrast.judge(look.colour, look.background, look.size_px, look.bold)
        _judged(judged, look.colour, look.background, element.where, findings)
    return [f"colors of {unknown} of {asked} texts: not both stated inline; send them as colors"] if unknown else []


def _judged(judged: contrast.Contrast, text: Colour, behind: Colour, where: str, findings: Findings) -> None:
    """What fails the minimum fails the enhanced as well, and is told once."""
    size = "large text" if judged.large else "text of this size"
    for rule, passed, needed in ((MINIMUM, judged.aa, judged.needs_aa), (ENHANCED, judged.aaa, judged.needs_aaa)):
        shown = round(judged.ratio, 2)
        if not passed and shown >= needed:
            shown = floor(judged.ratio * 100) / 100  # 4.496 is not enough, and 4.5 would look like it
        why = f"Its contrast is {shown:g}:1, and {size} needs {needed:g}:1."
        mend = "" if passed else _better(text, behind, needed)
        findings.check(rule, passed, where, why, mend, listed=judged.aa or rule is MINIMUM)


def _better(text: Colour, behind: Colour, needed: float) -> str:
    better = contrast.mend(text, behind, needed)
    if better is None:
        return f"No text reaches {needed:g}:1 on this background; make that lighter or darker."
    way = "darker" if better.luminance < behind.over(contrast.WHITE).luminance else "lighter"
    return f"Use {better} or {way} for the text."


def _unseen(page: Page) -> list[str]:
    """What this page has that no program of this kind can see."""
    tags = {each.tag for each in page.elements}
    linked = (each for each in page.elements if each.tag == "link" and "stylesheet" in each.says("rel").lower())
    sheets = sum(each.tag == "style" for each in page.elements) + sum(1 for _ in linked)
    missing = [] if page.whole else ["html: a piece of a page; lang, title and landmarks are asked of a whole one"]
    if sheets:
        missing.append(f"style sheets ({sheets}): the colours, sizes and visibility they set")
    if "script" in tags:
        missing.append("scripts: what they change, focus and keys; try it with a keyboard")
    if "video" in tags or "audio" in tags:
        missing.append("captions and transcripts (1.2): what is heard and shown")
    if "img" in tags:
        missing.append("whether each alt says what its image says (1.1.1)")
    return missing
