"""`manage.py sign_ins` and `manage.py second_factor`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from org.models import AuditRecord
from org.services import factors
from tests import authenticator
from tests.people import board_member
from tests.services.test_sign_ins import fails, tries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = "given"  # the command starts nothing then
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_locks_are_listed_and_released() -> None:
    board_member("ada")
    assert run("sign_ins", "--list") == "Nothing is locked.\n"
    for name in ("alan", "kurt", "emmy", "ada"):
        fails(name, 5)
    listed = run("sign_ins", "--list")
    assert "name 'ada': 5 failures" in listed and "address '192.0.2.1': 20 failures" in listed
    assert run("sign_ins", "--release", "ada") == "5 failures of ada forgotten.\n"
    assert tries("ada") == "wrong"
    assert run("sign_ins", "--release-address", "192.0.2.1") == "16 failures of 192.0.2.1 forgotten.\n"
    assert run("sign_ins", "--release", "nobody") == "No failures of nobody forgotten.\n"
    assert AuditRecord.objects.filter(action="sign_in.released", timer="sign_ins").count() == 2


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="is no IP address"):
        run("sign_ins", "--release-address", "localhost")


def test_a_lost_factor_is_reset_and_told() -> None:
    ada = board_member("ada")
    authenticator.enrol(ada)
    assert "10 recovery codes left" in run("second_factor", "--list")
    assert "set up another" in run("second_factor", "--reset", "ada")
    assert not factors.enrolled(ada)
    assert run("second_factor", "--list") == "ada: none\n"
    assert AuditRecord.objects.filter(action="member.factor_reset", actor="system").count() == 1
    with pytest.raises(CommandError, match="nothing to reset"):
        run("second_factor", "--reset", "ada")
    with pytest.raises(CommandError, match="Known: ada"):
        run("second_factor", "--reset", "grace")
