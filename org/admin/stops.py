"""The page on which a member suspends a role or freezes spending, and lifts either."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from org.actors import Actor
from org.admin import moments, passwords
from org.admin.access import RecordAdmin, may_act, require_reader, said
from org.admin.columns import title
from org.admin.deeds import Done, perform
from org.admin.passwords import Wrong
from org.clock import database_clock
from org.errors import InvalidInput
from org.legible import plain
from org.models import Member, Stop
from org.queries.stops import Standing
from org.services import factors, stops


class Stopped(NamedTuple):
    """A stop that stands, as the page shows it. `pk`: what a button posts, so that no other one is lifted by it."""

    pk: int
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
        deed, _, what = request.POST.get("deed", "").partition(":")
        given: dict[str, Any] = {
            "reason": request.POST.get("reason", ""),
            "by": Actor.member(member),
            "clock": database_clock,
        }
        match deed:
            case "freeze":
                stops.freeze(**given)
                return Done("Spending is frozen.")
            case "suspend":
                stops.suspend(role=what, **given)
                return Done(f"The {title(what)} is suspended.")
            case "lift":
                stop = stops.lift(stop=_shown(what), **given)
                became = (
                    f"The {title(stop.role)} is no longer suspended." if stop.role else "Spending is no longer frozen."
                )
                return Done(became)
        raise InvalidInput("deed", "there is no such button.", "Use one of the page's.")

    def _page(self, request: HttpRequest, member: Member, wrong: Wrong | None = None) -> HttpResponse:
        standing = {stop.role: stop for stop in Stop.objects.standing().select_related("person").order_by("stopped_at")}
        freeze, roles = standing.pop("", None), moments.charter().roles
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Stops",
            "frozen": _stopped(freeze) if freeze else None,
            "suspended": [_stopped(stop) for stop in standing.values()],
            "acting": [(role, title(role)) for role in roles if role not in standing],
            "lifted": Stop.objects.filter(lifted_at__isnull=False).select_related("person").order_by("-lifted_at")[:20],
            "may_stop": may_act(request, self.page),
            "needs_factor": factors.is_missing(member),
            "reason": request.POST.get("reason", "") if wrong else "",
            "wrong": wrong.says if wrong else "",
            "asks": passwords.asked(request, member, moments.now()),
            "to": "do this",
        }
        status = wrong.status if wrong else 200
        return TemplateResponse(request, "admin/org/stops.html", context, status=status)


def _stopped(stop: Stop) -> Stopped:
    return Stopped(stop.pk, title(stop.role), plain(Standing.of(stop).told))


def _shown(number: str) -> Stop:
    """The stop whose button was pressed, whatever became of it since."""
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18
    stop = Stop.objects.filter(pk=int(number)).first() if is_number else None
    if stop is None:
        raise InvalidInput("deed", "there is no such stop.", "Use one of the page's buttons.")
    return stop
