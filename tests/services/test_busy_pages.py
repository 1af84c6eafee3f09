"""A page answers who comes while others are at the same matter: nothing was done, and how to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from org.charter import SHIPPED
from org.models import AuditRecord, BoardVote, CharterDraft, CharterVersion, Decision, Stop
from tests.people import FIRST_VERSION, board_member
from tests.services.boardroom import Visitor, put_before_the_board, text_of
from tests.stack import Servers

STOPS, LETTER = "/admin/org/stop/", "/admin/org/message/add/"
BUSY = "Others are changing the same at this moment. Nothing was done. Try again."


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(committed: str) -> Visitor:
    return Visitor(board_member("ada"))


def an_answer(ada: Visitor) -> Callable[[], Any]:
    matter = put_before_the_board()
    return lambda: ada.answers(matter, "approve", "go ahead")


def a_withdrawal(ada: Visitor) -> Callable[[], Any]:
    page = f"/admin/org/decision/{put_before_the_board().decision.pk}/change/"
    return lambda: ada.post(page, {"deed": "withdraw", "reason": "go ahead"})


def a_freeze(ada: Visitor) -> Callable[[], Any]:
    return lambda: ada.post(STOPS, {"deed": "freeze", "reason": "go ahead"})


def a_publication(ada: Visitor) -> Callable[[], Any]:
    text = SHIPPED.read_text() + "# go ahead\n"
    ada.post("/admin/org/charterdraft/add/", {"deed": "save", "document": text})
    draft = CharterDraft.objects.get()
    form = {"deed": "publish", "document": text, "seen_hash": draft.shown_hash}
    return lambda: ada.post(f"/admin/org/charterdraft/{draft.pk}/change/", form)


def a_letter(ada: Visitor) -> Callable[[], Any]:
    form = {"to": "cto", "subject": "x", "type": "request", "priority": "normal"}
    ada.post(LETTER, {**form, "content": "first"})
    return lambda: ada.post(LETTER, {**form, "content": "go ahead"})


@pytest.mark.parametrize(
    ("deed", "held"),
    [
        (an_answer, "SELECT FROM decisions FOR UPDATE"),
        (an_answer, "SELECT FROM escalations FOR UPDATE"),
        (a_withdrawal, "SELECT FROM decisions FOR UPDATE"),
        (a_freeze, "SELECT close_gates()"),
        (a_publication, "SELECT FROM charter_drafts FOR UPDATE"),
        (a_letter, "SELECT FROM inboxes FOR UPDATE"),
    ],
)
def test_who_comes_while_others_hold_the_matter_is_told_to_try_again(
    servers: Servers, committed: str, ada: Visitor, deed: Callable[[Visitor], Callable[[], Any]], held: str
) -> None:
    press = deed(ada)
    before = AuditRecord.objects.count()
    with psycopg.connect(servers.database_url(committed)) as other:
        other.execute(held)
        page = press()
    assert page.status_code == 409
    seen = text_of(page)
    assert BUSY in seen
    assert "go ahead" in seen
    assert AuditRecord.objects.count() == before
    assert not (BoardVote.objects.exists() or Stop.objects.exists())
    assert not Decision.objects.filter(completed_at__isnull=False).exists()
    assert CharterVersion.objects.count() == FIRST_VERSION
    assert press().status_code == 302
