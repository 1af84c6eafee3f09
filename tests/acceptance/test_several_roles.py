"""`mcp_agent all`: one server for one chat with several roles. `as_role` picks among the credentials it holds, and adds
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agents.registry import NAMES
from org.clock import database_clock
from org.credentials import Folder
from org.enums import MessageType
from org.models import Call
from org.services import messages
from tasks import outbox
from tests.clients.raw import RawClient, RpcError
from tests.people import acting, propose
from tests.services.database import execute
from tests.stack import Organisation, wait_until

Opens = Callable[..., RawClient]


@pytest.fixture
def several(office: Organisation) -> Iterator[Opens]:
    """Opens a client of the server of several roles: `several("--roles", "ceo,cto", ECHO_CREDENTIALS=…)`."""
    with ExitStack() as clients:

        def start(*words: str, **env: str) -> RawClient:
            command = [*office.client_command("all"), *words]
            client = clients.enter_context(RawClient.start(command, office.env | env, timeout=60))
            client.initialize()
            return client

        yield start


def schemas(client: RawClient) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool["inputSchema"] for tool in client.request("tools/list")["tools"]}


def test_each_role_answers_for_itself(several: Opens) -> None:
    everyone = several()
    assert [everyone.call("brief_me", as_role=role).structured["acted_as"] for role in NAMES] == list(NAMES)


def test_a_shared_tool_asks_as_whom_and_a_roles_own_does_not(office: Organisation, several: Opens) -> None:
    everyone = several()
    offered = schemas(everyone)
    assert offered["brief_me"]["properties"]["as_role"]["enum"] == list(NAMES)
    assert "as_role" in offered["brief_me"]["required"]
    assert offered["allocate_budget"]["properties"]["as_role"]["enum"] == ["ceo"]
    assert "as_role" not in offered["allocate_budget"]["required"]
    office.start_worker()
    arguments = {"initiative": "AI Research Lab", "budget": 750_000, "business_value": "Much."}
    assert everyone.call("approve_strategic_initiative", **arguments).structured["acted_as"] == "ceo"


@pytest.mark.parametrize(
    ("tool", "arguments", "word"),
    [
        ("brief_me", {}, "is required"),
        ("brief_me", {"as_role": "board"}, "'board' has no brief_me here"),
        ("brief_me", {"as_role": ["ceo"]}, "has no brief_me here"),
        ("brief_me", {"as_role": None}, "is required"),
        ("allocate_budget", {"as_role": "cto", "amount": 1}, "'cto' has no allocate_budget here"),
    ],
)
def test_as_role_adds_nothing(several: Opens, tool: str, arguments: dict[str, Any], word: str) -> None:
    refused = several().call(tool, **arguments)
    assert refused.is_error
    assert refused.text.startswith("as_role: ")
    assert word in refused.text
    assert "Send one of ceo" in refused.text


def test_only_the_roles_it_was_started_for(several: Opens) -> None:
    two = several("--roles", "cto,ceo")
    assert schemas(two)["brief_me"]["properties"]["as_role"]["enum"] == ["cto", "ceo"]
    assert "'chro' has no brief_me here" in two.call("brief_me", as_role="chro").text


def test_only_the_roles_whose_credentials_it_holds(several: Opens, tmp_path: Path) -> None:
    held = Folder(tmp_path / "held")
    for role in ("chro", "test_lead"):
        credential = Folder.configured().read(role)
        assert credential
        held.write(role, credential)
    two = several(ECHO_CREDENTIALS=str(held.path))
    assert schemas(two)["brief_me"]["properties"]["as_role"]["enum"] == ["chro", "test_lead"]
    assert two.call("brief_me", as_role="test_lead").structured["acted_as"] == "test_lead"


def test_a_role_whose_credential_is_elsewhere_is_refused(office: Organisation, tmp_path: Path) -> None:
    held = Folder(tmp_path / "held")
    credential = Folder.configured().read("chro")
    assert credential
    held.write("chro", credential)
    command = [*office.client_command("all"), "--roles", "chro,ceo"]
    with RawClient.start(command, office.env | {"ECHO_CREDENTIALS": str(held.path)}) as client:
        assert client.process.wait(30) == 1
        wait_until(lambda: "no credential of the ceo" in client.stderr, 5)


def test_what_a_role_may_not_read_it_cannot_read_from_here_either(several: Opens) -> None:
    secret = propose("chro", None, "policy", title="Layoffs", confidential=True)
    everyone = several()
    assert everyone.call("get_decision", as_role="chro", decision_id=secret.ref).structured["ref"] == secret.ref
    assert "nothing is called" in everyone.call("get_decision", as_role="cto", decision_id=secret.ref).text


def test_two_roles_write_to_each_other_in_one_chat(office: Organisation, several: Opens) -> None:
    office.start_worker("ceo", "cto")
    office.start_sweeper()
    both = several("--roles", "ceo,cto")
    sent = both.call("send_message", as_role="ceo", to="cto", subject="Plans", content="?").structured
    answers: list[Any] = []
    wait_until(
        lambda: (
            answers.append(both.call("check_authority", as_role="cto", decision_type="architecture").structured)
            or "news" in answers[-1]
        ),
        10,
    )
    assert sent["ref"] in answers[-1]["news"]
    [read] = both.call("read_inbox", as_role="cto").structured["messages"]
    assert (read["ref"], read["from"]) == (sent["ref"], "ceo")
    assert both.call("read_inbox", as_role="ceo").structured["messages"] == []


def test_its_votes_are_told_as_one_voice(office: Organisation, several: Opens) -> None:
    office.start_worker()
    everyone = several()
    opened = everyone.call(
        "propose_decision",
        as_role="cto",
        decision_type="architecture",
        title="Rewrite",
        context="x",
        mode="collaborative",
        participants=["chro", "operations_head", "senior_architect"],
    ).structured
    for role in opened["waiting_on"]:
        answer = everyone.call(
            "cast_vote", as_role=role, decision_id=opened["ref"], vote="approve", rationale="Yes.", confidence=0.9
        )
        assert answer.structured["acted_as"] == role
    assert answer.structured["voices"]["clients"] == 1
    assert {call.role for call in Call.objects.all()} == {"cto", *opened["waiting_on"]}


def test_each_inbox_is_a_resource_and_can_be_followed(several: Opens) -> None:
    everyone = several()
    uris = {resource["uri"] for resource in everyone.request("resources/list")["resources"]}
    assert {f"echo://{role}/inbox" for role in NAMES} < uris
    everyone.request("resources/subscribe", {"uri": "echo://cto/inbox"})
    messages.send(
        to="cto", subject="Plans", content="x", type=MessageType.REQUEST, by=acting("ceo"), clock=database_clock
    )
    outbox.relay()
    assert everyone.receive_notification("notifications/resources/updated", 10)["uri"] == "echo://cto/inbox"
    [shown] = everyone.request("resources/read", {"uri": "echo://cto/inbox"})["contents"]
    assert shown["uri"] == "echo://cto/inbox"
    assert '"Plans"' in shown["text"]
    with pytest.raises(RpcError, match="No resource"):
        everyone.request("resources/read", {"uri": "echo://board/inbox"})


def test_a_prompt_asks_as_whom_and_completes_it(several: Opens) -> None:
    everyone = several()
    for prompt in everyone.request("prompts/list")["prompts"]:
        assert (prompt["arguments"][0]["name"], prompt["arguments"][0]["required"]) == ("as_role", True)
    asked = {"name": "briefing", "arguments": {"as_role": "cto"}}
    [message] = everyone.request("prompts/get", asked)["messages"]
    assert "Chief Technology Officer" in message["content"]["text"]
    assert message["content"]["text"].endswith('Send each of these calls with "as_role": "cto".')
    with pytest.raises(RpcError, match="as_role: is required"):
        everyone.request("prompts/get", {"name": "briefing"})
    reference = {"ref": {"type": "ref/prompt", "name": "briefing"}, "argument": {"name": "as_role", "value": "ch"}}
    assert everyone.request("completion/complete", reference)["completion"]["values"] == ["chro"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["all", "--roles", "ceo,boss"], "there is no role 'boss'"),
        (["all", "--roles", ","], "--roles names no role"),
        (["ceo", "--roles", "cto"], "--roles goes with all"),
    ],
)
def test_what_cannot_be_served_is_said_at_the_start(office: Organisation, words: list[str], sentence: str) -> None:
    process = office.start("wrong", "manage.py", "mcp_agent", *words)
    assert process.process.wait(30) != 0
    assert sentence in process.output()


@pytest.mark.parametrize("role", ["all", "cto"])
@pytest.mark.parametrize("others", [(), ("worker",)], ids=["an empty folder", "another's file"])
def test_without_a_credential_of_its_own_a_server_ends_and_says_what_to_do(
    office: Organisation, tmp_path: Path, role: str, others: tuple[str, ...]
) -> None:
    held = Folder(tmp_path / "held")
    held.path.mkdir()
    for login in others:
        credential = Folder.configured().read(login)
        assert credential
        held.write(login, credential)
    with RawClient.start(office.client_command(role), office.env | {"ECHO_CREDENTIALS": str(held.path)}) as client:
        assert client.process.wait(30) == 1
        wait_until(lambda: f"in {held.path}" in client.stderr and "logins make" in client.stderr, 5)


def test_a_server_whose_credential_is_taken_away_connects_as_nobody_else(office: Organisation, tmp_path: Path) -> None:
    held = Folder(tmp_path / "held")
    for login in ("cto", "chro"):
        credential = Folder.configured().read(login)
        assert credential
        held.write(login, credential)
    with RawClient.start(office.client_command("cto"), office.env | {"ECHO_CREDENTIALS": str(held.path)}) as client:
        client.initialize()
        assert client.call("check_authority", decision_type="architecture").structured["acted_as"] == "cto"
        mine = held.read("cto")
        assert mine
        held.remove("cto")
        execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", mine.name)
        refused = client.call("check_authority", decision_type="architecture")
        assert refused.is_error and "PostgreSQL" in refused.text
