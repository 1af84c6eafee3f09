"""When a member last typed the password in this session. Approving asks for it again after five minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from org.clock import database_clock
from org.errors import NOTHING_DONE
from org.models import Member

FRESH_FOR = timedelta(minutes=5)
TRIES = 5  # wrong passwords in a session before it ends; a session somebody else holds is no place to guess
STALE = f"It is more than five minutes since you typed your password. {NOTHING_DONE} Sign out and in again, then do it."
ENTERED, WRONG = "password_entered", "password_wrong"


class Wrong(Exception):
    """What a page was to do was not done; the message says why and is shown on the page, under the HTTP status."""

    def __init__(self, says: str, status: int) -> None:
        self.says, self.status = says, status
        super().__init__(says)


class SignInForm(AdminAuthenticationForm):
    """The admin's own sign-in, which notes the time for the session it begins."""

    def confirm_login_allowed(self, user: Member) -> None:
        super().confirm_login_allowed(user)
        if self.request is not None:
            note(self.request, user.pk)


def note(request: HttpRequest, member_id: int) -> None:
    request.session[ENTERED] = {"member": member_id, "at": database_clock().isoformat()}
    request.session.pop(WRONG, None)


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    entered = request.session.get(ENTERED) or {}
    if entered.get("member") != request.user.pk:
        return False
    return timedelta(0) <= now - datetime.fromisoformat(entered["at"]) <= FRESH_FOR


def enter(request: HttpRequest, member: Member, password: str) -> bool:
    """Whether the password is the member's. The last wrong try signs the session out."""
    if member.check_password(password):
        note(request, member.pk)
        return True
    request.session[WRONG] = request.session.get(WRONG, 0) + 1
    if request.session[WRONG] >= TRIES:
        logout(request)
    return False


def confirm(request: HttpRequest, member: Member, typed: str, to: str) -> None:
    """Require the password again where it was typed over five minutes ago; `to` is the deed. Raises Wrong."""
    if is_fresh(request, database_clock()):
        return
    if not typed:
        raise Wrong(f"You typed your password over five minutes ago. {NOTHING_DONE} Type it to {to}.", 403)
    if not enter(request, member, typed):
        raise Wrong(f"That is not your password. {NOTHING_DONE} Type it again.", 403)


def signed_out(request: HttpRequest) -> HttpResponse:
    """Where somebody goes whose last wrong try ended the session."""
    messages.error(request, "Too many wrong passwords. Nothing was done. Sign in again.")
    return HttpResponseRedirect(f"{reverse('admin:login')}?next={request.path}")
