"""The page of one's own second factor: set up, replace, remove, new recovery codes. Nobody opens another's."""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice

from org.admin import moments, passwords
from org.admin.passwords import Wrong
from org.admin.texts import when, words
from org.clock import database_clock
from org.errors import NOTHING_DONE, InvalidInput, OrgError
from org.models import Member
from org.services import factors
from org.services.factors import Factor

BEGUN = "factor_begun"
DEEDS = ("begin", "confirm", "cancel", "replace", "codes", "remove")


class FactorForm(forms.Form):
    deed = forms.ChoiceField(choices=[(deed, deed) for deed in DEEDS])
    password = forms.CharField(required=False, strip=False)
    code = forms.CharField(required=False, max_length=40)


def page(request: HttpRequest, site: dict[str, Any]) -> HttpResponse:
    """Shows the factor, or the key that this very session has begun; only a POST changes something."""
    member = request.user
    if not isinstance(member, Member):
        raise PermissionDenied
    if request.method in ("GET", "HEAD"):
        return _show(request, site, member)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    try:
        codes = _do(request, member)
    except Wrong as wrong:
        if not request.user.is_authenticated:
            return passwords.signed_out(request, wrong)
        return _show(request, site, member, wrong=wrong)
    if codes:
        return _show(request, site, member, codes=codes)  # once: a redirect would have to keep them
    return HttpResponseRedirect(request.path)


def _do(request: HttpRequest, member: Member) -> list[str]:
    """Do what was asked; recovery codes to be shown, if it made any. Raises Wrong."""
    form = FactorForm(request.POST)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Wrong(f"{words(field)}: {errors[0]} {NOTHING_DONE} Mend it and try again.", 400)
    deed, typed = form.cleaned_data["deed"], form.cleaned_data["code"]
    proof = {"password": form.cleaned_data["password"], "code": typed}
    try:
        if deed == "cancel":
            request.session.pop(BEGUN, None)
            return []
        if deed == "confirm":
            return _confirm(request, member, typed)
        if deed == "begin":
            if factors.enrolled(member):
                raise Wrong(f"You have a second factor. {NOTHING_DONE} Replace it instead.", 409)
            passwords.confirm(request, member, **proof, to="set up a second factor")
            request.session[BEGUN] = factors.begin(member=member).pk
            return []
        if not factors.enrolled(member):
            raise Wrong(f"You have no second factor. {NOTHING_DONE} Set one up.", 409)
        passwords.confirm_both(request, member, **proof, to="change your second factor")
        if deed == "replace":
            request.session[BEGUN] = factors.begin(member=member).pk
            return []
        if deed == "codes":
            return factors.make_recovery_codes(member=member, clock=database_clock)
        factors.remove(member=member, clock=database_clock)
        update_session_auth_hash(request, member)
        messages.success(request, "Your second factor is removed. Your other sessions have ended.")
        return []
    except InvalidInput as fault:
        raise Wrong(f"{words(fault.field)}: {fault.told}", 400) from fault
    except OrgError as refusal:
        raise Wrong(str(refusal), 409) from refusal


def _confirm(request: HttpRequest, member: Member, typed: str) -> list[str]:
    device = factors.begun(member, request.session.get(BEGUN))
    if device is None:
        raise Wrong(f"Nothing is begun in this session. {NOTHING_DONE} Set it up from the start.", 409)
    codes = factors.confirm(member=member, device=device, typed=typed, clock=database_clock)
    del request.session[BEGUN]
    update_session_auth_hash(request, member)
    passwords.note(request, member.pk)
    return codes


def _show(
    request: HttpRequest,
    site: dict[str, Any],
    member: Member,
    wrong: Wrong | None = None,
    codes: list[str] | None = None,
) -> HttpResponse:
    factor = factors.of(member)
    device = factors.begun(member, request.session.get(BEGUN))
    context = {
        **site,
        "title": "Second factor",
        "factor": factor,
        "facts": _facts(factor) if factor else "",
        "codes": codes or [],
        "qr": qr(device) if device else "",
        "secret": secret(device) if device else "",
        "asks": "" if factor else passwords.asked(request, member, moments.now()),
        "to": "begin",
        "is_missing": factors.is_missing(member),
        "has_password": member.has_usable_password(),
        "wrong": wrong.says if wrong else "",
    }
    return TemplateResponse(request, "admin/second_factor.html", context, status=wrong.status if wrong else 200)


def _facts(factor: Factor) -> str:
    used = f"last used {when(factor.last_used_at)}" if factor.last_used_at else "not used yet"
    return f"Set up {when(factor.since)}, {used}."


def secret(device: TOTPDevice) -> str:
    """The key as apps take it typed: Base32 in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def qr(device: TOTPDevice) -> SafeString:
    """The key as a picture that apps read. Drawn here: no style, no script, and nothing of what anybody typed in it."""
    drawn = segno.make(device.config_url, error="m", micro=False)
    return mark_safe(  # noqa: S308  paths of numbers, drawn by segno
        drawn.svg_inline(scale=1, border=4, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff")
    )
