"""A person asks a role on the pages; its model answers over stdio; the person sees the answer and how it came."""

from __future__ import annotations

from org.models import Message
from tests.acceptance.conftest import Opens
from tests.people import board_member
from tests.services.boardroom import Visitor, text_of
from tests.stack import wait_until


def test_a_person_asks_a_role_which_answers_and_each_sees_how_far_it_has_come(shared: Opens) -> None:
    ada, cto = Visitor(board_member("ada")), shared("cto")
    form = {"to": "cto", "subject": "Hosting", "content": "Which vendor?", "type": "request", "priority": "high"}
    asked_on = ada.post("/admin/org/message/add/", form)["Location"]
    asked = Message.objects.get(from_role="board")
    assert "in the inbox" in text_of(ada.get(asked_on))

    [letter] = cto.call("read_inbox", needs_action=True).structured["messages"]
    assert (letter["ref"], letter["from"], letter["written_by"]) == (asked.ref, "board", "ada")
    assert (letter["type"], letter["content"], letter["priority"]) == ("request", "Which vendor?", "high")
    wait_until(lambda: Message.objects.get(pk=asked.pk).read, 5, "the note that it was read")
    assert "Read " in text_of(ada.get(asked_on))

    said = {"to": "board", "subject": "Re: Hosting", "content": "OVH: Hetzner was away twice."}
    answer = cto.call("send_message", **said, reply_to=letter["ref"]).structured
    assert [delivery["to"] for delivery in answer["deliveries"]] == ["board"]
    waiting = cto.call("wait_for", id=answer["ref"], timeout_seconds=50).structured
    assert (waiting["state"], waiting["waiting_on"]) == ("stored", ["board"])

    assert "Unread answers to the board" in text_of(ada.get("/admin/"))
    seen = text_of(ada.get(asked_on))
    assert "OVH: Hetzner was away twice." in seen
    assert "Chief Technology Officer answered" in seen
    assert "Opened by ada" in seen
    assert "Unread answers to the board" not in text_of(ada.get("/admin/"))
    assert cto.call("wait_for", id=answer["ref"], timeout_seconds=0).structured["state"] == "read"


def test_a_role_writes_to_the_board_only_in_answer(shared: Opens) -> None:
    refused = shared("cto").call("send_message", to="board", subject="Hello", content="Are you there?")
    assert refused.is_error
    assert "the board is people, who read decisions, not mail. Nothing was done. Propose a decision" in refused.text
    assert not Message.objects.filter(to_role="board", subject="Hello").exists()
