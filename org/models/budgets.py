"""The budget: a double-entry ledger. Each entry moves dollars between two accounts, so all balances sum to zero."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from org.models.base import Deed, NextRef, agents_own, one_cause, refuse_truncate, true_cause
from org.money import LIMIT  # NaN, which PostgreSQL holds to be larger than every number, fails it too

TREASURY = "treasury"  # what the board lets the organisation approve
BOARD_FUNDS = "board"  # where the treasury's dollars come from; no bound


class LedgerAccount(models.Model):
    """Where dollars are. Names: `board`, `treasury`, `decision:<uuid>` (approved, not allocated), `department:<key>`.

    `bounded`: the balance never goes below zero. The treasury is unbounded until the board sets one.
    """

    name = models.CharField(max_length=300, primary_key=True)
    balance_usd = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    bounded = models.BooleanField(default=True)
    decision = models.OneToOneField("org.Decision", models.PROTECT, null=True, blank=True, related_name="budget")
    department = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        db_table = "ledger_accounts"
        constraints = [
            models.CheckConstraint(condition=Q(bounded=False) | Q(balance_usd__gte=0), name="ledger_never_negative"),
            models.CheckConstraint(
                condition=Q(bounded=True) | Q(name__in=[BOARD_FUNDS, TREASURY]),
                name="ledger_only_the_boards_unbounded",
            ),
        ]
        indexes = [
            models.Index(
                fields=["decision"],
                name="idx_ledger_accounts_left",
                condition=Q(decision__isnull=False, balance_usd__gt=0),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="ledger_accounts_stay", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="ledger_accounts_are_fixed", exclude=["balance_usd", "bounded"]),
            pgtrigger.Trigger(
                name="ledger_opens_empty",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=~pgtrigger.Q(new__balance_usd=0),
                func="RAISE EXCEPTION 'an account opens empty; only entries move its balance';",
            ),
            pgtrigger.Trigger(
                name="ledger_moves_by_entry",
                operation=pgtrigger.UpdateOf("balance_usd"),  # type: ignore[no-untyped-call]
                when=pgtrigger.Before,
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'only a ledger entry moves a balance';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Allocation(Deed):
    """Approved budget given to a department; `A-12` is its tracking id."""

    number = models.BigIntegerField(unique=True, db_default=NextRef("A"), editable=False)
    department = models.CharField(max_length=255)
    amount_usd = models.DecimalField(max_digits=14, decimal_places=2)
    justification = models.JSONField()
    decision = models.ForeignKey("org.Decision", models.PROTECT, null=True, blank=True, related_name="allocations")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "allocations"
        constraints = [
            one_cause("allocations"),
            models.CheckConstraint(condition=Q(amount_usd__gt=0, amount_usd__lt=LIMIT), name="allocations_positive"),
        ]
        triggers = [
            pgtrigger.Protect(name="allocations_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="allocations_are_drawn",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF NEW.amount_usd <> (SELECT coalesce(sum(amount_usd), 0) FROM ledger_entries
                                          WHERE allocation_id = NEW.id) THEN
                        RAISE EXCEPTION 'an allocation is the sum of what it draws';
                    END IF;
                    RETURN NULL;
                """,
            ),
            agents_own("allocations"),
            true_cause("allocations"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.department}"

    @property
    def ref(self) -> str:
        return f"A-{self.number}"


class LedgerEntry(Deed):
    """Dollars moved from one account to another. Inserting it moves the balances; it is never changed."""

    source = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="outgoing")
    target = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="incoming")
    amount_usd = models.DecimalField(max_digits=14, decimal_places=2)
    decision = models.ForeignKey("org.Decision", models.PROTECT, null=True, blank=True, related_name="entries")
    allocation = models.ForeignKey(Allocation, models.PROTECT, null=True, blank=True, related_name="entries")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entries"
        verbose_name_plural = "ledger entries"
        constraints = [
            one_cause("ledger_entries"),
            models.CheckConstraint(
                condition=Q(amount_usd__gt=0, amount_usd__lt=10 * LIMIT), name="ledger_entries_positive"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="ledger_entries_move"),
            models.UniqueConstraint(
                fields=["decision"], name="ledger_entries_approved_once", condition=Q(source=TREASURY)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="ledger_entries_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse_truncate("ledger_entries"),
            true_cause("ledger_entries"),
            pgtrigger.Trigger(
                name="ledger_entries_are_due",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="PERFORM require_movement(NEW); RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="ledger_entries_post",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    UPDATE ledger_accounts SET balance_usd = balance_usd - NEW.amount_usd WHERE name = NEW.source_id;
                    UPDATE ledger_accounts SET balance_usd = balance_usd + NEW.amount_usd WHERE name = NEW.target_id;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}: {self.amount_usd}"
