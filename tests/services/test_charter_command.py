"""`manage.py charter`."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from org.charter import SHIPPED
from tests.people import amend_charter

pytestmark = pytest.mark.django_db

TEXT = SHIPPED.read_text()
LIMIT = "limit_usd = 1_000_000"


@pytest.fixture(autouse=True)
def nothing_to_start(settings: Any) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = "given"


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("charter", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def draft(tmp_path: Path) -> Any:
    def write(old: str = "", new: str = "") -> Path:
        assert old in TEXT
        path = tmp_path / "draft.toml"
        path.write_text(TEXT.replace(old, new, 1) if old else TEXT)
        return path

    return write


def test_show_prints_the_document_in_force_and_nothing_else() -> None:
    amend_charter(LIMIT, "limit_usd = 750_000")
    assert run("show") == TEXT.replace(LIMIT, "limit_usd = 750_000")


def test_check_lists_faults_and_warnings_and_fails_on_faults(draft: Any) -> None:
    assert run("check", draft()) == "It can be published: no faults, no warnings.\n"
    odd = run("check", draft("limit_usd = 500_000", "limit_usd = 5_000_000"))
    assert "Warning  roles.cto: its limit of $5,000,000 is above" in odd
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("charter", "check", str(draft('decided_by = ["ceo"]', 'decided_by = ["boss"]')), stdout=out)
    assert ended.value.code == 1
    assert "Fault    types.strategic_initiative: decided_by names 'boss'" in out.getvalue()


def test_check_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT))
    assert "no faults" in run("check", "-")


def test_diff_says_what_changes_of_the_charter_in_force(draft: Any) -> None:
    path = draft(LIMIT, "limit_usd = 2_000_000")
    assert "decides alone up to $2,000,000 instead of $1,000,000" in run("diff", path)
    assert "agents may do more" in run("diff", path)
    found = json.loads(run("diff", path, "--json"))
    assert [each["where"] for each in found["differences"]] == ["roles.ceo.limit_usd"]
    amend_charter(LIMIT, "limit_usd = 2_000_000")
    assert run("diff", path).startswith("It decides as charter ")


def test_what_cannot_be_a_charter_is_not_compared(draft: Any) -> None:
    with pytest.raises(CommandError, match=r"types\.strategic_initiative"):
        run("diff", draft('decided_by = ["ceo"]', 'decided_by = ["boss"]'))
    with pytest.raises(CommandError, match="cannot be read"):
        run("diff", "/nowhere.toml")
