"""Nine servers, one a role, for clients old and new; their stdout carries the protocol and nothing else."""

import pytest

from agents.registry import NAMES
from org.charter import SHIPPED, read
from tests.acceptance.conftest import open_client
from tests.clients.raw import RawClient
from tests.stack import Organisation

CHARTER = read(SHIPPED.read_text())
OLD_VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


def test_every_role_has_a_server_that_knows_who_it_is(organisation: Organisation) -> None:
    """All nine at once, as when nine clients start together."""
    clients = {role: open_client(organisation, role) for role in NAMES}
    try:
        for role, client in clients.items():
            hello = client.initialize()
            assert hello["serverInfo"]["name"] == f"echo-{role}"
            assert CHARTER.roles[role].title in hello["instructions"]
            assert len(hello["instructions"].encode()) <= 2048
            told = client.call("brief_me").structured
            assert (told["acted_as"], told["role"], told["title"]) == (role, role, CHARTER.roles[role].title)
            assert told["reports_to"] == CHARTER.roles[role].reports_to
            limits = {limit["decision_type"]: limit["limit_usd"] for limit in told["limits"]}
            decides = [kind for kind in CHARTER.types.values() if role in kind.decided_by]
            assert limits == {kind.name: CHARTER.roles[role].limit_usd for kind in decides if kind.money}
            assert told["decided_without_amount"] == [kind.name for kind in decides if not kind.money]
        for client in clients.values():
            assert client.close(timeout=20) == 0  # raises Noise for a byte on stdout that is no message
            assert "Traceback" not in client.stderr
    finally:
        for client in clients.values():
            client.kill()


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_a_client_of_any_version_is_served(organisation: Organisation, version: str) -> None:
    with open_client(organisation, "ceo") as client:
        hello = client.initialize(version)
        assert hello["protocolVersion"] == version
        assert client.call("check_authority", decision_type="policy").text
        done = client.call("propose_decision", decision_type="policy", title=f"For {version}", context="x")
        assert '"status":"approved"' in done.text
        assert client.call("no_such_tool").is_error


def test_a_client_of_the_newest_version_needs_no_handshake(organisation: Organisation) -> None:
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True, timeout=60) as client:
        assert {tool["name"] for tool in client.request("tools/list")["tools"]} >= {"brief_me", "allocate_budget"}
        done = client.call("propose_decision", decision_type="policy", title="For 2026-07-28", context="x")
        assert done.structured["status"] == "approved"


def test_an_unknown_role_has_no_server(organisation: Organisation) -> None:
    with open_client(organisation, "janitor") as client:
        assert client.wait_for_exit(30) == 1
        assert "there is no role 'janitor'" in client.stderr
        assert "senior_architect" in client.stderr
