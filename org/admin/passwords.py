"""When a member last typed the password in this session. Approving asks for it again after five minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import logout
from django.http import HttpRequest

from org.clock import database_clock
from org.errors import NOTHING_DONE
from org.models import Member

FRESH_FOR = timedelta(minutes=5)
TRIES = 5  # wrong passwords in a session before it ends; a session somebody else holds is no place to guess
STALE = f"It is more than five minutes since you typed your password. {NOTHING_DONE} Sign out and in again, then do it."
ENTERED, WRONG = "password_entered", "password_wrong"


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
