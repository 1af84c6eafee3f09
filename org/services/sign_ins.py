"""Who comes in. Passwords and codes are tried here, whatever page they were typed on, under one count.

Five failures under one name lock that name for fifteen minutes, and twenty from one address that address: who shares an
address with somebody who forgot a password comes in; who tries a word on name after name does not. django-axes keeps
the count. Tries under a name, and from an address, take turns, so that none of many at once is let through uncounted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import Max, Sum
from django.http import HttpRequest

from org import audit
from org.actors import Actor
from org.acts import Act, charter_of
from org.clock import Clock
from org.errors import Refused
from org.locking import GIVES_WAY, bound_waits, take_turns
from org.models import Member
from org.services import factors

BY_CLOCK, BY_COMMAND = Actor.clockwork("sign_in"), Actor.clockwork("sign_ins")
SIGN_IN = "sign in"
LONGEST_NAME = 60  # of a typed name in the audit
LIMITS = (  # what locks: its column, how many failures
    ("name", "username", settings.AXES_FAILURE_LIMIT),
    ("address", "ip_address", settings.FAILURES_FROM_AN_ADDRESS),
)


@dataclass(frozen=True)
class Visit:
    """Where a try comes from, and what for: `sign in`, `approve`, …"""

    address: str | None
    purpose: str = SIGN_IN


@dataclass(frozen=True)
class Lock:
    """A name or an address (`by`) that is shut until `ends_at`."""

    by: str
    value: str
    failures: int
    ends_at: datetime


class Locked(Refused):
    """Too many failures under this name or from this address. The words are the same whether the name exists."""

    def __init__(self, ends_at: datetime, now: datetime, *, by_this_try: bool = False) -> None:
        self.ends_at, self.by_this_try = ends_at, by_this_try
        minutes = max(1, -(-(ends_at - now) // timedelta(minutes=1)))
        super().__init__(
            "locked",
            "Too many wrong passwords or codes under this name or from this address.",
            f"Try again after {ends_at:%H:%M} UTC, in {minutes} min; an operator, or who manages members, releases it"
            " sooner.",
        )


class Busy(Refused):
    """Others are trying the same name or come from the same address at this moment."""

    def __init__(self) -> None:
        super().__init__(
            "busy", "Others are signing in under this name or from this address right now.", "Try again in a moment."
        )


def try_password(*, name: str, password: str, visit: Visit, clock: Clock) -> Member | None:
    """The active person with this name and password, or None, which is counted. Raises Locked and Busy."""
    try:
        with transaction.atomic():
            now = _take_turn(name, visit, clock)
            member = authenticate(_probe(visit, now), username=name, password=password)
            if isinstance(member, Member):
                return member
            ends_at = _note_failure(name, visit, now, "password")
    except OperationalError as fault:
        raise _busy(fault) from fault
    if ends_at:
        raise Locked(ends_at, now, by_this_try=True)
    return None


def try_code(*, member: Member, typed: str, visit: Visit, clock: Clock) -> str:
    """The kind of the member's code this is, used up now, or nothing, which is counted. Raises Locked, Busy, TooSoon.

    What cannot be a code at all is neither tried nor counted.
    """
    if factors.reading(typed) is None:
        return ""
    name = member.get_username()
    try:
        with transaction.atomic():
            now = _take_turn(name, visit, clock)
            kind = factors.verify(member, typed)
            if kind == factors.RECOVERY:
                factor = factors.of(member)
                left = factor.recovery_codes_left if factor else 0
                _record(member, "member.recovery_code_used", now, visit, left=left)
            if kind:
                return kind
            AxesProxyHandler.user_login_failed("echo", {"username": name}, _probe(visit, now))
            ends_at = _note_failure(name, visit, now, "code")
    except OperationalError as fault:
        raise _busy(fault) from fault
    if ends_at:
        raise Locked(ends_at, now, by_this_try=True)
    return ""


@transaction.atomic
def note_sign_in(*, member: Member, factor: str, visit: Visit, clock: Clock) -> None:
    """Somebody is in, by password and, where they have one, `factor`. Their name's failures are forgotten."""
    forget(member)
    _record(member, "sign_in.done", clock(), visit, factor=factor or None)


@transaction.atomic
def note_sign_out(*, member: Member, visit: Visit, clock: Clock) -> None:
    _record(member, "sign_in.ended", clock(), visit)


def forget(member: Member) -> None:
    """Of this name only: what an address tried under other names stays counted."""
    AccessAttempt.objects.filter(username=member.get_username()).delete()


def locks(now: datetime) -> list[Lock]:
    """The names and addresses that are locked now, the newest first."""
    found = []
    for by, column, limit in LIMITS:
        counted = _counted(now).exclude(**{f"{column}__isnull": True}).values(column)
        for row in counted.annotate(n=Sum("failures_since_start"), last=Max("attempt_time")).order_by():
            if row["n"] >= limit:
                found.append(Lock(by, row[column], row["n"], row["last"] + settings.AXES_COOLOFF_TIME))
    return sorted(found, key=lambda lock: lock.ends_at, reverse=True)


@transaction.atomic
def release(*, name: str = "", address: str = "", by: Actor = BY_COMMAND, clock: Clock) -> int:
    """Forget the failures under a name or from an address; how many there were. By command, or by a person."""
    rows = AccessAttempt.objects.filter(username=name) if name else AccessAttempt.objects.filter(ip_address=address)
    forgotten = rows.aggregate(n=Sum("failures_since_start"))["n"] or 0
    rows.delete()
    if forgotten:
        _note(by, "sign_in.released", _subject(name) if name else address, clock(), failures=forgotten)
    return int(forgotten)


def _take_turn(name: str, visit: Visit, clock: Clock) -> datetime:
    """The time, once nobody else tries this name or comes from this address. Raises Locked."""
    bound_waits()
    take_turns([f"name {name}", f"address {visit.address}"])
    now = clock()
    ends_at = _locked_until(name, visit, now)
    if ends_at:
        raise Locked(ends_at, now)
    return now


def _counted(now: datetime) -> Any:
    return AccessAttempt.objects.filter(attempt_time__gte=now - settings.AXES_COOLOFF_TIME)


def _locked_until(name: str, visit: Visit, now: datetime) -> datetime | None:
    ends, tried = [], {"username": name, "ip_address": visit.address}
    for _, column, limit in LIMITS:
        rows = _counted(now).filter(**{column: tried[column]})
        found = rows.aggregate(n=Sum("failures_since_start"), last=Max("attempt_time"))
        if (found["n"] or 0) >= limit:
            ends.append(found["last"] + settings.AXES_COOLOFF_TIME)
    return max(ends, default=None)


def _note_failure(name: str, visit: Visit, now: datetime, step: str) -> datetime | None:
    """Tell the audit of a failed try, and of the lock it led to; when that ends."""
    tried = AccessAttempt.objects.filter(username=name, ip_address=visit.address)
    tried.update(attempt_time=now)  # axes stamps a first failure by this machine's clock; locks go by the database's
    member = Member.objects.filter(username=name).first()
    by = Actor.member(member) if member else BY_CLOCK
    _note(by, "sign_in.failed", _subject(name), now, step=step, purpose=visit.purpose, address=visit.address)
    ends_at = _locked_until(name, visit, now)
    if ends_at:
        _note(by, "sign_in.locked", _subject(name), now, until=ends_at.isoformat(), address=visit.address)
    return ends_at


def _subject(name: str) -> str:
    """A typed name, bounded. What cannot be a user name is not repeated: it may be a password in the wrong field."""
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError:
        return "what cannot be a name"
    return name[:LONGEST_NAME]


def _record(member: Member, action: str, now: datetime, visit: Visit, **data: Any) -> None:
    _note(Actor.member(member), action, _subject(member.get_username()), now, address=visit.address, **data)


def _note(by: Actor, action: str, subject: str, now: datetime, **data: Any) -> None:
    """Coming and going changes nothing of the record."""
    audit.note(Act(by, charter_of(by), now), action, subject, **data)


def _probe(visit: Visit, now: datetime) -> HttpRequest:
    """All that axes is to know of a request: no form, whose fields it would store, and no browser's name to vary."""
    probe: Any = HttpRequest()
    probe.axes_updated, probe.axes_locked_out, probe.axes_failures_since_start = True, False, None
    probe.axes_attempt_time, probe.axes_ip_address, probe.axes_path_info = now, visit.address, visit.purpose
    probe.axes_user_agent = probe.axes_http_accept = ""
    probe.axes_credentials = None
    return probe  # type: ignore[no-any-return]


def _busy(fault: OperationalError) -> Exception:
    return Busy() if getattr(fault.__cause__, "sqlstate", "") in GIVES_WAY else fault
