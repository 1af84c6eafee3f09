"""The examples of `docs/MCP_TOOLS.md` are calls that every tool still takes and answers that it still gives."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from agents.registry import all_roles, spec_of
from agents.roles.shared import EVERY_ROLE
from agents.tool import Tool
from echo_project import tool_pages

TOOLS = {tool.name: tool for spec in all_roles() for tool in spec.tools}
EXAMPLES = tool_pages.examples()


def test_every_tool_has_an_example_and_nothing_else_has() -> None:
    assert EXAMPLES.keys() == TOOLS.keys(), (
        "docs/tools.json has not one example of each tool: let an act of the day (echo_project/demo/) call "
        "what is new, then `manage.py demo --day --examples docs/tools.json` and `make docs`"
    )


@pytest.mark.parametrize("name", sorted(TOOLS.keys() & EXAMPLES.keys()))
def test_an_example_is_a_call_the_tool_takes_and_an_answer_it_gives(name: str) -> None:
    tool, example = TOOLS[name], EXAMPLES[name]
    assert spec_of(example["role"]).tool(name) is not None
    tool.validate(example["arguments"])
    check(tool.input_schema, example["arguments"])
    check(tool.output_schema, example["answer"])
    assert required(tool) <= example["answer"].keys()
    assert example["answer"]["acted_as"] == example["role"]


def test_the_page_tells_of_every_argument() -> None:
    text = tool_pages.written()
    for tool in TOOLS.values():
        assert f"### {tool.name}\n" in text
        for name in tool.input_schema["properties"]:
            assert f"| `{name}`" in text


def test_a_tool_without_an_example_and_a_role_without_tools_of_its_own_are_no_hindrance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ceo = spec_of("ceo")
    monkeypatch.setattr(tool_pages, "examples", dict)
    monkeypatch.setattr(tool_pages, "all_roles", lambda: (ceo, replace(ceo, tools=EVERY_ROLE)))
    text = tool_pages.written()
    assert "### allocate_budget\n" in text
    assert '{"tool":' not in text
    assert re.findall(r"^## .*", text, re.MULTILINE) == ["## Every role", "## CEO"]


def check(schema: dict[str, Any], value: Any) -> None:
    jsonschema.Draft202012Validator(schema).validate(value)


def required(tool: Tool) -> set[str]:
    return set(tool.output_schema.get("required", ())) - {"news"}
