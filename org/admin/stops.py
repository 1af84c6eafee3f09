"""The page on which a member suspends a role or freezes spending, and lifts either."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from org.actors import Actor
from org.admin import passwords
from org.admin.access import RecordAdmin, may_act, require_factor, require_reader, said
from org.admin.passwords import Wrong
from org.admin.texts import plain, words
from org.clock import database_clock
from org.errors import InvalidInput, OrgError
from org.models import CharterVersion, Member, Stop
from org.queries import stops as standing
from org.services import factors, stops


class Row(NamedTuple):
    """A role of the charter on the page; `told` says who suspends it, since when and why; empty: it acts."""

    role: str
    title: str
    told: str


@admin.register(Stop)
class StopAdmin(RecordAdmin):
    shows = (
        "kind",
        said("role"),
        said("reason"),
        "person",
        "stopped_at",
        "lifted_at",
        "lifted_by",
        said("lifted_because"),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        member = require_reader(request, self.page)
        if request.method != "POST":
            return self._page(request, member)
        if not may_act(request, self.page):
            raise PermissionDenied
        try:
            says = self._do(request, member)
        except Wrong as wrong:
            if not request.user.is_authenticated:
                return passwords.signed_out(request, wrong)
            return self._page(request, member, wrong)
        messages.success(request, says)
        return HttpResponseRedirect(request.path)

    def _do(self, request: HttpRequest, member: Member) -> str:
        """Do what was asked; what became of it. Raises Wrong."""
        deed, _, role = request.POST.get("deed", "").partition(":")
        require_factor(member)
        password, code = request.POST.get("password", ""), request.POST.get("code", "")
        passwords.confirm(request, member, password=password, code=code, to="do this")
        given: dict[str, Any] = {
            "reason": request.POST.get("reason", ""),
            "by": Actor.member(member),
            "clock": database_clock,
        }
        title = CharterVersion.objects.in_force().title(role)
        try:
            if deed == "freeze":
                stops.freeze(**given)
                return "Spending is frozen."
            if deed == "thaw":
                stops.thaw(**given)
                return "Spending is no longer frozen."
            if deed == "suspend":
                stops.suspend(role=role, **given)
                return f"The {title} is suspended."
            if deed == "lift":
                stops.unsuspend(role=role, **given)
                return f"The {title} is no longer suspended."
            raise InvalidInput("deed", "there is no such button.", "Use one of the page's.")
        except InvalidInput as fault:
            raise Wrong(f"{words(fault.field)}: {fault.told}", 400) from fault
        except OrgError as refusal:
            raise Wrong(str(refusal), 409) from refusal

    def _page(self, request: HttpRequest, member: Member, wrong: Wrong | None = None) -> HttpResponse:
        charter, freeze = CharterVersion.objects.in_force(), standing.freeze()
        suspended = {stop.role for stop in Stop.objects.filter(lifted_at__isnull=True).exclude(role="")}
        rows = [_row(role, charter.title(role)) for role in [*charter.roles, *sorted(suspended - set(charter.roles))]]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Stops",
            "frozen": plain(freeze.told) if freeze else "",
            "suspended": [row for row in rows if row.told],
            "acting": [row for row in rows if not row.told],
            "lifted": Stop.objects.filter(lifted_at__isnull=False).select_related("person").order_by("-lifted_at")[:20],
            "may_stop": may_act(request, self.page),
            "needs_factor": factors.is_missing(member),
            "reason": request.POST.get("reason", "") if wrong else "",
            "wrong": wrong.says if wrong else "",
            "asks": passwords.asked(request, member, database_clock()),
            "to": "do this",
        }
        status = wrong.status if wrong else 200
        return TemplateResponse(request, "admin/org/stops.html", context, status=status)


def _row(role: str, title: str) -> Row:
    stop = standing.suspension(role)
    return Row(role, title, plain(stop.told) if stop else "")
