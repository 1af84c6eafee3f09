"""Columns and filters that speak as the pages do: titles for roles, words for names, refs for accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from org import money
from org.admin import moments
from org.admin.cards import role_title
from org.admin.texts import words
from org.enums import Status
from org.legible import plain
from org.models import Decision, LedgerAccount
from org.models.budgets import BOARD_FUNDS, TREASURY


def title(role: str) -> str:
    return role_title(moments.charter(), role)


def role(name: str) -> Callable[[Any], str]:
    """A column of roles, by their titles."""
    return _column(name, title)


def spelled(name: str) -> Callable[[Any], str]:
    """A column of names such as `strategic_initiative`, as words."""
    return _column(name, words)


def _column(name: str, spell: Callable[[str], str]) -> Callable[[Any], str]:
    @admin.display(description=words(name), ordering=name)
    def show(record: Any) -> str:
        value = getattr(record, name)
        return spell(value) if value else "-"

    show.__name__ = f"{spell.__name__}_{name}"
    return show


class WordFilter(AllValuesFieldListFilter):
    """The values there are, as words."""

    def spell(self, value: str) -> str:
        return words(value)

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": self.spell(str(choice["display"]))}


class RoleFilter(WordFilter):
    """The roles there are, by their titles."""

    def spell(self, value: str) -> str:
        return title(value)


def stands(decision: Decision) -> str:
    """Where a decision stands; an approval that holds no more says so."""
    status = Status(decision.status).label
    if decision.status != Status.APPROVED or decision.holds(moments.now()):
        return status
    return f"{status}, then revoked" if decision.revoked_at else f"{status}, not used in time"


def account(of: LedgerAccount) -> str:
    """An account as people call it: `D-142` for what that decision approved, a department by its name."""
    if of.decision is not None:
        return of.decision.ref
    return {TREASURY: "Treasury", BOARD_FUNDS: "The board"}.get(of.name) or plain(of.department or of.name)


@admin.display(description="Amount", ordering="amount_usd")
def amount(record: Any) -> str:
    return money.show(record.amount_usd) if record.amount_usd is not None else "-"


def link(record: Model, text: str) -> SafeString:
    where = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    return format_html('<a href="{}"><bdi>{}</bdi></a>', reverse(where, args=[record.pk]), text)


@admin.display(description="Decision", ordering="decision__number")
def of_decision(record: Any) -> str:
    return link(record.decision, f"{record.decision.ref} {plain(record.decision.title)}") if record.decision else "-"


def linked(name: str) -> Callable[[Any], str]:
    """A column that leads to another record."""

    @admin.display(description=words(name), ordering=name)
    def show(record: Any) -> str:
        other = getattr(record, name)
        return link(other, plain(other)) if other is not None else "-"

    show.__name__ = f"linked_{name}"
    return show
