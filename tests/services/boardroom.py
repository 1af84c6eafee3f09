"""What tests of the board do and look at."""

from __future__ import annotations

import html
import re
from typing import Any

from django.db import connection
from django.test import Client

from org.clock import database_clock
from org.enums import BoardAnswer, EscalationStatus, LoginKind
from org.models import AuditRecord, CharterVersion, Decision, Escalation, Member
from org.services import board
from tests.people import PASSWORD, page_of, propose
from tests.services.database import signed_in_as

APPROVE, REJECT, REVISE = BoardAnswer.APPROVE, BoardAnswer.REJECT, BoardAnswer.REQUEST_REVISION


def put_before_the_board(amount: int = 5_000_000, **given: Any) -> Escalation:
    decision = propose("ceo", amount, **given)
    return Escalation.objects.get(decision=decision, status=EscalationStatus.OPEN)


def hash_of(escalation: Escalation) -> str:
    return board.shown_hash(escalation, CharterVersion.objects.in_force(), database_clock())


def answer(
    escalation: Escalation, member: Member, choice: BoardAnswer = APPROVE, note: str = "as discussed", seen: str = ""
) -> Escalation:
    return board.answer(
        escalation=escalation,
        member=member,
        choice=choice,
        note=note,
        seen_hash=seen or hash_of(escalation),
        clock=database_clock,
    )


def decision_of(escalation: Escalation) -> Decision:
    return Decision.objects.get(pk=escalation.decision_id)


def status_of(escalation: Escalation) -> str:
    return str(Escalation.objects.get(pk=escalation.pk).status)


def settlements(decision: Decision) -> int:
    return AuditRecord.objects.filter(subject=decision.ref, action="decision.settled").count()


class Visitor(Client):
    """A person at the pages, signed in through them. The pages ask PostgreSQL under their own login."""

    def __init__(self, member: Member, **given: Any) -> None:
        super().__init__(**given)
        self.member = member
        form = {"username": member.username, "password": PASSWORD, "next": "/admin/"}
        answer = Client.post(self, "/admin/login/", form)
        assert answer.status_code == 302, (answer.status_code, answer.content.decode()[:4000])

    def request(self, **request: Any) -> Any:
        if not connection.in_atomic_block:
            return super().request(**request)
        with signed_in_as(LoginKind.WEB):
            return super().request(**request)

    def read(self, path: str) -> str:
        page = self.get(path)
        assert page.status_code == 200, page
        return str(page.content.decode())

    def answers(self, matter: Escalation, choice: str, note: str = "as discussed", **fields: str) -> Any:
        """Post the form of the page as it is shown now."""
        seen = re.search(r'name="seen_hash" value="(\w+)"', self.read(page_of(matter)))
        fields.setdefault("seen_hash", seen[1] if seen else hash_of(matter))
        return self.post(page_of(matter), {"answer": choice, "note": note, **fields})


def text_of(page: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode())))
