"""A decision's page, from which a member withdraws it, takes it to the board, revokes its approval or overrides it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join

from org import money
from org.actors import Actor
from org.admin import ballots, histories, moments, passwords
from org.admin.access import Field, RecordAdmin, document, may_act, require_reader, said
from org.admin.columns import RoleFilter, WordFilter, amount, link, linked, role, spelled, stands, title
from org.admin.deeds import Done, perform
from org.admin.passwords import Wrong
from org.clock import database_clock
from org.enums import Status
from org.errors import InvalidInput
from org.models import Decision, Escalation, Member
from org.services import budgets, factors, interventions, revocations


class Choice(NamedTuple):
    """A button: the deed it posts, how it looks, its words, and what follows from it."""

    deed: str
    style: str
    label: str
    then: str


@admin.register(Decision)
class DecisionAdmin(RecordAdmin):
    letter = "D"
    change_form_template = "admin/org/decision.html"
    list_display = (
        "ref",
        said("title"),
        amount,
        "state",
        spelled("decision_type"),
        role("initiator_role"),
        role("decided_by"),
        "created_at",
    )
    list_filter = (
        *("status", "mode", ("decision_type", WordFilter)),
        *(("initiator_role", RoleFilter), ("decided_by", RoleFilter)),
    )
    search_fields = ("title", "initiative")
    search_help_text = "A ref such as D-142, or words of the title or initiative."
    ordering = ("-created_at",)
    sections: tuple[tuple[str | None, tuple[Field, ...]], ...] = (
        (None, ("ref", said("title"), amount, "state", role("decided_by"), "waiting", "before_the_board")),
        (
            "What was asked",
            (
                spelled("decision_type"),
                role("initiator_role"),
                said("initiative"),
                "confidence",
                "urgency",
                document("context"),
            ),
        ),
        ("How it was judged", ("mode", document("ruling"), "charter_version", document("outcome"))),
        (
            "Chain and times",
            (
                *(linked("revises"), linked("overrides"), "put_anew", "created_at", "final_at", "completed_at"),
                *("expires_at", "used_at", "revoked_at", "revoked_by"),
            ),
        ),
        ("Seal", ("id", "content_hash", "confidential")),
    )
    shows = tuple(field for _, fields in sections for field in fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(heading, {"fields": fields}) for heading, fields in self.sections]

    @admin.display(description="Status", ordering="status")
    def state(self, decision: Decision) -> str:
        return stands(decision)

    @admin.display(description="Waits for")
    def waiting(self, decision: Decision) -> str:
        return ", ".join(title(name) for name in decision.waiting_on) or "nobody"

    @admin.display(description="Before the board")
    def before_the_board(self, decision: Decision) -> str:
        rows = decision.escalations.order_by("opened_at")
        links = [link(row, f"{row.ref} ({row.get_status_display().lower()})") for row in rows]
        return format_html_join(", ", "{}", ((each,) for each in links)) if links else "never"

    @admin.display(description="Overridden by")
    def put_anew(self, decision: Decision) -> str:
        links = [link(row, f"{row.ref} ({stands(row).lower()})") for row in decision.overridden_by.order_by("number")]
        return format_html_join(", ", "{}", ((each,) for each in links)) if links else "-"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = require_reader(request, self.page)
        decision = self.get_object(request, object_id)
        if decision is None:
            raise Http404("There is no such decision.")
        if request.method == "POST":
            to, deed = "do this", partial(self._do, request, decision, member)
            return perform(request, member, self.page, to=to, deed=deed, again=partial(self._shown, request, decision))
        return self._shown(request, decision)

    def _do(self, request: HttpRequest, decision: Decision, member: Member) -> Done:
        given: dict[str, Any] = {
            "decision": decision,
            "reason": request.POST.get("reason", ""),
            "by": Actor.member(member),
            "clock": database_clock,
        }
        match request.POST.get("deed", ""):
            case "withdraw":
                interventions.withdraw(**given)
                return Done(f"{decision.ref} is withdrawn.")
            case "release":
                return _to_the_board(interventions.release(**given), f"{decision.ref} is before the board")
            case "override":
                return _to_the_board(interventions.override(**given), f"{decision.ref} is before the board anew")
            case "revoke":
                left = interventions.revoke(**given).returned_usd
                went = f" {money.show(left)} went back to the treasury." if left else ""
                return Done(f"{decision.ref} is revoked.{went}")
        raise InvalidInput("deed", "there is no such button.", "Use one of the page's.")

    def _shown(self, request: HttpRequest, decision: Decision, wrong: Wrong | None = None) -> HttpResponse:
        member = require_reader(request, self.page)
        decision.refresh_from_db()  # as it is now, after whatever was refused
        waiting = Escalation.objects.open_of(decision)
        context = {
            "history": histories.of(decision, title),
            "vote": ballots.of(decision),
            "choices": choices(decision, moments.now()) if may_act(request, self.page) else [],
            "may_act": may_act(request, self.page),
            "board_page": reverse("admin:org_escalation_change", args=[waiting.pk]) if waiting else "",
            "escalation": waiting,
            "needs_factor": factors.is_missing(member),
            "reason": request.POST.get("reason", "") if wrong else "",
            "wrong": wrong.says if wrong else "",
            "asks": passwords.asked(request, member, moments.now()),
            "to": "do this",
        }
        if wrong:
            request.method = "GET"  # the record is shown once more, and Django's form has nothing to keep
        page = super().change_view(request, str(decision.pk), extra_context=context)
        page.status_code = wrong.status if wrong else page.status_code
        return page


def _to_the_board(opened: Escalation, says: str) -> Done:
    return Done(f"{says} as {opened.ref}.", reverse("admin:org_escalation_change", args=[opened.pk]))


def choices(decision: Decision, now: datetime) -> list[Choice]:
    """What a member can do about a decision as it stands, each with what follows."""
    if not decision.is_settled:
        return [*_taking_over(decision), _withdrawing(decision)]
    left = budgets.unallocated_usd(decision)
    found = [_revoking(decision, left)] if revocations.is_revocable(decision, left, now) else []
    waits = decision.overridden_by.filter(completed_at__isnull=True).exists()
    if not (decision.holds(now) or hasattr(decision, "revised_by") or waits):
        says = f"A new decision of the same content comes before the board, to be answered there. {decision.ref} stays."
        found.append(Choice("override", "approve", "Put it before the board anew", says))
    return found


def _taking_over(decision: Decision) -> list[Choice]:
    if decision.status == Status.ESCALATED:
        return []
    who = " and ".join(f"the {title(name)}" for name in decision.waiting_on) or "nobody"
    says = f"It waits for {who}. Taken from there, it is the board’s members who answer."
    return [Choice("release", "approve", "Take it to the board", says)]


def _withdrawing(decision: Decision) -> Choice:
    ends = f"It ends here, neither approved nor rejected, and the {title(decision.initiator_role)} is told why."
    return Choice("withdraw", "reject", "Withdraw it", ends)


def _revoking(decision: Decision, left: Decimal | None) -> Choice:
    says = "It cannot be used from now on, and those concerned are told why."
    if left is not None:
        given = (decision.amount_usd or money.ZERO) - left
        kept = f" {money.show(given)} is allocated already and stays so." if given else ""
        says = f"{money.show(left)} of its budget goes back to the treasury.{kept}"
    return Choice("revoke", "reject", "Revoke the approval", says)
