"""The page on which a member suspends a role or freezes spending, and lifts either."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from org.actors import Actor
from org.admin import passwords
from org.admin.access import RecordAdmin, may_act, require_reader, said
from org.admin.deeds import Done, perform
from org.admin.passwords import Wrong
from org.admin.texts import plain
from org.clock import database_clock
from org.errors import InvalidInput
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
        deed, again = partial(self._do, request, member), partial(self._page, request, member)
        return perform(request, member, self.page, to="do this", deed=deed, again=again)

    def _do(self, request: HttpRequest, member: Member) -> Done:
        deed, _, role = request.POST.get("deed", "").partition(":")
        given: dict[str, Any] = {
            "reason": request.POST.get("reason", ""),
            "by": Actor.member(member),
            "clock": database_clock,
        }
        title = CharterVersion.objects.in_force().title(role)
        match deed:
            case "freeze":
                stops.freeze(**given)
                return Done("Spending is frozen.")
            case "thaw":
                stops.thaw(**given)
                return Done("Spending is no longer frozen.")
            case "suspend":
                stops.suspend(role=role, **given)
                return Done(f"The {title} is suspended.")
            case "lift":
                stops.unsuspend(role=role, **given)
                return Done(f"The {title} is no longer suspended.")
        raise InvalidInput("deed", "there is no such button.", "Use one of the page's.")

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
