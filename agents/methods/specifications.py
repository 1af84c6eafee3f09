"""A technical specification as Markdown: sections in a fixed order, others' words as quotations, gaps as questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LONGEST = 60_000  # characters of the document
CUT = "\n\n(The rest is left out; its parts are on record under the refs above.)\n"


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its heading, under which ref its content is on record, and lines that somebody wrote."""

    heading: str
    source: str
    lines: Sequence[str]
    diagram: str = ""


def document(title: str, parts: Iterable[Part], questions: Sequence[str]) -> str:
    """The parts that hold something, each line of others' words quoted so that none becomes a heading or a fence.

    The document is cut at `LONGEST` characters. No errors.
    """
    lines = [f"# {_line(title)}"]
    for part in parts:
        if not (part.lines or part.diagram):
            continue
        lines += ["", f"## {part.heading}", *([f"From {part.source}."] if part.source else []), ""]
        lines += [f"> {_line(each)}" for text in part.lines for each in text.splitlines() or [""]]
        if part.diagram:
            lines += ["", "```mermaid", part.diagram, "```"]
    lines += ["", "## Open questions", ""]
    lines += [f"- {_line(each)}" for each in questions] or ["None."]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


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
