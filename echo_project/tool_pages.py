"""`docs/MCP_TOOLS.md`: every tool by its schema, with a call and the answer it really had.

The calls and answers are those of the day (`manage.py demo --day --examples docs/tools.json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agents.registry import all_roles
from agents.roles.shared import EVERY_ROLE
from agents.tool import Tool
from echo_project.configuration import BASE_DIR
from org.enums import Effect

EXAMPLES = BASE_DIR / "docs" / "tools.json"
LONGEST_TEXT = 160  # characters of a text in an answer
LONGEST_LIST = 2  # items of a list in an answer
DEEPEST = 4
REPEATED = {
    Effect.READS: "reads: it changes nothing, and needs no worker",
    Effect.SETS: "sets: doing it again is doing it once",
    Effect.CREATES: "creates: the same call within ten minutes returns the first answer, if no new key is given",
}


def examples() -> dict[str, dict[str, Any]]:
    """By tool: the `role` that called it, its `arguments` and its `answer`."""
    recorded: dict[str, dict[str, Any]] = json.loads(EXAMPLES.read_text())
    return recorded


def written() -> str:
    """The whole document."""
    recorded = examples()
    lines = [
        "# The tools of all roles",
        "",
        "What a model reads of each tool is its description and its input; clients may get the output's schema,",
        "too. The examples are calls of one day of a company that were really made (`manage.py demo --day`), with the",
        "answers they had; long texts and lists are cut (…).",
        "",
        "<!-- Written by `manage.py docs` from the tools themselves and docs/tools.json. -->",
        "",
        *(
            f"- [{heading}](#{_anchor(heading)}): {', '.join(tool.name for tool in tools)}"
            for heading, tools in _rooms()
        ),
    ]
    for heading, tools in _rooms():
        lines += ["", f"## {heading}"]
        for tool in tools:
            lines += ["", *_page(tool, recorded.get(tool.name))]
    return "\n".join(lines) + "\n"


def _rooms() -> Iterator[tuple[str, list[Tool]]]:
    """The shared tools, then each role's own, under the words that their descriptions begin with."""
    shared = {tool.name for tool in EVERY_ROLE}
    yield "Every role", list(EVERY_ROLE)
    for spec in all_roles():
        if own := [tool for tool in spec.tools if tool.name not in shared]:
            yield own[0].description.partition(":")[0], own


def _anchor(heading: str) -> str:
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _page(tool: Tool, example: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"### {tool.name}"
    yield ""
    yield " ".join(tool.description.split())
    yield ""
    yield f"It {REPEATED[tool.effect]}."
    yield ""
    inputs, required = tool.input_schema, tool.input_schema.get("required", ())
    if inputs.get("properties"):
        yield "| argument | type | |"
        yield "|---|---|---|"
        for name, field in inputs["properties"].items():
            must = "" if name in required else "?"
            yield f"| `{name}`{must} | {_type(field)} | {_cell(field.get('description', ''))} |"
        yield ""
    fields = ", ".join(f"`{name}` {_type(field)}" for name, field in tool.output_schema["properties"].items())
    yield f"Answers: {fields}."
    if example:
        yield from _example(tool, example)


def _example(tool: Tool, example: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "```json"
    yield json.dumps({"tool": tool.name, "arguments": _cut(example["arguments"])}, ensure_ascii=False)
    yield "```"
    yield ""
    yield f"as {example['role']}:"
    yield ""
    yield "```json"
    yield json.dumps(_cut(example["answer"]), indent=1, ensure_ascii=False)
    yield "```"


def _type(field: Mapping[str, Any]) -> str:
    if words := field.get("enum"):
        return " \\| ".join(str(word) for word in words if word is not None)
    kind = field.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join("null" if each == "null" else str(each) for each in kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _cut(value: Any, level: int = 0) -> Any:
    """The value as a page shows it: texts, lists and depth bounded."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:LONGEST_TEXT]}…"
    if isinstance(value, dict):
        return {name: _cut(part, level + 1) for name, part in value.items()} if level < DEEPEST else "…"
    if isinstance(value, list):
        shown = [_cut(part, level + 1) for part in value[:LONGEST_LIST]] if level < DEEPEST else ["…"]
        return shown if len(value) <= LONGEST_LIST else [*shown, f"… {len(value) - LONGEST_LIST} more"]
    return value
