"""`manage.py board_member`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from org.models import AuditRecord, Member
from tests.people import board_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = "given"  # the command starts nothing then
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: str, into: io.StringIO | None = None) -> str:
    out = into or io.StringIO()
    call_command("board_member", *arguments, stdout=out)
    return out.getvalue()


def test_the_first_member_is_made_once(settings: Any) -> None:
    settings.BOARD_MEMBER = "ada"
    assert run("--ensure").count("\n") == 1
    assert run("--ensure") == "The board has one active member: ada.\n"
    ada = Member.board.on_the_board().get()
    assert (ada.username, ada.is_staff, ada.is_superuser) == ("ada", True, True)
    assert not ada.has_usable_password()
    assert AuditRecord.objects.filter(action="member.added").count() == 1


def test_a_name_given_wins_and_must_be_one() -> None:
    with pytest.raises(CommandError, match="cannot be a user name"):
        run("--ensure", "--name", "no spaces please")
    run("--ensure", "--name", "grace")
    assert Member.board.on_the_board().get().username == "grace"


def test_a_start_does_not_bring_a_deactivated_person_back() -> None:
    ada = board_member("ada")
    Member.objects.filter(pk=ada.pk).update(is_active=False)
    assert "deactivated" in run("--ensure", "--name", "ada")
    assert not Member.board.on_the_board().exists()


def test_a_password_is_read_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    board_member("ada")
    monkeypatch.setattr("sys.stdin", io.StringIO("another long password\n"))
    run("--set-password", "--password-stdin")
    assert Member.objects.get().check_password("another long password")


def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    board_member("ada")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError, match="12 characters"):
        run("--set-password", "--password-stdin")


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    board_member("ada")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="--password-stdin"):
        run("--set-password")


def test_passwords_that_differ_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    board_member("ada")
    typed = iter(["one long password!", "another long password"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    with pytest.raises(CommandError, match="differ"):
        run("--set-password")


def test_a_new_password_is_shown_on_a_terminal_only() -> None:
    board_member("ada")
    with pytest.raises(CommandError, match="terminal"):
        run("--new-password")
    name, password = run("--new-password", into=Terminal()).split()
    assert name == "ada"
    assert len(password) == 24
    assert Member.objects.get().check_password(password)


def test_with_several_members_one_is_named() -> None:
    board_member("ada"), board_member("grace")
    with pytest.raises(CommandError, match="ada, grace"):
        run("--new-password", into=Terminal())
    with pytest.raises(CommandError, match=r"nothing is called 'alan'\. Known: ada, grace"):
        run("--new-password", "--name", "alan", into=Terminal())
    assert "grace" in run("--new-password", "--name", "grace", into=Terminal())


def test_members_are_listed() -> None:
    run("--ensure", "--name", "ada")
    assert run("--list") == "ada: active, manages members, no password yet, never signed in\n"
