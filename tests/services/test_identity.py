"""What the doctor finds where a login has more, or less, than it should."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from org import logins
from org.credentials import Credential, Folder
from org.management.commands import doctor
from org.models import Login
from org.queries import identity
from org.queries.identity import Level
from tests.services.database import execute


@pytest.fixture
def folder(committed: str, tmp_path: Path, settings: Any) -> Folder:
    """The logins of a database of the test's own."""
    settings.CREDENTIALS = tmp_path / "credentials"
    logins.make(Folder.configured())
    return Folder.configured()


def faults(folder: Folder) -> list[str]:
    return [finding.says for finding in identity.examine(folder) if finding.level is Level.FAULT]


def named(folder: Folder, login: str) -> str:
    held = folder.read(login)
    assert held is not None
    return held.name


def test_logins_as_they_were_made_have_no_fault(folder: Folder) -> None:
    found = identity.examine(folder)
    assert {finding.level for finding in found} == {Level.FINE}
    assert "Level 2" in found[0].says


def test_a_file_alone_is_level_three(folder: Folder) -> None:
    for login in folder.held():
        if login != "web":
            folder.remove(login)
    assert "Level 3" in identity.examine(folder)[0].says


@pytest.mark.usefixtures("committed")
def test_one_login_for_everything_is_a_warning_and_no_fault(tmp_path: Path) -> None:
    Login.objects.all().delete()
    [finding] = identity.examine(Folder(tmp_path))
    assert (finding.level, "Level 1" in finding.says) == (Level.WARNING, True)
    assert "logins make" in finding.fix


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ('GRANT DELETE ON memories TO "{}"', "has DELETE on memories"),
        ('REVOKE SELECT ON decisions FROM "{}"', "lacks SELECT on decisions"),
        ('GRANT EXECUTE ON FUNCTION claim_call TO "{}"', "has EXECUTE on claim_call"),
        ('ALTER ROLE "{}" BYPASSRLS', "bypasses row-level security"),
        ('ALTER ROLE "{}" SUPERUSER', "is a superuser"),
        ('ALTER ROLE "{}" CREATEROLE', "makes roles"),
        ('GRANT pg_read_all_data TO "{}"', "has another role"),
        ('ALTER ROLE "{}" NOLOGIN', "cannot sign in"),
        ("ALTER ROLE \"{}\" PASSWORD 'another'", "refuses the files of cto"),
        ("DELETE FROM logins WHERE login = '{}'", "There is no login"),
    ],
)
def test_what_differs_is_named_and_making_again_mends_what_it_can(folder: Folder, spoil: str, says: str) -> None:
    login = named(folder, "cto")
    execute(spoil.format(login))
    told = faults(folder)
    assert any(says in fault for fault in told), told
    assert "cto" in " ".join(told)
    execute(f'ALTER ROLE "{login}" NOSUPERUSER NOBYPASSRLS NOCREATEROLE')
    execute(f'REVOKE pg_read_all_data FROM "{login}"')
    logins.make(folder)
    assert faults(folder) == []


def test_a_file_that_others_can_read_is_a_fault(folder: Folder) -> None:
    (folder.path / "ceo").chmod(0o644)
    assert any(f"{folder.path / 'ceo'} can be read by others" in fault for fault in faults(folder))


def test_a_login_that_owns_a_table_is_a_fault(folder: Folder) -> None:
    execute("CREATE TABLE spare (id int)")
    execute(f'GRANT ALL ON SCHEMA public TO "{named(folder, "web")}"')
    execute(f'ALTER TABLE spare OWNER TO "{named(folder, "web")}"')
    assert any("owns tables" in fault for fault in faults(folder))


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["for people", "for programs"])
def test_the_doctor_ends_with_one_where_there_is_a_fault(
    folder: Folder, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def attached() -> Callable[[], Callable[[], str]]:
        return lambda: lambda: ""

    monkeypatch.setattr(doctor, "import_string", lambda _: attached())
    call_command("doctor", *arguments)
    fine = capsys.readouterr().out
    folder.write("ceo", Credential(named(folder, "ceo"), "wrong"))
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", *arguments, stdout=sys.stdout)
    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert "refuses" not in fine
    assert "refuses the files of ceo" in told
    if arguments:
        assert {finding["level"] for finding in json.loads(told)} == {"fine", "fault"}
    assert connection.is_usable()
