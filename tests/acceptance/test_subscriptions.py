"""A client that subscribed is told when a resource is no longer as it was, in either protocol era, and else nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from org.clock import database_clock
from org.enums import MessageType, Status
from org.models import Message
from org.services import decisions, memories, messages, work
from tasks import outbox
from tests.clients.raw import Message as Json
from tests.clients.raw import RawClient, RpcError, Silence
from tests.people import acting, propose, start_run
from tests.stack import Organisation, wait_until

INBOX = "echo://inbox"
UPDATED = "notifications/resources/updated"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"

Subscribes = Callable[..., RawClient]


@pytest.fixture(params=["legacy", "modern"])
def subscribed(request: pytest.FixtureRequest, office: Organisation) -> Iterator[Subscribes]:
    """Opens a client of either era that follows resources: `subscribed("cto", "echo://inbox")`."""
    modern = request.param == "modern"
    with ExitStack() as clients:

        def start(role: str, *uris: str) -> RawClient:
            command, env = office.client_command(role), office.env
            client = clients.enter_context(RawClient.start(command, env, modern=modern, timeout=60))
            if not modern:
                client.initialize("2025-11-25")
            follow(client, *uris)
            return client

        yield start


def follow(client: RawClient, *uris: str) -> int | None:
    """Subscribe as the client's era does; the id of the stream, if it is one."""
    if not client.modern:
        for uri in uris:
            client.request("resources/subscribe", {"uri": uri})
        return None
    wanted = {"notifications": {"resourceSubscriptions": list(uris)}}
    stream = client.request_nowait("subscriptions/listen", wanted)
    client.receive_notification("notifications/subscriptions/acknowledged")
    return stream


def ask_to_follow(client: RawClient, uri: str) -> None:
    """Ask for what is to be refused. Raises RpcError."""
    if client.modern:
        client.request("subscriptions/listen", {"notifications": {"resourceSubscriptions": [uri]}})
    else:
        client.request("resources/subscribe", {"uri": uri})


def told(client: RawClient, seconds: float = 10) -> str:
    return str(client.receive_notification(UPDATED, seconds)["uri"])


def hears_nothing(client: RawClient, seconds: float = 1.5) -> bool:
    try:
        client.receive_notification(UPDATED, seconds)
    except Silence:
        return True
    return False


def write(to: str = "cto", subject: str = "Plans") -> Message:
    row = messages.send(
        to=to, subject=subject, content="x", type=MessageType.REQUEST, by=acting("ceo"), clock=database_clock
    )[0]
    outbox.relay()
    return row


def test_new_mail_is_told_at_once_and_offered(subscribed: Subscribes) -> None:
    cto = subscribed("cto", INBOX)
    letter = write()
    assert told(cto) == INBOX
    wait_until(lambda: Message.objects.get(pk=letter.pk).offered_at is not None, 5)
    assert not Message.objects.get(pk=letter.pk).read
    write("leadership", "To the leadership")
    assert told(cto) == INBOX


def test_what_is_not_its_own_is_no_change(subscribed: Subscribes) -> None:
    cto = subscribed("cto", INBOX)
    write("chro")
    cto.call("read_inbox")
    assert hears_nothing(cto)


def test_while_nothing_happens_nothing_is_said(subscribed: Subscribes) -> None:
    cto = subscribed("cto", INBOX, "echo://charter")
    time.sleep(6)  # longer than from one look to the next
    assert cto.notifications == []


def test_a_decision_that_is_settled_is_told_by_its_ref_or_its_id(subscribed: Subscribes) -> None:
    matter = propose("senior_developer", None, "architecture", title="Rewrite")
    outbox.relay()
    by_ref, by_id = f"echo://decisions/{matter.ref}", f"echo://decisions/{matter.pk}"
    developer = subscribed("senior_developer", by_ref, by_id)
    decisions.resolve(
        decision=matter.ref, approve=True, rationale="Yes.", by=acting("senior_architect"), clock=database_clock
    )
    outbox.relay()
    assert {told(developer), told(developer)} == {by_ref, by_id}
    matter.refresh_from_db()
    assert matter.status == Status.APPROVED


def test_a_run_whose_work_is_claimed_is_told(subscribed: Subscribes) -> None:
    run = start_run()
    outbox.relay()
    address = f"echo://workflows/{run.ref}"
    ceo = subscribed("ceo", address)
    work.claim(work=None, by=acting("chro"), clock=database_clock)
    outbox.relay()
    assert told(ceo) == address
    [contents] = ceo.request("resources/read", {"uri": address})["contents"]
    assert json.loads(contents["text"])["waiting_on"] == ["chro"]


def test_a_memory_that_is_revised_is_told(subscribed: Subscribes) -> None:
    def remember(content: str) -> None:
        memories.remember(key="vendors/hosting", content=content, by=acting("cto"), clock=database_clock)
        outbox.relay()

    remember("Hetzner.")
    ceo = subscribed("ceo", "echo://memories/vendors%2FHosting")
    remember("OVH.")
    assert told(ceo) == "echo://memories/vendors%2FHosting"
    remember("OVH.")
    assert hears_nothing(ceo), "the same again changes nothing"


def test_without_redis_the_database_tells_within_two_seconds(office: Organisation, subscribed: Subscribes) -> None:
    office.redis_url = "redis://127.0.0.1:1/0"
    cto = subscribed("cto", INBOX)
    write()
    started = time.monotonic()
    assert told(cto) == INBOX
    assert time.monotonic() - started < 2


def test_what_does_not_exist_cannot_be_followed(office: Organisation, subscribed: Subscribes) -> None:
    cto = subscribed("cto", INBOX)
    for uri, word in (("echo://nothing", "No resource"), ("echo://decisions/D-999", "D-999")):
        with pytest.raises(RpcError, match=word) as refused:
            ask_to_follow(cto, uri)
        assert refused.value.code == -32602
    write()
    assert told(cto) == INBOX, "what was followed before still is"


def test_so_many_resources_are_followed_and_no_more(office: Organisation, subscribed: Subscribes) -> None:
    for number in range(65):
        memories.remember(key=f"key{number}", content="x", by=acting("cto"), clock=database_clock)
    cto = subscribed("cto", *(f"echo://memories/key{number}" for number in range(64)))
    with pytest.raises(RpcError, match="at most 64"):
        ask_to_follow(cto, "echo://memories/key64")


def test_whoever_gave_up_hears_no_more(office: Organisation, subscribed: Subscribes) -> None:
    cto = subscribed("cto")
    stream = follow(cto, INBOX)
    write()
    assert told(cto) == INBOX
    if cto.modern:
        cto.notify("notifications/cancelled", {"requestId": stream})
    else:
        cto.request("resources/unsubscribe", {"uri": INBOX})
    wait_until(lambda: cto.call("read_inbox").structured is not None)
    write(subject="More")
    assert hears_nothing(cto)


def test_two_streams_are_told_each_what_it_follows(office: Organisation, subscribed: Subscribes) -> None:
    cto = subscribed("cto")
    if not cto.modern:
        pytest.skip("only the newest era has streams")
    first, second = follow(cto, INBOX), follow(cto, INBOX, "echo://charter")
    write()
    heard = {cto.receive_notification(UPDATED)["_meta"][SUBSCRIPTION] for _ in range(2)}
    assert heard == {first, second}
    cto.notify("notifications/cancelled", {"requestId": first})
    wait_until(lambda: cto.call("read_inbox").structured is not None)
    write(subject="More")
    later: Json = cto.receive_notification(UPDATED)
    assert later["_meta"][SUBSCRIPTION] == second


def test_a_client_that_follows_leaves_at_once(office: Organisation, subscribed: Subscribes) -> None:
    cto = subscribed("cto", INBOX)
    started = time.monotonic()
    assert cto.close() == 0
    assert time.monotonic() - started < 2
