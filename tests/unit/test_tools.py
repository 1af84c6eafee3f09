"""What models read of the tools, and how their arguments are judged."""

import json
import re
from typing import Any

import jsonschema
import pytest

from agents import results
from agents.registry import NAMES, all_roles, spec_of
from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE
from agents.tool import Tool
from org.actors import Actor
from org.charter import SHIPPED, read
from org.enums import Effect
from org.errors import InvalidInput

CHARTER = read(SHIPPED.read_text())
TOOLS = {tool.name: tool for role in all_roles() for tool in role.tools}

every_tool = pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
every_role = pytest.mark.parametrize("role", all_roles(), ids=NAMES)


def everything_in(schema: Any) -> list[dict[str, Any]]:
    """Every object of a schema, however deep."""
    if isinstance(schema, list):
        return [found for item in schema for found in everything_in(item)]
    if isinstance(schema, dict):
        return [schema, *(found for item in schema.values() for found in everything_in(item))]
    return []


def spoken(role: RoleSpec) -> set[str]:
    """How a tool's first words name a role: CEO, Senior Architect."""
    return {role.name.upper(), CHARTER.title(role.name)} if "_" not in role.name else {CHARTER.title(role.name)}


def test_the_servers_are_the_roles_of_the_charter() -> None:
    assert list(NAMES) == list(CHARTER.roles)


@every_role
def test_a_role_has_each_tool_once(role: RoleSpec) -> None:
    names = [tool.name for tool in role.tools]
    assert len(names) == len(set(names))


@every_role
def test_the_tools_roles_share_stand_in_one_order(role: RoleSpec) -> None:
    """Clients list them in it. A role's own may stand before or after them."""
    assert [tool for tool in role.tools if tool in EVERY_ROLE] == [tool for tool in EVERY_ROLE if tool in role.tools]


@pytest.mark.parametrize(
    ("role", "tool"),
    [pytest.param(role, tool, id=tool.name) for role in all_roles() for tool in role.tools if tool not in EVERY_ROLE],
)
def test_the_first_words_of_a_roles_own_tool_name_role_and_deed(role: RoleSpec, tool: Tool) -> None:
    """A client shows the tools of all its servers side by side."""
    whose, _, deed = re.split(r"(?<=[.!?])\s", tool.description)[0].partition(": ")
    assert whose in spoken(role)
    assert len(deed.split()) >= 3


@pytest.mark.parametrize("tool", EVERY_ROLE, ids=lambda tool: tool.name)
def test_the_first_words_of_a_shared_tool_name_no_role(tool: Tool) -> None:
    assert not [role.name for role in all_roles() if tool.description.startswith(tuple(f"{w}: " for w in spoken(role)))]


def test_only_the_ceo_has_the_ceos_tools() -> None:
    own = {"approve_strategic_initiative", "allocate_budget", "escalate_to_board", "review_organizational_health"}
    for role in all_roles():
        held = {tool.name for tool in role.tools}
        assert (held & own) == (own if role.name == "ceo" else set())
        assert ("escalate_decision" in held) == (role.name != "ceo")


@every_tool
def test_input_schemas_are_flat(tool: Tool) -> None:
    jsonschema.Draft202012Validator.check_schema(tool.input_schema)
    for part in everything_in(tool.input_schema):
        assert not {"$ref", "$defs", "anyOf", "oneOf", "allOf"} & set(part), part
        assert not isinstance(part.get("title"), str), part
        assert part.get("default", 0) is not None, part


@every_tool
def test_output_schemas_refer_to_nothing(tool: Tool) -> None:
    jsonschema.Draft202012Validator.check_schema(tool.output_schema)
    assert not any("$ref" in part for part in everything_in(tool.output_schema))
    assert {"acted_as", "say"} <= set(tool.output_schema["required"])


@every_tool
def test_every_argument_is_described(tool: Tool) -> None:
    assert tool.input_schema["additionalProperties"] is False
    for name, schema in tool.input_schema.get("properties", {}).items():
        assert schema.get("description", "").strip().endswith("."), name
        assert "type" in schema or "enum" in schema, name


@every_tool
def test_a_description_is_at_most_three_sentences(tool: Tool) -> None:
    assert tool.description
    assert len(re.findall(r"[.!?](?=\s|$)", tool.description)) <= 3


@pytest.mark.parametrize(
    ("name", "deed"),
    [
        ("approve_strategic_initiative", "approve a NEW strategic initiative"),
        ("allocate_budget", "give approved budget to a department"),
        ("escalate_to_board", "put an unsettled decision before the human board"),
        ("review_organizational_health", "how the organisation does"),
    ],
)
def test_a_ceo_tool_names_role_and_deed_in_its_first_eighty_characters(name: str, deed: str) -> None:
    start = TOOLS[name].description[:80]
    assert start.startswith("CEO: ")
    assert deed in start


@every_tool
def test_the_actor_is_no_argument(tool: Tool) -> None:
    named = set(tool.input_schema.get("properties", {}))
    if tool.name == "conduct_performance_review":
        named.remove("role")  # whom it reviews, never oneself
    assert not named & {"by", "role", "actor", "acted_as", "as_role"}
    assert ("idempotency_key" in named) == (tool.effect is not Effect.READS)


@pytest.mark.parametrize(
    ("name", "arguments", "named"),
    [
        ("allocate_budget", {"amount": 1, "department": "IT"}, ["justification", "is required", "Why"]),
        ("allocate_budget", {}, ["amount: is required", "department: is required", "justification: is required"]),
        (
            "allocate_budget",
            {"amount": 1, "department": "IT", "justification": "x", "departmnt": "y"},
            ["departmnt", "is not an argument of allocate_budget", "Did you mean department?", "Known: amount"],
        ),
        (
            "escalate_to_board",
            {"decision_id": "D-1", "urgency": "hi"},
            ["urgency: must be one of", "Did you mean high?"],
        ),
        (
            "approve_strategic_initiative",
            {"initiative": "a", "business_value": "b", "budget": "1e9"},
            ["budget", "a string"],
        ),
        (
            "approve_strategic_initiative",
            {"initiative": "a", "business_value": "b", "budget": True},
            ["budget", "true"],
        ),
        (
            "approve_strategic_initiative",
            {"initiative": " ", "business_value": "b", "budget": 1},
            ["initiative", "at least 1"],
        ),
        (
            "approve_strategic_initiative",
            {"initiative": 7, "business_value": "b", "budget": 1},
            ["initiative", "string"],
        ),
        (
            "approve_strategic_initiative",
            {"initiative": "a", "business_value": 5, "budget": 1},
            ["business_value", "object"],
        ),
        (
            "escalate_to_board",
            {"decision_id": "D-1", "urgency": "soon"},
            ["urgency", "'low', 'normal', 'high' or 'critical'", "'soon'"],
        ),
        ("resolve_decision", {"decision_id": "D-1", "approve": "yes", "rationale": "x"}, ["approve", "true or false"]),
        (
            "propose_decision",
            {"decision_type": "other", "title": "x", "context": "y", "confidence": 1.1},
            ["confidence", "0 to 1"],
        ),
        (
            "propose_decision",
            {"decision_type": "other", "title": "x", "context": "y", "mode": "democratic"},
            ["mode", "'human'"],
        ),
        ("read_inbox", {"limit": 101}, ["limit", "100"]),
        ("read_inbox", {"limit": 2.0}, ["limit", "whole number"]),
        (
            "send_message",
            {"to": "ceo", "subject": "a", "content": "b", "ack_by": "2030-01-01T00:00:00"},
            ["ack_by", "a time with its zone, like 2027-01-31T09:00:00Z"],
        ),
        (
            "review_operational_metrics",
            {"objectives": {"checkout": 99.9}, "measurements": {}},
            ["objectives.checkout", "an object of names and values"],
        ),
        ("wait_for", {"id": "D-1", "timeout_seconds": 51}, ["timeout_seconds", "50"]),
        ("propose_decision", {"decision_type": "other", "title": "x", "context": {"a": "\x00"}}, ["context", "NUL"]),
        ("propose_decision", {"decision_type": "other", "title": "x", "context": "y" * 70_000}, ["KiB"]),
        ("review_organizational_health", {"metrics": "weather"}, ["metrics", "'budget'"]),
    ],
)
def test_a_wrong_argument_is_named_with_its_rule_and_the_next_step(
    name: str, arguments: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(InvalidInput) as fault:
        TOOLS[name].validate(arguments)
    told = str(fault.value)
    assert [word for word in named if word not in told] == []
    assert "Nothing was done" in told


def test_a_list_may_be_sent_as_its_single_item() -> None:
    validate = TOOLS["propose_decision"].validate
    told = validate({"decision_type": "other", "title": "x", "context": "y", "evidence": "one fact"})
    assert told["evidence"] == ["one fact"]
    assert TOOLS["review_organizational_health"].validate({"metrics": "budget"})["metrics"] == ["budget"]


def test_validated_arguments_are_canonical() -> None:
    """Calls that mean the same are stored the same, so that a repeat is known as one."""
    validate = TOOLS["approve_strategic_initiative"].validate
    short = validate({"initiative": " AI lab ", "business_value": {"b": 1, "a": 2}, "budget": 750000.0})
    long = validate(
        {
            "budget": 750000,
            "business_value": {"a": 2, "b": 1},
            "initiative": "AI lab",
            "confidential": False,
            "department": None,
            "idempotency_key": "again",
        }
    )
    assert json.dumps(short, sort_keys=True) == json.dumps(long, sort_keys=True)
    assert "idempotency_key" not in long
    assert validate(short) == short


def test_a_role_knows_its_tools_by_name() -> None:
    ceo = spec_of("ceo")
    assert ceo.tool("allocate_budget") is TOOLS["allocate_budget"]
    assert spec_of("cto").tool("allocate_budget") is None
    with pytest.raises(KeyError):
        spec_of("janitor")


@every_tool
def test_a_tool_is_listed_with_what_repeating_it_does(tool: Tool) -> None:
    listed = results.listed(tool).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert listed["annotations"] == {
        "readOnlyHint": tool.effect is Effect.READS,
        "destructiveHint": False,
        "idempotentHint": tool.effect is not Effect.CREATES,
        "openWorldHint": False,
    }
    jsonschema.Draft202012Validator.check_schema(listed["outputSchema"])
    assert listed["inputSchema"] == tool.input_schema


@pytest.mark.parametrize("late", [True, False])
def test_a_call_may_answer_late_and_no_read_does(late: bool) -> None:
    """A call that outlasts its client's patience answers with its id, which its output schema allows."""
    answer = {"acted_as": "ceo", "say": "C-1 is still running", "still_running": True, "call_id": "C-1"}
    tool = TOOLS["allocate_budget"] if late else TOOLS["brief_me"]
    fits = jsonschema.Draft202012Validator(results.listed(tool).output_schema or {}).is_valid(answer)
    assert fits == late


def test_what_a_method_cannot_work_with_is_bad_input_by_its_field() -> None:
    [tool] = [tool for tool in spec_of("product_manager").tools if tool.name == "prioritize_backlog"]
    arguments = tool.validate({"items": [{"id": "a", "value": 1, "effort": 1, "reach": 1, "confidence": 7}]})
    with pytest.raises(InvalidInput, match=r"confidence.*from 0 to 1"):
        tool.call(Actor("product_manager"), arguments)


def test_a_call_stored_without_a_server_is_bounded_all_the_same() -> None:
    tool = spec_of("ceo").tool("send_message")
    assert tool is not None
    arguments = {"to": "cto", "subject": "x", "content": "y" * 270_000}
    with pytest.raises(InvalidInput, match="a call holds at most 64 KiB"):
        tool.call(None, arguments)


def test_a_call_of_a_thousand_faults_is_answered_by_a_few_and_how_many_more() -> None:
    tool = spec_of("product_manager").tool("prioritize_backlog")
    assert tool
    with pytest.raises(InvalidInput) as refused:
        tool.validate({"items": [{"id": ""}], **{f"unknown{number}": 1 for number in range(1000)}})
    assert "more are wrong." in str(refused.value)
    assert len(str(refused.value)) < 5_000


def test_a_call_that_is_far_too_large_is_not_looked_at_further() -> None:
    tool = spec_of("product_manager").tool("prioritize_backlog")
    assert tool
    with pytest.raises(InvalidInput, match="a call holds at most 64 KiB"):
        tool.validate({"items": [1] * 300_000})


@pytest.mark.parametrize(
    ("role", "name", "arguments"),
    [
        ("test_lead", "classify_defect", {"severity" * 7_500: 1}),
        ("product_manager", "prioritize_backlog", {"items": [{"id": "a", "x": {"k" * 60_000: "\x00"}}]}),
        ("senior_developer", "review_code", {"files": {"p" * 900_000: 1}}),
    ],
)
def test_a_field_as_long_as_a_call_is_named_by_how_it_begins(role: str, name: str, arguments: dict[str, Any]) -> None:
    tool = spec_of(role).tool(name)
    assert tool
    with pytest.raises(InvalidInput) as refused:
        tool.validate(arguments)
    assert len(str(refused.value)) < 2_000
