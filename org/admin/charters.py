"""The page on which the charter is changed: written as a draft, checked, and published by the board's members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from org.admin import moments, passwords, sheets
from org.admin.access import RecordAdmin, may_act, require_factor, require_reader
from org.admin.deeds import told
from org.admin.passwords import Wrong
from org.admin.texts import words
from org.clock import database_clock
from org.enums import DraftStatus
from org.errors import NOTHING_DONE
from org.models import CharterDraft, Member
from org.services import charters, factors

DEEDS = ("check", "save", "publish", "rebase", "discard")


class DraftForm(forms.Form):
    """What the page posts. `seen_hash` is the hash of the stored text the member was shown; empty for a new draft."""

    deed = forms.ChoiceField(choices=[(deed, deed) for deed in DEEDS])
    document = forms.CharField(max_length=charters.LONGEST_DOCUMENT, strip=False)
    seen_hash = forms.CharField(max_length=64, required=False)
    password = forms.CharField(required=False, strip=False)
    code = forms.CharField(required=False, max_length=40)


@admin.register(CharterDraft)
class CharterDraftAdmin(RecordAdmin):
    list_display = ("__str__", "status", "author", "updated_at", "published_as")
    list_filter = ("status",)
    list_select_related = ("author", "published_as")
    ordering = (F("closed_at").desc(nulls_first=True), "-updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_act(request, self.page)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Drafts of the charter", **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A draft that is not kept yet, with the text of the charter in force."""
        return self._answer(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        require_reader(request, self.page)
        draft = self.get_object(request, object_id)
        if draft is None:
            raise Http404("There is no such draft.")
        return self._answer(request, draft)

    def _answer(self, request: HttpRequest, draft: CharterDraft | None) -> HttpResponse:
        """The page and its deeds. Only a POST does anything, and only for what its `seen_hash` names."""
        member, on_board = request.user, may_act(request, self.page)
        if not isinstance(member, Member) or not (on_board or (draft and request.method != "POST")):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, draft, member, on_board)
        typed = request.POST.get("document", "").replace("\r\n", "\n")
        try:
            kept = self._do(request, draft, member, typed)
        except Wrong as wrong:
            if not request.user.is_authenticated:
                return passwords.signed_out(request, wrong)
            return self._page(request, draft, member, on_board, typed, wrong)
        if kept is None:
            return self._page(request, draft, member, on_board, typed)
        messages.success(request, self._said(kept, str(request.POST.get("deed"))))
        return HttpResponseRedirect(reverse("admin:org_charterdraft_change", args=[kept.pk]))

    def _do(self, request: HttpRequest, draft: CharterDraft | None, member: Member, typed: str) -> CharterDraft | None:
        """Do what was asked; the draft, or None where nothing was to be kept. Raises Wrong."""
        form = DraftForm(request.POST)
        if not form.is_valid():
            field, errors = next(iter(form.errors.items()))
            raise Wrong(f"{words(field)}: {errors[0]} {NOTHING_DONE} Mend it and try again.", 400)
        deed, seen = form.cleaned_data["deed"], form.cleaned_data["seen_hash"]
        if deed == "check":
            return None
        require_factor(member)
        given = form.cleaned_data
        fresh = draft is not None and seen == draft.shown_hash
        if deed in ("rebase", "publish") and draft is not None and fresh and typed != draft.document:
            raise Wrong(f"The text was changed and is not saved. {NOTHING_DONE} Save it, read it, then do it.", 409)
        if deed == "publish" and draft is not None:
            passwords.confirm(request, member, password=given["password"], code=given["code"], to="publish")
        return told(lambda: _done(deed, draft, member, typed, seen))

    def _said(self, draft: CharterDraft, deed: str) -> str:
        if draft.published_as_id:
            return f"Charter {draft.published_as_id} is in force."
        if draft.status == DraftStatus.DISCARDED:
            return "The draft is discarded. The charter in force stays as it is."
        if deed == "publish":
            return "Your approval is recorded; the draft waits for a second member."
        if deed == "rebase":
            return f"The draft follows charter {draft.base_id} now. Read what it changes of that."
        return "The draft is kept. Nothing of it is in force."

    def _page(
        self,
        request: HttpRequest,
        draft: CharterDraft | None,
        member: Member,
        on_board: bool,
        typed: str | None = None,
        wrong: Wrong | None = None,
    ) -> HttpResponse:
        if draft is not None:
            draft = CharterDraft.objects.select_related("base", "published_as", "author").get(pk=draft.pk)
        sheet = sheets.of(draft, member, on_board, typed)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(draft) if draft else f"A draft of charter {sheet.base + 1}",
            "sheet": sheet,
            "wrong": wrong.says if wrong else "",
            "asks": passwords.asked(request, member, moments.now()),
            "to": "publish",
            "needs_factor": factors.is_missing(member),
            "has_password": member.has_usable_password(),
        }
        status = wrong.status if wrong else 200
        return TemplateResponse(request, "admin/org/charter_draft.html", context, status=status)


def _done(deed: str, draft: CharterDraft | None, member: Member, typed: str, seen: str) -> CharterDraft:
    if draft is None:
        return charters.begin(document=typed, member=member, clock=database_clock)
    given: dict[str, Any] = {"draft": draft, "seen_hash": seen, "member": member, "clock": database_clock}
    match deed:
        case "save":
            return charters.change(document=typed, **given)
        case "discard":
            return charters.discard(**given)
        case "rebase":
            return charters.rebase(**given)
    return charters.approve(**given)
