"""A run's page: drawn, with whom it waits for and why, and what a member can do about it."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe

from org.actors import Actor
from org.admin import moments, passwords
from org.admin.access import RecordAdmin, document, may_act, require_reader, said
from org.admin.columns import role, title
from org.admin.decisions import Choice
from org.admin.deeds import Done, perform
from org.admin.passwords import Wrong
from org.admin.references import with_links
from org.admin.texts import when
from org.clock import database_clock
from org.enums import RunStatus, StepStatus
from org.errors import InvalidInput
from org.legible import plain
from org.models import Member, Run, RunStep
from org.queries import runs as standing
from org.services import factors, run_interventions
from org.workflows.picture import svg
from org.workflows.references import words


class Line(NamedTuple):
    """A step that has begun, as the page's timeline shows it."""

    row: RunStep
    title: str
    who: str
    status: str
    begun: str
    ended: str
    gave: SafeString
    choices: list[Choice]


@admin.register(Run)
class RunAdmin(RecordAdmin):
    letter = "R"
    change_form_template = "admin/org/run.html"
    list_display = ("ref", "name", "subject", role("starter_role"), "status", "waits", "created_at", "finished_at")
    list_filter = ("status", "name")
    search_fields = ("name",)
    search_help_text = "A ref such as R-12, or a workflow's name."
    ordering = ("-number",)
    shows = (
        "ref",
        "name",
        "version",
        role("starter_role"),
        "status",
        said("outcome"),
        document("inputs"),
        "created_at",
    )

    @admin.display(description="For")
    def subject(self, run: Run) -> str:
        return plain(standing.subject(run))[:80]

    @admin.display(description="Waits for")
    def waits(self, run: Run) -> str:
        names = [name for each in standing.blocked(run, moments.charter()) for name in each.waiting_on]
        return ", ".join(title(name) for name in dict.fromkeys(names)) or "nobody"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = require_reader(request, self.page)
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404("There is no such run.")
        if request.method == "POST":
            deed, again = partial(self._do, request, run, member), partial(self._shown, request, run)
            return perform(request, member, self.page, to="do this", deed=deed, again=again)
        return self._shown(request, run)

    def _do(self, request: HttpRequest, run: Run, member: Member) -> Done:
        deed, _, number = request.POST.get("deed", "").partition(":")
        given: dict[str, Any] = {
            "reason": request.POST.get("reason", ""),
            "by": Actor.member(member),
            "clock": database_clock,
        }
        of_run = {"pause": "is paused", "resume": "goes on", "cancel": "is ended"}
        if deed in of_run:
            getattr(run_interventions, deed)(run=run, **given)
            return Done(f"{run.ref} {of_run[deed]}.")
        of_step = {"retry": "is tried again", "skip": "is left out", "release": "is free again"}
        row = run.steps.filter(number=int(number)).first() if number.isascii() and number.isdecimal() else None
        if deed not in of_step or row is None:
            raise InvalidInput("deed", "there is no such button.", "Use one of the page's.")
        getattr(run_interventions, deed)(step=row, **given)
        return Done(f"{row.ref} {of_step[deed]}.")

    def _shown(self, request: HttpRequest, run: Run, wrong: Wrong | None = None) -> HttpResponse:
        member = require_reader(request, self.page)
        run.refresh_from_db()
        flow = standing.definition_of(run)
        context = {
            "picture": mark_safe(svg(flow, standing.shown(run))),  # noqa: S308 - made of escaped words alone
            "blocked": [(with_links(each.why), when(each.since)) for each in standing.blocked(run, moments.charter())],
            "lines": [_line(row) for row in run.steps.select_related("decision").order_by("opened_at", "number")],
            "choices": _choices(run) if may_act(request, self.page) else [],
            "may_act": may_act(request, self.page),
            "needs_factor": factors.is_missing(member),
            "reason": request.POST.get("reason", "") if wrong else "",
            "wrong": wrong.says if wrong else "",
            "asks": passwords.asked(request, member, moments.now()),
            "to": "do this",
        }
        if wrong:
            request.method = "GET"  # the record is shown once more, and Django's form has nothing to keep
        page = super().change_view(request, str(run.pk), extra_context=context)
        page.status_code = wrong.status if wrong else page.status_code
        return page


def _line(row: RunStep) -> Line:
    flow = standing.definition_of(row.run)
    gave = "; ".join(f"{name}: {words(value)}" for name, value in (row.result or {}).items())
    if row.decision and row.decision.ref not in gave:
        gave = f"{row.decision.ref} {gave}"
    return Line(
        row,
        flow.step(row.key).title,
        title(row.raised_to or row.role) if row.raised_to or row.role else row.kind,
        row.get_status_display(),
        when(row.opened_at),
        when(row.finished_at) if row.finished_at else "",
        with_links(gave or row.fault),
        _of_step(row),
    )


def _choices(run: Run) -> list[Choice]:
    if run.finished_at is not None:
        return []
    ends = Choice("cancel", "reject", "End it", _ending(run))
    if run.status == RunStatus.UNDOING:
        return [ends, *(choice for row in run.steps.all() for choice in _of_step(row))]
    turn = (
        Choice("resume", "approve", "Let it go on", "All that became possible meanwhile begins.")
        if run.status == RunStatus.PAUSED
        else Choice("pause", "", "Pause it", "No step begins until it goes on; what agents hold they may still submit.")
    )
    found = [turn, ends]
    for row in run.steps.all():
        found += _of_step(row)
    return found


def _ending(run: Run) -> str:
    """What ending it does to what it did."""
    if run.status == RunStatus.UNDOING:
        return "At once: what is not undone yet of what it did stays."
    if standing.definition_of(run).undoing:
        return "What is open of it is cancelled; then what its steps did is undone, as far as the workflow says how."
    return "What its steps did stays; what is open of it is cancelled."


def _of_step(row: RunStep) -> list[Choice]:
    if row.finished_at is not None:
        return []
    found = []
    if row.status == StepStatus.FAILED and row.kind != "return":
        found.append(Choice(f"retry:{row.number}", "approve", f"Try {row.ref} again", "A worker does it once more."))
    if row.status == StepStatus.HELD:
        then = "The token of whoever holds it is worth nothing any more; the next to ask gets it."
        found.append(Choice(f"release:{row.number}", "", f"Release {row.ref}", then))
    then = "The run goes on without what it would have given."
    found.append(Choice(f"skip:{row.number}", "", f"Leave out {row.ref}", then))
    return found
