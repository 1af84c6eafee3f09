"""A run as a picture of its own: a drawing of boxes and lines (SVG 1.1) that any page shows without a script.

Steps stand in rows by the longest way that leads to them (layering by longest path: Healy and Nikolov, "Hierarchical
drawing algorithms", 2013), each below those it comes after.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from textwrap import wrap

from org.legible import plain
from org.workflows.definition import End, Return, Step, Workflow
from org.workflows.drawing import COLOURS

BOX = (172, 62)  # pixels
GAP = (14, 30)
MARGIN = 12
LONGEST = 21  # characters of a line
LINES = 2  # of a title
UNBEGUN = ("#ffffff", "#57534e")
MARKS = {
    "done": "✓",
    "skipped": "–",
    "passed": "›",
    "cancelled": "×",
    "failed": "!",
    "held": "●",
    "waiting": "…",
    "ready": "…",
}


def svg(flow: Workflow, standing: Mapping[str, str]) -> str:
    """The drawing; `standing`: the status of each step that has begun."""
    rows = _rows(flow)
    widest = max(len(row) for row in rows)
    width = MARGIN * 2 + widest * BOX[0] + (widest - 1) * GAP[0] + 60  # ways back run at the right
    height = MARGIN * 2 + len(rows) * BOX[1] + (len(rows) - 1) * GAP[1]
    at = {
        key: (
            MARGIN + ((widest - len(row)) * (BOX[0] + GAP[0])) // 2 + place * (BOX[0] + GAP[0]),
            MARGIN + depth * (BOX[1] + GAP[1]),
        )
        for depth, row in enumerate(rows)
        for place, key in enumerate(row)
    }
    lines = [_line(at[before], at[step.key]) for step in flow.steps for before in step.after]
    backs = [_back(at[step.key], at[step.to], width) for step in flow.steps if isinstance(step, Return)]
    undone = [_line(at[step.key], at[step.undo.key], dashed=True) for step in flow.steps if step.undo]
    boxes = [_box(step, at[step.key], standing.get(step.key, "")) for step in (*flow.steps, *flow.undoing)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(flow.title)}" font-family="sans-serif">'
        + "".join([*lines, *backs, *undone, *boxes])
        + "</svg>"
    )


def _rows(flow: Workflow) -> list[list[str]]:
    depth: dict[str, int] = {}
    for _ in flow.steps:  # as many times as the longest way can be long
        for step in flow.steps:
            depth[step.key] = max((depth.get(before, 0) + 1 for before in step.after), default=0)
    depth |= {step.undo.key: depth[step.key] + 1 for step in flow.steps if step.undo}
    rows: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for key, row in depth.items():
        rows[row].append(key)
    return rows


def _line(start: tuple[int, int], end: tuple[int, int], *, dashed: bool = False) -> str:
    x1, y1 = start[0] + BOX[0] // 2, start[1] + BOX[1]
    x2, y2 = end[0] + BOX[0] // 2, end[1]
    bend = (y2 - y1) // 2
    path = f"M{x1} {y1} C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    dashes = ' stroke-dasharray="2 4"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="#a8a29e" stroke-width="1.5"{dashes}/>'


def _back(start: tuple[int, int], end: tuple[int, int], width: int) -> str:
    x1, y1 = start[0] + BOX[0], start[1] + BOX[1] // 2
    x2, y2 = end[0] + BOX[0], end[1] + BOX[1] // 2
    side = width - MARGIN
    path = f"M{x1} {y1} C{side} {y1} {side} {y2} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#a8a29e" stroke-width="1.5" stroke-dasharray="5 4"/>'


def _box(step: Step, at: tuple[int, int], status: str) -> str:
    fill, ink = COLOURS.get(status, UNBEGUN)
    x, y = at
    dashes = "" if status else ' stroke-dasharray="4 3"'
    who = getattr(step, "role", "") or step.kind
    below = f"{MARKS.get(status, '')} {status} · {who}" if status else who
    return (
        f"<g><title>{escape(plain(step.title))}</title>{_condition(step, at)}"
        f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="7" fill="{fill}" stroke="{ink}"{dashes}/>'
        + "".join(_text(x, y + 18 + 15 * at, 12, 600, ink, line) for at, line in enumerate(_lines(step.title)))
        + _text(x, y + BOX[1] - 10, 10.5, 400, ink, _cut(below, LONGEST + 5))
        + "</g>"
    )


def _condition(step: Step, at: tuple[int, int]) -> str:
    """When the step is done, above its box; below it, when what comes after a gate is."""
    if step.when is None:
        return ""
    said = [(at[1] - 8, f"if {step.when}")]
    if isinstance(step, Return | End):
        said.append((at[1] + BOX[1] + 13, "otherwise"))
    style = 'text-anchor="middle" font-size="10.5" font-style="italic" fill="#57534e"'
    halo = 'stroke="#ffffff" stroke-width="4" paint-order="stroke"'
    return "".join(
        f'<text x="{at[0] + BOX[0] // 2}" y="{y}" {style} {halo}>{escape(_cut(plain(words), LONGEST + 14))}</text>'
        for y, words in said
    )


def _text(x: int, y: int, size: float, weight: int, ink: str, said: str) -> str:
    font = f'font-size="{size}" font-weight="{weight}" fill="{ink}"'
    return f'<text x="{x + 9}" y="{y}" {font}>{escape(plain(said))}</text>'


def _lines(title: str) -> list[str]:
    lines = wrap(title, LONGEST)
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], _cut(" ".join(lines[LINES - 1 :]), LONGEST)]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
