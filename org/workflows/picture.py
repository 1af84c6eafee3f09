"""A run as a picture of its own: a drawing of boxes and lines (SVG 1.1) that any page shows without a script.

Steps stand in rows by the longest way that leads to them (layering by longest path: Healy and Nikolov, "Hierarchical
drawing algorithms", 2013), each below those it comes after.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from org.legible import plain
from org.workflows.definition import Return, Step, Workflow
from org.workflows.drawing import COLOURS

BOX = (190, 46)  # pixels
GAP = (18, 34)
MARGIN = 12
LONGEST = 27  # characters of a line
UNBEGUN = ("#ffffff", "#57534e")
MARKS = {"done": "✓", "skipped": "–", "cancelled": "×", "failed": "!", "held": "●", "waiting": "…", "ready": "…"}


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
    boxes = [_box(step, at[step.key], standing.get(step.key, "")) for step in flow.steps]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(flow.title)}" font-family="sans-serif">'
        + "".join([*lines, *backs, *boxes])
        + "</svg>"
    )


def _rows(flow: Workflow) -> list[list[str]]:
    depth: dict[str, int] = {}
    for _ in flow.steps:  # as many times as the longest way can be long
        for step in flow.steps:
            depth[step.key] = max((depth.get(before, 0) + 1 for before in step.after), default=0)
    rows: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for step in flow.steps:
        rows[depth[step.key]].append(step.key)
    return rows


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + BOX[0] // 2, start[1] + BOX[1]
    x2, y2 = end[0] + BOX[0] // 2, end[1]
    bend = (y2 - y1) // 2
    path = f"M{x1} {y1} C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#a8a29e" stroke-width="1.5"/>'


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
    below = f"{MARKS.get(status, '')} {status or 'not begun'} · {who}".strip()
    return (
        f"<g><title>{escape(plain(step.title))}</title>"
        f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="7" fill="{fill}" stroke="{ink}"{dashes}/>'
        f'<text x="{x + 10}" y="{y + 19}" font-size="12.5" font-weight="600" fill="{ink}">{_cut(step.title)}</text>'
        f'<text x="{x + 10}" y="{y + 36}" font-size="11" fill="{ink}">{_cut(below, 32)}</text></g>'
    )


def _cut(text: str, longest: int = LONGEST) -> str:
    shown = plain(text)
    return escape(shown if len(shown) <= longest else shown[: longest - 1] + "…")
