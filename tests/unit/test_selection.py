"""What a client is told of one role's server, and of one for several: as much as fits a model's context."""

from __future__ import annotations

import json

import jsonschema
import pytest

from agents.registry import all_roles
from agents.role import RoleSpec
from agents.selection import OneRole, Selection, SeveralRoles
from org.errors import InvalidInput

MOST_BYTES_OF_ONE = 15 * 1024
MOST_BYTES_OF_SEVERAL = 725  # a tool
MOST_BYTES_OF_INSTRUCTIONS = 2 * 1024
LONGEST_NAME = 64  # with what a client puts before it
# Both parts of these are fixed. As `mcp__echo-operations_head__…`, or where the server is called `ops`, they fit.
TOO_LONG = {
    f"mcp__plugin_echo_echo-operations_head__{name}"
    for name in ("approve_infrastructure_change", "review_operational_metrics")
}
SERVERS = [*(OneRole(spec, spec.name) for spec in all_roles()), SeveralRoles(all_roles())]

each_server = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)


@each_server
def test_what_a_model_reads_of_a_server_is_small(server: Selection) -> None:
    tools = [tool.model_dump(include={"name", "description", "input_schema"}, by_alias=True) for tool in server.tools]
    assert tools
    most = MOST_BYTES_OF_ONE if isinstance(server, OneRole) else MOST_BYTES_OF_SEVERAL * len(tools)
    size = len(json.dumps(tools, separators=(",", ":")).encode())
    assert size <= most, f"the tools of {server.name} take {size} bytes of a model's context: shorten what is new"
    assert len(server.instructions.encode()) <= MOST_BYTES_OF_INSTRUCTIONS


@each_server
def test_names_fit_with_what_clients_put_before_them(server: Selection) -> None:
    names = [f"mcp__plugin_echo_echo-{server.name}__{tool.name}" for tool in server.tools]
    assert {name for name in names if len(name) > LONGEST_NAME} <= TOO_LONG


def test_every_argument_of_a_server_for_several_roles_is_described() -> None:
    for tool in SeveralRoles(all_roles()).tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert next(iter(tool.input_schema["properties"])) == "as_role"
        for name, schema in tool.input_schema["properties"].items():
            assert schema["description"].endswith("."), f"{tool.name}.{name}"


def test_roles_share_a_tool_or_have_none_of_the_same_name() -> None:
    for spec in all_roles():
        for tool in spec.tools:
            for other in all_roles():
                assert other.tool(tool.name) in (tool, None), f"{tool.name} of {spec.name} and {other.name}"


def test_choosing_a_role_takes_nothing_else_from_the_arguments() -> None:
    chosen = SeveralRoles(all_roles()).choose("read_inbox", {"as_role": "cto", "limit": 5})
    assert (chosen.role, chosen.tool.name, chosen.arguments) == ("cto", "read_inbox", {"limit": 5})


def role(name: str) -> RoleSpec:
    return next(spec for spec in all_roles() if spec.name == name)


def test_a_role_that_is_not_held_cannot_be_chosen() -> None:
    two = SeveralRoles([role("cto"), role("chro")])
    with pytest.raises(InvalidInput, match="'ceo' has no read_inbox here"):
        two.choose("read_inbox", {"as_role": "ceo"})
    with pytest.raises(InvalidInput, match=r"'cro' has no read_inbox here\. Nothing was done"):
        two.choose("read_inbox", {"as_role": "cro"})
    with pytest.raises(InvalidInput, match=r"'chroo' has no read_inbox here\. Did you mean chro"):
        two.choose("read_inbox", {"as_role": "chroo"})
    with pytest.raises(InvalidInput, match=r"no tool 'read_inbx'\. Did you mean read_inbox"):
        two.choose("read_inbx", {"as_role": "cto"})
    with pytest.raises(InvalidInput, match="no tool 'allocate_budget'"):
        two.choose("allocate_budget", {"as_role": "ceo"})


@pytest.mark.parametrize(
    ("uri", "read_as"),
    [
        ("echo://cto/inbox", ("cto", "echo://inbox")),
        ("echo://chro/decisions/D-1", ("chro", "echo://decisions/D-1")),
        ("echo://charter", ("cto", "echo://charter")),
        ("echo://memories/ceo/plans", ("cto", "echo://memories/ceo/plans")),
        ("echo://ceo/inbox", ("cto", "echo://ceo/inbox")),
        ("echo://cto/", ("cto", "echo://cto/")),
    ],
)
def test_a_resource_is_read_as_the_role_its_address_begins_with(uri: str, read_as: tuple[str, str]) -> None:
    assert SeveralRoles([role("cto"), role("chro")]).reader(uri) == read_as
