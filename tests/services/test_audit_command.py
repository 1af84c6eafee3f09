"""`manage.py audit`: verified here, and an export verified by a bare Python elsewhere."""

from __future__ import annotations

import io
import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from org import audit
from org.acts import Act
from org.chain.checkpoints import read_checkpoints
from org.chain.exports import BROKEN, CANNOT_TELL, SOUND
from org.changes import Change
from org.checkpoints import Folder
from org.clock import database_clock
from org.errors import InvalidInput, Refused
from org.services import trail
from tests.people import acting, board_member, propose
from tests.services.boardroom import Visitor
from tests.services.database import execute

VERIFIER = Path(__file__).resolve().parents[2] / "tools" / "verify_audit.py"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, committed: str) -> Folder:
    settings.DATABASE_URL = settings.REDIS_URL = "given"  # the command starts nothing then
    settings.AUDIT_FOLDER = tmp_path / "audit"
    for _ in range(3):
        propose("ceo", 750_000)
    return Folder.configured()


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("audit", *map(str, arguments), stdout=out)
    return out.getvalue()


def fails(*arguments: object) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return error.value.returncode, str(error.value)


def offline(*arguments: object, zone: str = "UTC") -> tuple[int, str]:
    """What the verifier says in a Python without site packages, environment or this repository."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={"TZ": zone}, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def cut_the_end() -> None:
    execute("ALTER TABLE audit DISABLE TRIGGER ALL")
    execute("ALTER TABLE audit_seal DISABLE TRIGGER ALL")
    execute("DELETE FROM audit WHERE id = (SELECT audit_id FROM audit_seal ORDER BY seq DESC LIMIT 1)")
    execute("DELETE FROM audit_seal WHERE seq = (SELECT max(seq) FROM audit_seal)")
    execute("ALTER TABLE audit ENABLE TRIGGER ALL")
    execute("ALTER TABLE audit_seal ENABLE TRIGGER ALL")


# --- verify and checkpoint --------------------------------------------------------------------------------------------


def test_a_sound_trail_is_said_to_be_and_without_a_checkpoint_what_that_leaves_open() -> None:
    said = run("verify")
    assert "sound: 6 records" in said
    assert "no checkpoint" in said
    run("checkpoint")
    assert "agrees with 1 signed checkpoint" in run("verify")
    propose("ceo", 1)
    assert "2 records came after that" in run("verify")


def test_a_broken_trail_is_named_and_ends_with_one() -> None:
    execute("ALTER TABLE audit DISABLE TRIGGER USER")
    execute("UPDATE audit SET actor = 'cto' WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 3)")
    assert fails("verify") == (
        BROKEN,
        "The audit is broken. Record 3: its column `actor` is not what was sealed in `body`.",
    )
    with pytest.raises(SystemExit) as end:
        run("verify", "--json")
    assert end.value.code == BROKEN


def test_a_cut_end_is_found_by_the_checkpoints_kept_outside() -> None:
    run("checkpoint")
    cut_the_end()
    status, says = fails("verify")
    assert (status, "The end is cut off: the last record is 5" in says) == (BROKEN, True)
    with pytest.raises(CommandError, match="before the last checkpoint's 6"):
        run("checkpoint")
    with pytest.raises(CommandError, match="cut off"):
        run("export", Folder.configured().root / "export.jsonl")


def test_json_says_all_of_it() -> None:
    run("checkpoint")
    found = json.loads(run("verify", "--json"))
    assert (found["verdict"], found["records"], found["head"]["seq"]) == ("sound", 6, 6)
    assert (found["checkpoints"], found["vouched_to"], found["fault"], found["doubt"]) == (1, 6, None, None)


def test_what_cannot_be_told_ends_with_two(folder: Folder, tmp_path: Path) -> None:
    assert fails("verify", "--checkpoint", tmp_path / "none")[0] == CANNOT_TELL
    run("checkpoint")
    text = folder.checkpoints.read_text()
    folder.checkpoints.write_text(text.replace('"seq": 6', '"seq": 5').replace('"count": 6', '"count": 5'))
    status, says = fails("verify")
    assert (status, "not signed by the key" in says) == (CANNOT_TELL, True)
    folder.checkpoints.write_text(text + '{"seq": 6')
    status, says = fails("verify")
    assert (status, "line 2" in says) == (CANNOT_TELL, True)


def test_the_key_is_made_once_and_is_its_owners_alone(folder: Folder, tmp_path: Path) -> None:
    run("checkpoint")
    key = folder.signing_key.read_bytes()
    assert stat.S_IMODE(folder.signing_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700
    run("checkpoint", tmp_path / "for-you.jsonl")
    assert folder.signing_key.read_bytes() == key
    assert len(read_checkpoints(folder.checkpoints)) == 2
    assert "agrees with 1" in run("verify", "--checkpoint", tmp_path / "for-you.jsonl")
    assert sorted(path.name for path in folder.root.iterdir()) == [
        "checkpoints.jsonl",
        "public_key.pem",
        "signing_key.pem",
    ]


def test_a_lost_key_is_not_silently_replaced(folder: Folder) -> None:
    run("checkpoint")
    folder.signing_key.unlink()
    with pytest.raises(CommandError, match="begin with a new key"):
        run("checkpoint")
    folder.signing_key.write_text("no key")
    with pytest.raises(CommandError, match="holds no Ed25519 key"):
        run("checkpoint")


def test_a_chain_that_left_its_last_checkpoint_is_not_signed(folder: Folder) -> None:
    run("checkpoint")
    execute("ALTER TABLE audit_seal DISABLE TRIGGER USER")
    execute("UPDATE audit_seal SET hash = sha256(hash) WHERE seq = 6")
    with pytest.raises(Refused, match="rewritten"):
        trail.sign(clock=database_clock)
    assert len(read_checkpoints(folder.checkpoints)) == 1


def test_a_checkpoint_is_due_a_day_after_the_last_if_something_was_done() -> None:
    assert trail.sign_when_due(clock=database_clock) is not None
    assert trail.sign_when_due(clock=database_clock, at_once=True) is None
    propose("ceo", 1)
    assert trail.sign_when_due(clock=database_clock) is None
    execute("UPDATE clock_offset SET shift = interval '25 hours'")
    signed = trail.sign_when_due(clock=database_clock)
    assert signed is not None
    assert signed.seq == 8
    propose("ceo", 1)
    assert trail.sign_when_due(clock=database_clock, at_once=True) is not None


def test_the_audits_page_says_where_the_chain_ends_and_who_vouches_for_it(folder: Folder) -> None:
    ada = Visitor(board_member())
    page = "/admin/org/auditrecord/"
    assert "last record is number 7. No checkpoint" in ada.read(page)
    run("checkpoint")
    propose("ceo", 1)
    assert re.search(r"last record is number 9. The newest checkpoint, of .* UTC, names 7\.", ada.read(page))
    folder.checkpoints.write_text("{}")
    assert "cannot be read here" in ada.read(page)


def twice(line: str, key: str, forged: object) -> str:
    """The line with another value of a key before the true one: most readers of JSON take the last."""
    assert f'"{key}"' in line
    return line.replace("{", f'{{"{key}": {json.dumps(forged)}, ', 1)


# --- export -----------------------------------------------------------------------------------------------------------


def test_an_export_is_verified_by_a_bare_python(folder: Folder, tmp_path: Path) -> None:
    export = tmp_path / "out" / "export.jsonl"
    export.parent.mkdir()
    said = run("export", export, "--with-verifier")
    assert "6 records" in said
    assert export.with_name("verify_audit.py").read_text() == VERIFIER.read_text()
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    status, says = offline(export)
    assert (status, "Sound: 6 records, 1 to 6" in says, "cannot prove" in says) == (SOUND, True, True)
    status, says = offline(export, "--public-key", folder.public_key, "--checkpoint", folder.checkpoints)
    assert (status, "agrees" in says, "cannot prove" in says) == (SOUND, True, False)
    assert read_checkpoints(folder.checkpoints)[-1].seq == 6


def test_an_export_since_a_record_hangs_on_a_checkpoint_of_it(folder: Folder, tmp_path: Path) -> None:
    run("checkpoint")
    propose("ceo", 1)
    run("export", tmp_path / "rest", "--since", 6)
    status, says = offline(tmp_path / "rest")
    assert (status, "2 records, 7 to 8" in says, "What comes before record 7" in says) == (SOUND, True, True)
    status, says = offline(tmp_path / "rest", "--checkpoint", folder.checkpoints, "--public-key", folder.public_key)
    assert (status, "What comes before" in says) == (SOUND, False)
    with pytest.raises(InvalidInput, match="there is no record 9"):
        trail.export(path=tmp_path / "none", since=9, clock=database_clock)
    assert not (tmp_path / "none").exists()


def test_a_broken_trail_is_not_handed_out(folder: Folder, tmp_path: Path) -> None:
    execute("ALTER TABLE audit DISABLE TRIGGER USER")
    execute("UPDATE audit SET body = body || ' ' WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 3)")
    with pytest.raises(CommandError, match="Record 3 was altered"):
        run("export", tmp_path / "export")
    assert not folder.checkpoints.exists()
    assert [path.name for path in tmp_path.iterdir()] == []


def test_an_export_that_was_changed_in_any_line_is_found(tmp_path: Path) -> None:
    export, forged = tmp_path / "export", tmp_path / "forged"
    run("export", export)
    lines = export.read_text().splitlines(keepends=True)
    forgeries = {
        "a record less": lines[:3] + lines[4:],
        "the first less": lines[:1] + lines[2:],
        "the last less": lines[:-2] + lines[-1:],
        "swapped": [*lines[:2], lines[3], lines[2], *lines[4:]],
        "twice": [*lines[:3], lines[2], *lines[3:]],
        "a word": [*lines[:3], lines[3].replace("decision", "precision"), *lines[4:]],
        "a number": [*lines[:3], lines[3].replace('"seq": 3', '"seq": 3.0'), *lines[4:]],
        "no JSON": [*lines[:3], "{\n", *lines[4:]],
        "cut off": lines[:-1],
        "cut in a line": [*lines[:-1], lines[-1][:-20]],
        "a checkpoint of fewer": [*lines[:-1], lines[-1].replace('"seq": 6', '"seq": 5')],
        "another time": [*lines[:-1], lines[-1].replace('"at": "2', '"at": "3')],
        "something behind": [*lines, "{}\n"],
        "a record told twice": [*lines[:3], twice(lines[3], "body", "forged"), *lines[4:]],
        "its number told twice": [*lines[:3], twice(lines[3], "seq", 9), *lines[4:]],
        "another end told first": [*lines[:-1], twice(lines[-1], "checkpoint", {"seq": 9})],
        "another time told first": [*lines[:-1], lines[-1].replace('{"seq"', '{"at": "1", "seq"')],
    }
    for forgery, text in forgeries.items():
        forged.write_text("".join(text))
        status, says = offline(forged)
        assert (status, says.startswith("Broken: ")) == (BROKEN, True), f"{forgery}: {says}"
    for opening in ("{}\n", twice(lines[0], "after", 5)):
        forged.write_text("".join([opening, *lines[1:]]))
        assert offline(forged)[0] == CANNOT_TELL
    other = tmp_path / "other.pem"
    other.write_text("-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n")
    assert offline(export, "--public-key", other)[0] == CANNOT_TELL


def test_a_key_that_is_told_twice_is_named_with_its_line(folder: Folder, tmp_path: Path) -> None:
    """One reader takes the first, another the last; a forgery would be sound here and be read elsewhere."""
    export = tmp_path / "export"
    run("export", export)
    lines = export.read_text().splitlines(keepends=True)
    export.write_text("".join([*lines[:3], twice(lines[3], "body", "forged"), *lines[4:]]))
    assert offline(export)[1].startswith(f"Broken: {export}, line 4 tells 'body' twice.")
    folder.checkpoints.write_text(twice(folder.checkpoints.read_text(), "at", "1"))
    status, says = fails("verify")
    assert (status, "line 1 tells 'at' twice" in says) == (CANNOT_TELL, True)


def test_a_chain_made_anew_and_signed_by_another_key_is_told_by_the_key(folder: Folder, tmp_path: Path) -> None:
    run("checkpoint")
    true_key = tmp_path / "true.pem"
    true_key.write_bytes(folder.public_key.read_bytes())
    for path in folder.root.iterdir():
        path.unlink()
    run("export", tmp_path / "export")
    assert offline(tmp_path / "export")[0] == SOUND
    status, says = offline(tmp_path / "export", "--public-key", true_key)
    assert (status, "not signed by the key you gave" in says) == (BROKEN, True)


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([1e22, 1e20, 1e-7, 5e-324, -0.0, 0.1, 100.0]),
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text('aé"\\\n\u2028😀', max_size=4), inner)
    ),
    max_leaves=12,
)


@rules(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values, zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns"]))
def test_whatever_json_was_done_is_verified_here_and_elsewhere_in_every_time_zone(
    tmp_path: Path, value: Any, zone: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('timezone', %s, false)", [zone])
        audit.record(
            Act.begin(acting("ceo"), database_clock), "thing.done", "D-0", Change(None, {"value": value}), value=value
        )
        said = run("verify")
        signed = trail.export(path=tmp_path / "export", clock=database_clock)
        cursor.execute("RESET timezone")
    assert f"sound: {signed.seq} records" in said
    status, says = offline(tmp_path / "export", zone=zone)
    assert (status, says.startswith(f"Sound: {signed.seq} records")) == (SOUND, True)
    kept = json.loads((tmp_path / "export").read_text().splitlines()[-2])["body"]
    assert json.loads(kept, parse_int=float)["data"]["value"] == value  # a long float is spelled as a whole number
