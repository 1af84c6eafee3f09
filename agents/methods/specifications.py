"""A technical specification as Markdown: sections in a fixed order, others' words as quotations, gaps as questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LONGEST = 60_000  # characters of the document
LONGEST_PART = 12_000  # of what stands quoted in a section
LONGEST_DIAGRAM = 20_000
LONGEST_QUESTION = 1_000
REST = "(The rest is left out here; it is on record under the ref above.)"
CUT = "(The sections after this one are left out, since the document is full.)"


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its heading, under which ref its content is on record, and lines that somebody wrote."""

    heading: str
    source: str
    lines: Sequence[str]
    diagram: str = ""


def document(title: str, parts: Iterable[Part], questions: Sequence[str]) -> str:
    """The parts that hold something, each line of others' words quoted so that none becomes a heading or a fence.

    At most `LONGEST` characters: long parts are cut, the last ones are left out if they must be, and the open questions
    always stand at the end. No errors.
    """
    asked = [f"- {_line(each)[:LONGEST_QUESTION]}" for each in questions] or ["None."]
    end = ["", "## Open questions", "", *asked[: LONGEST // 4 // LONGEST_QUESTION]]
    told = [f"# {_line(title)[:LONGEST_QUESTION]}"]
    room = LONGEST - _size(told) - _size(end) - _size(["", CUT])
    for part in parts:
        if not (part.lines or part.diagram):
            continue
        section = _section(part)
        if (room := room - _size(section)) < 0:
            told += ["", CUT]
            break
        told += section
    return "\n".join([*told, *end]) + "\n"


def _section(part: Part) -> list[str]:
    lines = ["", f"## {_line(part.heading)}", *([f"From {part.source}."] if part.source else []), ""]
    said = (f"> {_line(each)}" for text in part.lines for each in text.splitlines() or [""])
    room = LONGEST_PART
    for line in said:
        lines.append(line[:room])
        if (room := room - len(line) - 1) <= 0:
            lines += ["", REST]
            break
    if 0 < len(part.diagram) <= LONGEST_DIAGRAM:
        lines += [*([""] if part.lines else []), "```mermaid", part.diagram, "```"]
    elif part.diagram:
        lines += ["", "(The drawing is too large to stand here.)"]
    return lines


def _size(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def steps(order: Sequence[str], needs: Mapping[str, Sequence[str]], why: Mapping[str, Sequence[str]]) -> list[str]:
    """One step a component, nothing before what it depends on; `why`: the requirements each is there for."""
    told = []
    for at, name in enumerate(order, 1):
        after = f", on top of {', '.join(needs[name])}" if needs.get(name) else ""
        covers = f" It covers {', '.join(why[name])}." if why.get(name) else ""
        told.append(f"{at}. Build {name}{after}.{covers}")
    return told
