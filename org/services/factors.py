"""The second factor: an app's codes (TOTP), ten recovery codes, and who has to have one. Each code counts once.

The codes are checked, throttled and marked as used by django-otp; its rows are locked while it does.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from org import audit
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change
from org.clock import Clock
from org.errors import InvalidInput, NotFound, Refused
from org.models import Member
from org.services.members import LETTERS

RECOVERY_CODES = 10
BY_COMMAND = Actor.clockwork("second_factor")  # neither a call nor a signed-in person
APP, RECOVERY = "app", "recovery code"
_DIGITS = re.compile(r"[0-9]{6}")
_LETTERS = re.compile(rf"[{LETTERS}]{{12}}")
_BETWEEN = re.compile(r"[\s-]")


@dataclass(frozen=True)
class Factor:
    """A person's second factor."""

    since: datetime
    last_used_at: datetime | None
    recovery_codes_left: int


class TooSoon(Refused):
    """After a wrong code the next one waits: 1 s, 2 s, 4 s, and so on."""

    def __init__(self, until: datetime) -> None:
        seconds = max(1, ceil((until - timezone.now()).total_seconds()))
        wait = f"{seconds} second{'s' if seconds > 1 else ''}"
        super().__init__("too_soon", "A wrong code was typed a moment ago.", f"Wait {wait} and type the next code.")


def reading(typed: str) -> tuple[str, str] | None:
    """What somebody typed, as (APP, six digits) or (RECOVERY, twelve letters); spaces and hyphens do not matter."""
    code = _BETWEEN.sub("", typed).lower()
    if _DIGITS.fullmatch(code):
        return APP, code
    return (RECOVERY, code) if _LETTERS.fullmatch(code) else None


def of(member: Member) -> Factor | None:
    device = TOTPDevice.objects.filter(user=member, confirmed=True).first()
    if device is None:
        return None
    left = StaticToken.objects.filter(device__user=member).count()
    return Factor(device.created_at, device.last_used_at, left)


def enrolled(member: Member) -> bool:
    return bool(TOTPDevice.objects.filter(user=member, confirmed=True).exists())


def is_missing(member: Member) -> bool:
    """Whether this person must enrol before changing anything."""
    return settings.SECOND_FACTOR == "required" and not enrolled(member)


def verify(member: Member, typed: str) -> str:
    """What kind of code of the member's this is (APP or RECOVERY), used up now; nothing where it is none of theirs.

    Belongs into a transaction: it locks the device's row, so that of two who type the same code one gets in.
    Raises TooSoon.
    """
    read = reading(typed)
    if read is None:
        return ""
    kind, code = read
    devices = (TOTPDevice if kind == APP else StaticDevice).objects.select_for_update()
    device = devices.filter(user=member, confirmed=True).order_by("pk").first()
    if device is None:
        return ""
    _require_patience(device)
    return kind if device.verify_token(code if kind == APP else _stored(member, code)) else ""


@transaction.atomic
def begin(*, member: Member) -> TOTPDevice:
    """A new secret that is not in use before `confirm`; what was begun and not confirmed is dropped."""
    _take_turn(member)
    TOTPDevice.objects.filter(user=member, confirmed=False).delete()
    device: TOTPDevice = TOTPDevice.objects.create(user=member, name="app", confirmed=False)
    return device


def begun(member: Member, number: Any) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(user=member, confirmed=False, pk=number).first() if number else None


def confirm(*, member: Member, device: TOTPDevice, typed: str, clock: Clock) -> list[str]:
    """Put the begun secret in use, in place of an older one, by a first code of it; returns the new recovery codes.

    Raises InvalidInput for a wrong code, TooSoon, and Refused where it was confirmed or begun anew meanwhile.
    """
    codes = _confirm(member, device, typed, clock)
    if codes is None:  # raised out here: the wrong try is to stay counted
        raise InvalidInput(
            "code",
            "it is not the code of this key.",
            "Check that the device's clock is right, and type the code it shows now.",
        )
    return codes


@transaction.atomic
def _confirm(member: Member, device: TOTPDevice, typed: str, clock: Clock) -> list[str] | None:
    _take_turn(member)
    now = clock()
    found = TOTPDevice.objects.select_for_update().filter(pk=device.pk, user=member, confirmed=False).first()
    if found is None:
        raise Refused("not_begun", "This key is in use already, or another was begun since.", "Open the page anew.")
    _require_patience(found)
    read = reading(typed)
    if read is None or read[0] != APP or not found.verify_token(read[1]):
        return None
    replaced, _ = TOTPDevice.objects.filter(user=member, confirmed=True).delete()
    TOTPDevice.objects.filter(pk=found.pk).update(confirmed=True)
    _end_sessions(member)
    codes = _make_recovery_codes(member)
    action, had = ("member.factor_replaced", "former") if replaced else ("member.factor_enrolled", None)
    _record(action, member, Actor.member(member), now, had, "new")
    return codes


@transaction.atomic
def make_recovery_codes(*, member: Member, clock: Clock) -> list[str]:
    """Ten new recovery codes, to be shown once; the former ones are void."""
    _take_turn(member)
    now = clock()
    if not enrolled(member):
        raise Refused("no_factor", "You have no second factor.", "Set one up first.")
    codes = _make_recovery_codes(member)
    _record("member.recovery_codes_made", member, Actor.member(member), now, "former", "new", "recovery_codes")
    return codes


@transaction.atomic
def remove(*, member: Member, clock: Clock) -> None:
    """The member's own factor, by the member."""
    _take_turn(member)
    now = clock()
    _drop(member)
    _record("member.factor_removed", member, Actor.member(member), now, "former", None)


@transaction.atomic
def reset(*, name: str, clock: Clock) -> Member:
    """Take a lost factor away, for the operator at the machine. Raises NotFound or Refused."""
    member = Member.objects.filter(username=name).first()
    if member is None:
        raise NotFound("name", name, sorted(Member.objects.values_list("username", flat=True)), "Name one of these.")
    _take_turn(member)
    now = clock()
    if not enrolled(member):
        raise Refused("no_factor", f"{name} has no second factor.", "There is nothing to reset.")
    _drop(member)
    _record("member.factor_reset", member, BY_COMMAND, now, "former", None)
    return member


def _take_turn(member: Member) -> None:
    Member.objects.select_for_update().get(pk=member.pk)


def _drop(member: Member) -> None:
    TOTPDevice.objects.filter(user=member).delete()
    StaticDevice.objects.filter(user=member).delete()
    _end_sessions(member)


def _end_sessions(member: Member) -> None:
    """Every session of the member's ends; the one at work takes the new count over from `member`."""
    Member.objects.filter(pk=member.pk).update(factor_changes=F("factor_changes") + 1)
    member.refresh_from_db(fields=["factor_changes"])


def _make_recovery_codes(member: Member) -> list[str]:
    StaticDevice.objects.filter(user=member).delete()
    device = StaticDevice.objects.create(user=member, name="recovery codes")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_stored(member, code)) for code in codes)
    return ["-".join((code[:4], code[4:8], code[8:])) for code in codes]


def _stored(member: Member, code: str) -> str:
    """A recovery code as it is kept: not readable. 60 random bits need no slow hash; the column holds 16 characters."""
    return hashlib.sha256(f"{member.pk}:{code}".encode()).hexdigest()[:16]


def _require_patience(device: TOTPDevice | StaticDevice) -> None:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise TooSoon(why["locked_until"])


def _record(
    action: str, member: Member, by: Actor, now: datetime, had: str | None, has: str | None, what: str = "second_factor"
) -> None:
    """That it is another one, or none; no word of either."""
    act = Act(by, charter_of(by), now)
    audit.record(act, action, member.username[:100], Change({what: had}, {what: has}))
