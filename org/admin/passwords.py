"""When somebody last proved who they are in this session. Approving asks for it again after five minutes.

Who has a second factor proves it by a code of the app (or a recovery code): a browser that fills in passwords proves
nothing, a code from another device does. Who has none types the password.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from org.admin import visits
from org.clock import database_clock
from org.errors import NOTHING_DONE, Refused
from org.models import Member
from org.services import factors, sign_ins
from org.services.sign_ins import Locked

FRESH_FOR = timedelta(minutes=5)
STALE = f"It is more than five minutes since you typed your password. {NOTHING_DONE} Sign out and in again, then do it."
ENTERED = "password_entered"
PASSWORD, CODE = "password", "code"


class Wrong(Exception):
    """What a page was to do was not done; the message says why and is shown on the page, under the HTTP status."""

    def __init__(self, says: str, status: int) -> None:
        self.says, self.status = says, status
        super().__init__(says)


def note(request: HttpRequest, member_id: int) -> None:
    request.session[ENTERED] = {"member": member_id, "at": database_clock().isoformat()}


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    entered = request.session.get(ENTERED) or {}
    if entered.get("member") != request.user.pk:
        return False
    return timedelta(0) <= now - datetime.fromisoformat(entered["at"]) <= FRESH_FOR


def asked(request: HttpRequest, member: Member, now: datetime) -> str:
    """Which field the page asks for: PASSWORD, CODE, or none while the last proof is fresh."""
    if is_fresh(request, now):
        return ""
    return CODE if factors.enrolled(member) else PASSWORD


def confirm(request: HttpRequest, member: Member, *, password: str, code: str, to: str) -> None:
    """Require a proof again where the last is over five minutes old; `to` is the deed. Raises Wrong."""
    field = asked(request, member, database_clock())
    if field == PASSWORD:
        if not password:
            raise Wrong(f"You typed your password over five minutes ago. {NOTHING_DONE} Type it to {to}.", 403)
        try_password(request, member, password, to)
    elif field == CODE:
        if not code:
            raise Wrong(f"You signed in over five minutes ago. {NOTHING_DONE} Type a code of your app to {to}.", 403)
        try_code(request, member, code, to)
    if field:
        note(request, member.pk)


def confirm_both(request: HttpRequest, member: Member, *, password: str, code: str, to: str) -> None:
    """Require the password and, of who has a second factor, a code, however fresh the session is. Raises Wrong."""
    if not password or (factors.enrolled(member) and not code):
        raise Wrong(f"It needs your password and a current code. {NOTHING_DONE} Type both to {to}.", 403)
    try_password(request, member, password, to)
    if factors.enrolled(member):
        try_code(request, member, code, to)
    note(request, member.pk)


def try_password(request: HttpRequest, member: Member, typed: str, to: str) -> None:
    """Raises Wrong for what is not the member's password. The failure that locks ends the session."""
    visit = visits.of(request, to)
    try:
        found = sign_ins.try_password(name=member.get_username(), password=typed, visit=visit, clock=database_clock)
    except Refused as refusal:
        raise _refused(request, refusal) from refusal
    if found is None or found.pk != member.pk:
        raise Wrong(f"That is not your password. {NOTHING_DONE} Type it again.", 403)
    if not factors.enrolled(member):
        sign_ins.forget(member)


def try_code(request: HttpRequest, member: Member, typed: str, to: str) -> None:
    """Raises Wrong for what is no unused code of the member's. The failure that locks ends the session."""
    try:
        kind = sign_ins.try_code(member=member, typed=typed, visit=visits.of(request, to), clock=database_clock)
    except Refused as refusal:
        raise _refused(request, refusal) from refusal
    if not kind:
        raise Wrong(f"That is not a current code of yours, or it was used. {NOTHING_DONE} Type the next one.", 403)


def _refused(request: HttpRequest, refusal: Refused) -> Wrong:
    if isinstance(refusal, Locked) and refusal.by_this_try:
        logout(request)
    return Wrong(str(refusal), 429)


def signed_out(request: HttpRequest, wrong: Wrong) -> HttpResponse:
    """Where somebody goes whose last wrong try ended the session."""
    messages.error(request, wrong.says)
    return HttpResponseRedirect(f"{reverse('admin:login')}?next={request.path}")
