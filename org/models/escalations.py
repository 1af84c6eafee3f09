from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.db.models import Q

from org.enums import BoardAnswer, EscalationStatus, Status, Urgency
from org.models.base import Deed, NextRef, one_cause, one_of, only_more_urgent, refuse_truncate, true_cause

if TYPE_CHECKING:
    from org.models.decisions import Decision


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def open(self) -> EscalationQuerySet:
        """What waits for the board."""
        return self.filter(status=EscalationStatus.OPEN)

    def open_of(self, decision: Decision) -> Escalation | None:
        """The one a decision waits in, if it is before the board."""
        return self.open().filter(decision=decision).first() if decision.status == Status.ESCALATED else None


class Escalation(Deed):
    """A decision before the board. `shown_hash`: what the members are shown; `members_needed` of them must approve."""

    number = models.BigIntegerField(unique=True, db_default=NextRef("E"), editable=False)
    decision = models.ForeignKey("org.Decision", models.PROTECT, related_name="escalations")
    raised_by = models.CharField(max_length=50)
    reason = models.TextField(blank=True, default="")
    urgency = models.CharField(max_length=10, choices=Urgency.choices)
    ruling = models.JSONField(help_text="Which rule tripped, the limit, what was used.")
    shown_hash = models.CharField(max_length=64)
    members_needed = models.PositiveSmallIntegerField()
    members_at_opening = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=20, choices=EscalationStatus.choices)
    opened_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveIntegerField(default=0, help_text="How often the board was reminded of it.")

    objects = EscalationQuerySet.as_manager()

    class Meta:
        db_table = "escalations"
        constraints = [
            one_cause("escalations"),
            one_of("escalations", "status", EscalationStatus),
            one_of("escalations", "urgency", Urgency),
            models.UniqueConstraint(
                fields=["decision"], name="escalations_one_open", condition=Q(status=EscalationStatus.OPEN)
            ),
            models.CheckConstraint(
                condition=Q(status=EscalationStatus.OPEN, closed_at__isnull=True)
                | (~Q(status=EscalationStatus.OPEN) & Q(closed_at__isnull=False)),
                name="escalations_closed_when_answered",
            ),
            models.CheckConstraint(condition=Q(members_needed__in=[1, 2]), name="escalations_one_or_two_members"),
        ]
        indexes = [
            models.Index(fields=["deadline_at"], name="idx_escalations_open", condition=Q(status="open")),
        ]
        triggers = [
            true_cause("escalations", "NEW.raised_by"),
            pgtrigger.Protect(
                name="escalations_answered_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            ),
            pgtrigger.ReadOnly(
                name="escalations_matter_is_fixed",
                exclude=["status", "closed_at", "urgency", "deadline_at", "reminders"],
            ),
            only_more_urgent("escalations"),
            pgtrigger.Protect(name="escalations_stay", operation=pgtrigger.Delete),
            refuse_truncate("escalations"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.decision.title}"

    @property
    def ref(self) -> str:
        return f"E-{self.number}"


class BoardVote(models.Model):
    """One member's answer to an escalation, given on the web pages for exactly what the hash `seen_hash` stands for."""

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="votes")
    member = models.ForeignKey("org.Member", models.PROTECT, related_name="board_votes")
    answer = models.CharField(max_length=20, choices=BoardAnswer.choices)
    note = models.TextField(blank=True, default="")
    seen_hash = models.CharField(max_length=64)
    voted_at = models.DateTimeField()

    class Meta:
        db_table = "board_votes"
        constraints = [
            one_of("board_votes", "answer", BoardAnswer),
            models.UniqueConstraint(fields=["escalation", "member"], name="board_votes_one_a_member"),
        ]
        triggers = [
            pgtrigger.Protect(name="board_votes_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse_truncate("board_votes"),
            pgtrigger.Trigger(
                name="board_votes_while_open",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM escalations WHERE id = NEW.escalation_id AND status = 'open') THEN
                        RAISE EXCEPTION 'an escalation that is closed takes no answer';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.answer}"
