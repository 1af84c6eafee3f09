"""A member's deed on a page: proven once more where it must be, and a refusal told on the page it was asked for on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from org.admin import passwords
from org.admin.access import may_act, require_factor
from org.admin.passwords import Wrong
from org.admin.texts import words
from org.errors import NOTHING_DONE, InvalidInput, OrgError
from org.locking import GIVES_WAY
from org.models import Member

T = TypeVar("T")


class Done(NamedTuple):
    """What became of it, in a sentence, and the page to go to then; empty: the same again."""

    says: str
    where: str = ""


def perform(
    request: HttpRequest,
    member: Member,
    page: str,
    *,
    to: str,
    deed: Callable[[], Done],
    again: Callable[[Wrong], HttpResponse],
) -> HttpResponse:
    """Do what a form of `page` asks for and go on; what was refused is shown by `again`, with why.

    `to`: the deed in words, as who proves themselves again is asked for it; empty where nobody is.
    """
    if not may_act(request, page):
        raise PermissionDenied
    try:
        require_factor(member)
        if to:
            password, code = request.POST.get("password", ""), request.POST.get("code", "")
            passwords.confirm(request, member, password=password, code=code, to=to)
        done = told(deed)
    except Wrong as wrong:
        return again(wrong) if request.user.is_authenticated else passwords.signed_out(request, wrong)
    messages.success(request, done.says)
    return HttpResponseRedirect(done.where or request.path)


def told(deed: Callable[[], T]) -> T:
    """What the deed returns; what the services raise is said as pages say it. Raises Wrong."""
    try:
        return deed()
    except InvalidInput as fault:
        raise Wrong(f"{words(fault.field)}: {fault.told}", 400) from fault
    except OrgError as refusal:
        raise Wrong(str(refusal), 409) from refusal
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", None) not in GIVES_WAY:
            raise
        raise Wrong(f"Others are changing the same at this moment. {NOTHING_DONE} Try again.", 409) from fault
