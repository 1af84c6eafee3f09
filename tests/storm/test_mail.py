"""A thousand messages from eight roles while Redis is away and a server is killed: each arrives once, in order, and its
receipts are true.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest

from tests.clients.raw import RawClient, Silence
from tests.stack import wait_until
from tests.storm.conftest import Storm

pytestmark = [pytest.mark.storm, pytest.mark.timeout(600)]

SENDERS = (
    *("cto", "chro", "operations_head", "product_manager"),
    *("senior_architect", "uiux_engineer", "senior_developer", "test_lead"),
)
EACH = 125
AWAY_SECONDS = 30
PAUSE_SECONDS = 0.25  # between two messages of a sender, so that all the while some are on their way


class Sender:
    """A role that sends numbered messages on a thread of its own, and the same again until it is told of each."""

    def __init__(self, storm: Storm, role: str) -> None:
        self._storm, self.role = storm, role
        self.client = self._open()
        self.sent = 0
        self.killed = False
        self.thread = threading.Thread(target=self._send_all, daemon=True)

    def _open(self) -> RawClient:
        client = self._storm.client(self.role)
        client.initialize()
        return client

    def _send_all(self) -> None:
        while self.sent < EACH:
            try:
                answer = self.client.call(
                    "send_message",
                    to="ceo",
                    subject=str(self.sent),
                    content=f"{self.role} {self.sent}",
                    thread_id=f"storm_{self.role}",
                    idempotency_key=f"{self.role} {self.sent}",
                )
            except Silence:  # its server was killed
                self.client, self.killed = self._open(), True
                continue
            if answer.is_error or "deliveries" not in answer.structured:
                time.sleep(0.2)
                continue
            self.sent += 1
            time.sleep(PAUSE_SECONDS)


def test_each_message_arrives_once_and_in_order_and_its_receipts_are_true(storm: Storm) -> None:
    senders = [Sender(storm, role) for role in SENDERS]
    for sender in senders:
        sender.thread.start()
    with storm.client("ceo") as ceo:
        ceo.initialize()
        ceo.request("resources/subscribe", {"uri": "echo://inbox"})
        wait_until(lambda: all(sender.sent > 3 for sender in senders), 60, "the first messages")
        storm.servers.valkey.kill()
        away_since = time.monotonic()
        time.sleep(2)
        assert ceo.receive_notification("notifications/resources/updated")["uri"] == "echo://inbox"
        senders[0].client.kill()
        time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - away_since)))
        storm.servers.valkey.start()
        storm.servers.valkey.wait_ready()
        assert any(sender.sent < EACH for sender in senders), "all was sent before Redis was back"
        for sender in senders:
            sender.thread.join(240)
            assert sender.sent == EACH, sender.role
        assert [sender.role for sender in senders if sender.killed] == [senders[0].role]

        received: list[dict[str, str]] = []
        cursor: str | None = None
        while cursor is not None or not received:
            page = ceo.call("read_inbox", limit=100, **({"cursor": cursor} if cursor else {})).structured
            received += page["messages"]
            cursor = page["next_cursor"]
        threads: dict[str, list[int]] = defaultdict(list)
        for message in reversed(received):
            threads[message["thread_id"]].append(int(message["subject"]))
        assert threads == {f"storm_{role}": list(range(EACH)) for role in SENDERS}

        wait_until(
            lambda: (
                storm.rows("SELECT count(*) FROM messages WHERE read AND offered_at <= read_at")
                == [(len(SENDERS) * EACH,)]
            ),
            30,
            "every receipt",
        )
        assert ceo.call("brief_me").structured["inbox"]["unread"] == 0
    for sender in senders:
        last = storm.rows(f"SELECT max(number) FROM messages WHERE from_role = '{sender.role}'")[0][0]
        told = sender.client.call("wait_for", id=f"M-{last}", timeout_seconds=0).structured
        assert (told["state"], told["settled"]) == ("read", False)
        sender.client.close()
    wait_until(lambda: not storm.rows("SELECT 1 FROM outbox WHERE published_at IS NULL"), 30, "everything published")
