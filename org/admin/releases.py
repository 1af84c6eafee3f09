"""The page of locked names and addresses, on which an operator releases them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse

from org.actors import Actor
from org.admin import moments, passwords
from org.admin.access import may_act, require_factor, require_reader
from org.admin.passwords import Wrong
from org.admin.texts import span, when
from org.clock import database_clock
from org.errors import NOTHING_DONE
from org.legible import plain
from org.models import Member
from org.services import factors, sign_ins
from org.services.sign_ins import LONGEST_NAME

PAGE = "sign_ins"


def page(request: HttpRequest, site: dict[str, Any]) -> HttpResponse:
    member = require_reader(request, PAGE)
    if request.method in ("GET", "HEAD"):
        return _show(request, site, member)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if not may_act(request, PAGE):
        raise PermissionDenied
    try:
        require_factor(member)
        passwords.confirm(
            request,
            member,
            password=request.POST.get("password", ""),
            code=request.POST.get("code", ""),
            to="release a lock",
        )
        name, address = request.POST.get("name", ""), request.POST.get("address", "")
        if name == member.get_username():
            raise Wrong(f"Nobody releases their own name. {NOTHING_DONE} Ask another, or wait.", 403)
        wanted = ("name", name) if name else ("address", address)
        if wanted not in [(lock.by, lock.value) for lock in sign_ins.locks(database_clock())]:
            raise Wrong(f"That is not locked any more. {NOTHING_DONE}", 409)
        sign_ins.release(name=name, address=address, by=Actor.member(member), clock=database_clock)
    except Wrong as wrong:
        if not request.user.is_authenticated:
            return passwords.signed_out(request, wrong)
        return _show(request, site, member, wrong)
    messages.success(request, "It is released; whoever it was may try again now.")
    return HttpResponseRedirect(request.path)


def _show(request: HttpRequest, site: dict[str, Any], member: Member, wrong: Wrong | None = None) -> HttpResponse:
    now = moments.now()
    rows = [
        {
            "by": lock.by,
            "value": lock.value,
            "shown": plain(lock.value)[:LONGEST_NAME],
            "failures": lock.failures,
            "ends": when(lock.ends_at),
            "left": span(lock.ends_at - now),
        }
        for lock in sign_ins.locks(now)
    ]
    context = {
        **site,
        "title": "Locked sign-ins",
        "locks": rows,
        "may_release": may_act(request, PAGE),
        "asks": passwords.asked(request, member, now),
        "to": "release",
        "needs_factor": factors.is_missing(member),
        "wrong": wrong.says if wrong else "",
    }
    return TemplateResponse(request, "admin/sign_ins.html", context, status=wrong.status if wrong else 200)
