"""The ledger's accounts, and the page on which a member sets the treasury."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from org import money
from org.actors import Actor
from org.admin import columns, moments, passwords
from org.admin.access import RecordAdmin, may_act, require_reader, said
from org.admin.deeds import Done, perform
from org.admin.passwords import Wrong
from org.admin.texts import words
from org.clock import database_clock
from org.errors import InvalidInput
from org.legible import plain
from org.models import LedgerAccount, Member
from org.models.budgets import TREASURY
from org.queries import standing as standings
from org.services import budgets, factors

EXAMPLE = "Write it like 5,000,000 or 1250.50."
_FAULTS = (  # of what is no such amount; the first that fits is said
    (r"", "no amount was typed."),
    (r"[-−].*", "it is negative."),
    (r"\$?\s*[\d,]+\.\d{3,}", "it has more than two decimals."),
    (r"\$?\s*(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?", "it is not below a trillion US dollars."),
    (r".*", "it is not an amount of US dollars."),
)


def parse_amount(text: str) -> Decimal:
    amount = money.typed(text)
    if amount is None:
        rule = next(fault for form, fault in _FAULTS if re.fullmatch(form, text.strip(), re.DOTALL))
        raise InvalidInput("amount", rule, EXAMPLE)
    return amount


@admin.register(LedgerAccount)
class LedgerAccountAdmin(RecordAdmin):
    list_display = ("account", "balance", "bounded")
    list_display_links = None
    search_fields = ("name", "department", "decision__title")
    list_select_related = ("decision",)
    ordering = ("name",)
    shows = ("account", "name", "balance", "bounded", "entries", said("department"))

    def called(self, record: LedgerAccount) -> str:
        return columns.account(record)

    @admin.display(description="Account", ordering="name")
    def account(self, account: LedgerAccount) -> SafeString:
        link = reverse("admin:org_ledgeraccount_change", args=[account.pk])
        what = (
            f"{account.decision.ref} {plain(account.decision.title)}" if account.decision else columns.account(account)
        )
        return format_html('<a href="{}"><bdi>{}</bdi></a>', link, what)

    @admin.display(description="Balance", ordering="balance_usd")
    def balance(self, account: LedgerAccount) -> str:
        sign = "−" if account.balance_usd < 0 else ""
        return sign + money.show(abs(account.balance_usd))

    @admin.display(description="Entries")
    def entries(self, account: LedgerAccount) -> SafeString:
        where = f"{reverse('admin:org_ledgerentry_changelist')}?{urlencode({'q': account.name})}"
        return format_html('<a href="{}">What moved its dollars</a>', where)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if object_id != TREASURY:
            return super().change_view(request, object_id, form_url, extra_context)
        member = require_reader(request, self.page)
        if request.method != "POST":
            return self._treasury_page(request, member)
        deed, again = partial(self._set, request, member), partial(self._treasury_page, request, member)
        return perform(request, member, self.page, to="set the treasury", deed=deed, again=again)

    def _set(self, request: HttpRequest, member: Member) -> Done:
        try:
            amount = None if request.POST.get("deed") == "remove" else parse_amount(request.POST.get("amount", ""))
        except InvalidInput as fault:  # the page has no other field
            raise Wrong(words(fault.told), 400) from fault
        budgets.set_treasury(amount_usd=amount, by=Actor.member(member), clock=database_clock)
        return Done(f"The treasury {'has no ceiling any more' if amount is None else f'is {money.show(amount)}'}.")

    def _treasury_page(self, request: HttpRequest, member: Member, wrong: Wrong | None = None) -> HttpResponse:
        approved, left = budgets.approved_usd(), standings.budget().treasury_left_usd
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Treasury",
            "ceiling": money.show(approved + left) if left is not None else "",
            "approved": money.show(approved),
            "left": money.show(left) if left is not None else "",
            "may_set": may_act(request, self.page),
            "asks": passwords.asked(request, member, moments.now()),
            "to": "set",
            "needs_factor": factors.is_missing(member),
            "typed": request.POST.get("amount", "") if wrong else "",
            "wrong": wrong.says if wrong else "",
        }
        status = wrong.status if wrong else 200
        return TemplateResponse(request, "admin/org/treasury.html", context, status=status)
