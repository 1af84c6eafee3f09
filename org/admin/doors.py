"""Coming in, going out, and changing one's own password.

Who has a second factor is nobody to every page until both steps are done: between them the session only remembers whose
password was right, for five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import login, logout
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.crypto import constant_time_compare

from org.actors import Actor
from org.admin import passwords, visits
from org.admin.passwords import Wrong
from org.clock import database_clock
from org.errors import Refused
from org.models import Member
from org.services import factors, members, sign_ins
from org.services.sign_ins import Locked

BACKEND = "django.contrib.auth.backends.ModelBackend"
HALF = "password_was_right"
HALF_LASTS = timedelta(minutes=5)
FEW_CODES = 3


class SignInForm(AdminAuthenticationForm):
    """Name and password, tried and counted by `sign_ins`; who has no door here hears what a wrong password hears."""

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name is not None and password:
            assert self.request is not None
            visit = visits.of(self.request)
            member = sign_ins.try_password(name=name, password=password, visit=visit, clock=database_clock)
            if member is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(member)
            self.user_cache = member
        return self.cleaned_data


class SignIn(LoginView):
    """The first step, and the only one for who has no second factor."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        return {**super().get_context_data(**given), "next": self.get_success_url()}

    def post(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **given)
        except Refused as refusal:
            return refused(request, refusal, self.extra_context)

    def form_valid(self, form: Any) -> HttpResponse:
        member: Member = form.get_user()
        note_leaving(self.request)
        logout(self.request)  # whoever was signed in here before; and no session of before goes on
        if not factors.enrolled(member):
            enter(self.request, member, "")
            return HttpResponseRedirect(self.get_success_url())
        self.request.session[HALF] = {
            "member": member.pk,
            "at": database_clock().isoformat(),
            "bound": member.get_session_auth_hash(),
        }
        return HttpResponseRedirect(reverse("admin:login_code", query={"next": self.get_success_url()}))


class CodeForm(forms.Form):
    code = forms.CharField(max_length=40)

    def __init__(self, request: HttpRequest, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)


class CodeStep(SignIn):
    """The second step: a code of the app, or a recovery code."""

    authentication_form = CodeForm  # type: ignore[assignment]
    template_name = "admin/login_code.html"

    def dispatch(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        if half(request) is None:
            messages.warning(request, "Sign in with your password first; the code is asked for within five minutes.")
            return HttpResponseRedirect(reverse("admin:login"))
        return super().dispatch(request, *args, **given)

    def form_valid(self, form: Any) -> HttpResponse:
        member = half(self.request)
        assert member is not None
        visit = visits.of(self.request)
        typed = form.cleaned_data["code"]
        try:
            kind = sign_ins.try_code(member=member, typed=typed, visit=visit, clock=database_clock)
        except Locked:
            del self.request.session[HALF]
            raise
        except factors.TooSoon as refusal:
            kind = ""
            form.add_error("code", str(refusal))
        if not kind:
            if not form.errors:
                form.add_error("code", "That is not a current code of yours, or it was used. Type the next one.")
            return self.form_invalid(form)
        enter(self.request, member, kind)
        factor = factors.of(member)
        if factor and kind == factors.RECOVERY:
            left = factor.recovery_codes_left
            few = " Make new ones." if left <= FEW_CODES else ""
            messages.warning(self.request, f"You used a recovery code; {left} are left.{few}")
        return HttpResponseRedirect(self.get_success_url())


class OwnPasswordForm(AdminPasswordChangeForm):
    """One's own new password; the old one is tried and counted by `sign_ins`."""

    def __init__(self, *args: Any, request: HttpRequest, **given: Any) -> None:
        self.request = request
        super().__init__(*args, **given)

    def clean_old_password(self) -> str:
        typed: str = self.cleaned_data["old_password"]
        try:
            passwords.try_password(self.request, self.user, typed, "change the password")
        except Wrong as wrong:
            if wrong.status == 429:
                raise
            raise ValidationError(wrong.says) from wrong
        return typed


class OwnPassword(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def post(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **given)
        except Wrong as wrong:
            if not request.user.is_authenticated:
                return passwords.signed_out(request, wrong)
            messages.error(request, wrong.says)
            return HttpResponseRedirect(request.path)

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            page = super().form_valid(form)
            assert isinstance(self.request.user, Member)
            members.note_password(member=self.request.user, by=Actor.member(self.request.user), clock=database_clock)
        return page


def half(request: HttpRequest) -> Member | None:
    """Whose password was right in this session within five minutes, and has not changed since."""
    noted = request.session.get(HALF)
    if not noted or database_clock() - datetime.fromisoformat(noted["at"]) > HALF_LASTS:
        return None
    member = Member.objects.filter(pk=noted["member"], is_active=True, is_staff=True).first()
    if member is None or not constant_time_compare(noted["bound"], member.get_session_auth_hash()):
        return None
    return member


def enter(request: HttpRequest, member: Member, factor: str) -> None:
    """Begin the member's session, under a new key."""
    request.session.pop(HALF, None)
    login(request, member, backend=BACKEND)
    passwords.note(request, member.pk)
    sign_ins.note_sign_in(member=member, factor=factor, visit=visits.of(request), clock=database_clock)


def note_leaving(request: HttpRequest) -> None:
    if isinstance(request.user, Member):
        sign_ins.note_sign_out(member=request.user, visit=visits.of(request), clock=database_clock)


def refused(request: HttpRequest, refusal: Refused, context: Mapping[str, Any] | None) -> HttpResponse:
    """The page that says when to try again; the same for every name."""
    seconds = 1
    if isinstance(refusal, Locked):
        seconds = max(1, round((refusal.ends_at - database_clock()).total_seconds()))
    given = {**(context or {}), "title": "Not now", "says": str(refusal), "is_locked": isinstance(refusal, Locked)}
    page = TemplateResponse(request, "admin/locked.html", given, status=429)
    page["Retry-After"] = str(seconds)
    return page
