"""The first start: how much the CEO decides alone."""

from __future__ import annotations

import io
import os
import pty
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

import pytest
from django.core.management import call_command
from rich.console import Console

from echo_project.local import first_limits
from org.charter import SHIPPED
from org.clock import database_clock
from org.models import AuditRecord, CharterVersion, Member
from org.services import charters
from tests.people import amend_charter, board_member, propose

pytestmark = pytest.mark.django_db


def set_limits(dollars: int) -> CharterVersion | None:
    return charters.set_first_limits(ceo_limit_usd=Decimal(dollars), clock=database_clock)


def ceo_limit() -> int:
    return int(CharterVersion.objects.in_force().roles["ceo"].limit_usd)


def test_the_first_limits_are_published_and_recorded() -> None:
    before = CharterVersion.objects.in_force().version
    first = set_limits(250_000)
    assert first is not None
    assert (first.version, first.published_by, ceo_limit()) == (before + 1, "first start", 250_000)
    record = AuditRecord.objects.get(action="charter.published")
    assert (record.subject, record.actor) == (f"charter {first.version}", "system")
    assert "instead of $1,000,000" in record.data["differences"][0]
    assert propose("ceo", 250_001).status == "escalated"


def test_an_organisation_that_was_used_keeps_its_limits() -> None:
    propose("ceo", 1)
    assert set_limits(5) is None
    assert ceo_limit() == 1_000_000


def test_a_charter_that_was_chosen_stays() -> None:
    amend_charter("window_multiple = 5", "window_multiple = 4")
    assert set_limits(5) is None
    assert set_limits(5) is None


def test_the_environment_says_it_for_starts_without_anybody(settings: Any) -> None:
    settings.CEO_LIMIT_USD = None
    out = io.StringIO()
    call_command("charter", "begin", stdout=out)
    assert "published by shipped" in out.getvalue()
    settings.CEO_LIMIT_USD = Decimal(400_000)
    for _ in range(2):
        call_command("charter", "begin", stdout=out)
    assert ceo_limit() == 400_000
    assert CharterVersion.objects.filter(published_by="first start").count() == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, IO[str]]]:
    """A terminal's two ends: where a person types, and what the program reads."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())  # it is nobody's controlling terminal
    with os.fdopen(theirs) as keyboard:
        yield ours, keyboard
    os.close(ours)


@pytest.fixture
def first_member() -> Member:
    member = board_member()
    member.set_unusable_password()
    member.save()
    return member


def ask(keyboard: IO[str], leave: threading.Event | None = None) -> str:
    shown = Terminal()
    out = Console(file=shown, highlight=False, width=120)
    first_limits.ask_once(out, keyboard, leave or threading.Event())
    return shown.getvalue()


def test_a_person_is_asked_once(first_member: Member, terminal: tuple[int, IO[str]]) -> None:
    person, keyboard = terminal
    os.write(person, b"a lot\n1,5\n$250,000\n")
    shown = ask(keyboard)
    assert shown.count("Write it like 250,000") == 2
    assert "The CEO decides up to $250,000 alone (Charter " in shown
    assert ceo_limit() == 250_000
    assert ask(keyboard) == ""


def test_enter_takes_the_shipped_limits(first_member: Member, terminal: tuple[int, IO[str]]) -> None:
    person, keyboard = terminal
    os.write(person, b"\n")
    assert "$1,000,000 alone (as shipped)" in ask(keyboard)
    assert CharterVersion.objects.latest("version").document == SHIPPED.read_text()


def test_leaving_answers_too(first_member: Member, terminal: tuple[int, IO[str]]) -> None:
    leave = threading.Event()
    threading.Timer(0.3, leave.set).start()
    began = time.monotonic()
    ask(terminal[1], leave)
    assert time.monotonic() - began < 2
    assert ceo_limit() == 1_000_000


def test_nobody_is_asked_twice_or_where_nobody_can_answer(
    first_member: Member, terminal: tuple[int, IO[str]], settings: Any
) -> None:
    _, keyboard = terminal
    assert ask(io.StringIO("5\n")) == "", "no terminal to read from"
    shown = io.StringIO()
    first_limits.ask_once(Console(file=shown), keyboard, threading.Event())
    assert shown.getvalue() == "", "no terminal to show it on"
    settings.CEO_LIMIT_USD = Decimal(7)
    assert ask(keyboard) == "", "the environment has said it"
    settings.CEO_LIMIT_USD = None
    first_member.set_password("a long enough password")
    first_member.save()
    assert ask(keyboard) == "", "somebody was here before"
    first_member.set_unusable_password()
    first_member.save()
    propose("ceo", 1)
    assert ask(keyboard) == "", "something was decided"
