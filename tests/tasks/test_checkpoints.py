"""The audit's head is signed by itself: once a day, and when the sweeper stops."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from org.checkpoints import Folder
from tasks import checkpoints
from tests.people import propose
from tests.services.database import execute


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, committed: str) -> Folder:
    settings.AUDIT_FOLDER = tmp_path / "audit"
    return Folder.configured()


def signed(folder: Folder) -> list[int]:
    return [checkpoint.seq for checkpoint in folder.kept()]


def test_nothing_is_signed_before_the_first_record(folder: Folder) -> None:
    assert checkpoints.sign(at_once=True)
    assert not folder.root.exists()


def test_the_sweeper_signs_when_it_stops_and_a_day_after_the_last(folder: Folder) -> None:
    stopped = threading.Event()
    stopped.set()
    propose("ceo", 1)
    checkpoints.run(stopped)
    assert signed(folder) == [2]
    checkpoints.run(stopped)
    propose("ceo", 1)
    assert checkpoints.sign()
    assert signed(folder) == [2]
    execute("UPDATE clock_offset SET shift = interval '25 hours'")
    assert checkpoints.sign()
    assert signed(folder) == [2, 4]


def test_without_a_home_that_lasts_no_key_is_made_by_itself(folder: Folder, settings: Any) -> None:
    settings.EMBEDDED_POSTGRES = False
    propose("ceo", 1)
    assert checkpoints.sign(at_once=True)
    assert not folder.root.exists()
    settings.EMBEDDED_POSTGRES = True
    assert checkpoints.sign(at_once=True)
    settings.EMBEDDED_POSTGRES = False
    propose("ceo", 1)
    assert checkpoints.sign(at_once=True)
    assert signed(folder) == [2, 4]


def test_a_broken_chain_and_a_folder_that_cannot_be_written_are_logged(
    folder: Folder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints.logger, "disabled", False)  # import-linter, run in a test, silences every logger
    propose("ceo", 1)
    execute("ALTER TABLE audit DISABLE TRIGGER USER")
    execute("UPDATE audit SET subject = 'D-0'")
    assert not checkpoints.sign(at_once=True)
    assert "`subject` is not what was sealed" in caplog.text
    execute("UPDATE audit SET subject = convert_from(body, 'UTF8')::jsonb ->> 'subject'")
    folder.root.write_text("a file")
    assert not checkpoints.sign(at_once=True)
    assert str(folder.root) in caplog.text
