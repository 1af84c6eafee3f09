"""The page a member decides from, and the list of what waits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from org import money
from org.admin import ballots, cards, moments, passwords
from org.admin.access import RecordAdmin, may_act, require_factor, require_reader
from org.admin.columns import WordFilter, title
from org.admin.deeds import told
from org.admin.passwords import Wrong
from org.admin.texts import words
from org.clock import database_clock
from org.enums import BoardAnswer, EscalationStatus
from org.errors import NOTHING_DONE
from org.legible import plain
from org.models import Escalation, Member
from org.services import board, factors

SAID = {
    EscalationStatus.OPEN: "Your approval of {ref} is recorded; it waits for a second member.",
    EscalationStatus.APPROVED: "{ref} is approved. The {asker} is being told.",
    EscalationStatus.REJECTED: "{ref} is rejected. The {asker} is being told why.",
    EscalationStatus.REVISION_REQUESTED: "{ref} went back to the {asker} with your note.",
}


class AnswerForm(forms.Form):
    """What the page posts. `seen_hash` is the hash of what the member was shown."""

    answer = forms.ChoiceField(choices=BoardAnswer.choices)
    seen_hash = forms.CharField(max_length=64)
    note = forms.CharField(max_length=4000, required=False)
    password = forms.CharField(required=False, strip=False)
    code = forms.CharField(required=False, max_length=40)


@admin.register(Escalation)
class EscalationAdmin(RecordAdmin):
    letter = "E"
    list_display = ("matter", "amount", "asked_by", "shown_urgency", "due", "shown_status")
    list_display_links = None
    list_filter = ("status", "urgency", ("decision__decision_type", WordFilter))
    list_select_related = ("decision__person",)
    search_fields = ("decision__title",)
    search_help_text = "A ref such as E-17, or words of the title."
    ordering = (F("closed_at").desc(nulls_first=True), "deadline_at")  # open ones first, the most urgent on top

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Before the board", **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page and its answers. Only a POST answers, and only what its `seen_hash` names."""
        member = require_reader(request, self.page)
        escalation = self.get_object(request, object_id)
        if escalation is None:
            raise Http404("There is no such escalation.")
        if request.method != "POST":
            return self._page(request, escalation, member)
        note = request.POST.get("note", "")
        try:
            if not may_act(request, self.page):
                raise Wrong(f"{cards.why_not(member, False)} {NOTHING_DONE}", 403)
            require_factor(member)
            answered = self._answer(request, escalation, member)
        except Wrong as wrong:
            if not request.user.is_authenticated:
                return passwords.signed_out(request, wrong)
            return self._page(request, escalation, member, note=note, wrong=wrong)
        asker = title(answered.decision.initiator_role)
        messages.success(request, SAID[EscalationStatus(answered.status)].format(ref=answered.ref, asker=asker))
        return HttpResponseRedirect(reverse("admin:org_escalation_change", args=[answered.pk]))

    def _answer(self, request: HttpRequest, escalation: Escalation, member: Member) -> Escalation:
        form = AnswerForm(request.POST)
        if not form.is_valid():
            field, errors = next(iter(form.errors.items()))
            raise Wrong(f"{words(field)}: {errors[0]} {NOTHING_DONE} Mend it and answer again.", 400)
        given = form.cleaned_data
        choice = BoardAnswer(given["answer"])
        if choice == BoardAnswer.APPROVE:
            passwords.confirm(request, member, password=given["password"], code=given["code"], to="approve")
        return told(
            lambda: board.answer(
                escalation=escalation,
                member=member,
                choice=choice,
                note=given["note"],
                seen_hash=given["seen_hash"],
                clock=database_clock,
            )
        )

    def _page(
        self, request: HttpRequest, escalation: Escalation, member: Member, note: str = "", wrong: Wrong | None = None
    ) -> HttpResponse:
        now = moments.now()
        escalation = self.get_queryset(request).get(pk=escalation.pk)  # as it is now, after whatever was refused
        card = cards.of(escalation, member, now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{escalation.ref} {card.title}",
            "card": card,
            "vote": ballots.of(escalation.decision),
            "note": note,
            "wrong": wrong.says if wrong else "",
            "asks": passwords.asked(request, member, now),
            "to": "approve",
            "needs_factor": factors.is_missing(member),
            "has_password": member.has_usable_password(),
        }
        status = wrong.status if wrong else 200
        return TemplateResponse(request, "admin/org/escalation.html", context, status=status)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("decision__person")

    @admin.display(description="Matter", ordering="decision__title")
    def matter(self, escalation: Escalation) -> SafeString:
        link = reverse("admin:org_escalation_change", args=[escalation.pk])
        title = plain(escalation.decision.title)
        return format_html('<a class="matter" href="{}"><b>{}</b> <bdi>{}</bdi></a>', link, escalation.ref, title)

    @admin.display(description="Amount", ordering="decision__amount_usd")
    def amount(self, escalation: Escalation) -> str:
        amount = escalation.decision.amount_usd
        return money.show(amount) if amount is not None else "no money"

    @admin.display(description="Asked by", ordering="decision__initiator_role")
    def asked_by(self, escalation: Escalation) -> str:
        decision = escalation.decision
        role = title(decision.initiator_role)
        return f"{cards.who(decision)}, for the {role}" if decision.person else role

    @admin.display(description="Urgency", ordering="urgency")
    def shown_urgency(self, escalation: Escalation) -> SafeString:
        return format_html('<span class="tag {}">{}</span>', escalation.urgency, escalation.urgency)

    @admin.display(description="Due", ordering="deadline_at")
    def due(self, escalation: Escalation) -> str:
        return cards.due(escalation, moments.now())

    @admin.display(description="Status", ordering="status")
    def shown_status(self, escalation: Escalation) -> SafeString:
        status = EscalationStatus(escalation.status)
        return format_html('<span class="tag {}">{}</span>', status, status.label.lower())
