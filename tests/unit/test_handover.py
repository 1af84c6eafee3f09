"""What is said between a client's process, the one that forks, and the fork."""

import socket
import time

import pytest

from echo_project.warm import handover
from echo_project.warm.identity import identity


def test_a_line_is_heard_without_what_follows_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"serving\n0\n")
        assert [handover.receive(ours), handover.receive(ours)] == ["serving", "0"]


@pytest.mark.parametrize("said", [b"", b"x" * 1000, b"no end"])
def test_what_is_no_line_is_refused(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(said)
        theirs.close()
        with pytest.raises(ValueError, match="gone"):
            handover.receive(ours)


def test_nobody_is_waited_for_beyond_the_deadline_however_slowly_they_speak() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"slow")
        with pytest.raises(TimeoutError):
            handover.receive(ours, time.monotonic() + 0.05)


def test_another_setting_or_other_settings_is_another_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity()
    assert identity() == before
    monkeypatch.setenv("ECHO_GRACE_SECONDS", "7")  # a setting of the stack alone
    assert identity() == before
    monkeypatch.setenv("ECHO_PUBLIC_URL", "https://echo.example")
    other = identity()
    assert other != before
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mine.settings")
    assert identity() not in (before, other)
