from __future__ import annotations

from functools import cached_property

import pgtrigger
from django.db import models
from django.db.models import Q

from org.charter import Charter
from org.enums import CallStatus, Effect
from org.models.base import NextRef, one_of, refuse_truncate
from org.models.charters import CharterVersion


class Call(models.Model):
    """A tool call that changes state: stored by the MCP server, run once by a worker.

    `claimable_until`: after it no worker takes the call, so a caller who was told "not done" was told the truth.
    `lease_until`: set while an attempt runs; what holds an attempt is the lock on its row, which ends with its worker.
    `changed`: whether the call altered the record; only then does a repeat get the first answer.
    """

    id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField(unique=True, db_default=NextRef("C"), editable=False)
    role = models.CharField(max_length=50)
    tool = models.CharField(max_length=100)
    effect = models.CharField(max_length=10, choices=Effect.choices)
    arguments = models.JSONField()
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of role, tool and canonical arguments.")
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)
    client = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=CallStatus.choices)
    attempt = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    claimable_until = models.DateTimeField()
    rung_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    changed = models.BooleanField(default=False)
    offered_at = models.DateTimeField(null=True, blank=True, help_text="When the answer was handed to the client.")

    class Meta:
        db_table = "calls"
        constraints = [
            one_of("calls", "status", CallStatus),
            models.UniqueConstraint(fields=["role", "idempotency_key"], name="calls_one_per_key"),
            models.CheckConstraint(
                # Only a claim sets a call running, and it says for how long the claim was meant; shown to operators.
                condition=~Q(status=CallStatus.RUNNING) | Q(lease_until__isnull=False),
                name="calls_running_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[CallStatus.QUEUED, CallStatus.RUNNING], finished_at__isnull=True)
                | Q(
                    status__in=[CallStatus.DONE, CallStatus.FAILED, CallStatus.CANCELLED],
                    finished_at__isnull=False,
                ),
                name="calls_finished_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[CallStatus.DONE, CallStatus.FAILED]) | Q(result__isnull=False),
                name="calls_answered_when_done",
            ),
        ]
        indexes = [
            models.Index(fields=["role", "created_at"], name="idx_calls_queued", condition=Q(status="queued")),
            models.Index(fields=["claimed_at"], name="idx_calls_running", condition=Q(status="running")),
            models.Index(fields=["digest", "created_at"], name="idx_calls_digest"),
            models.Index(
                fields=["role", "claimed_at"], name="idx_calls_claimed", condition=Q(claimed_at__isnull=False)
            ),
            models.Index(
                fields=["role", "created_at"],
                name="idx_calls_pending",
                condition=Q(offered_at__isnull=True) & ~Q(status="cancelled"),
            ),
        ]
        triggers = [
            refuse_truncate("calls"),
            pgtrigger.Trigger(
                name="calls_renew_leases",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                func="PERFORM renew_leases(NEW.role, NEW.client); RETURN NULL;",
            ),
            pgtrigger.Protect(name="calls_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="calls_over_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__finished_at__isnull=False)
                & (
                    ~pgtrigger.Q(old__status=pgtrigger.F("new__status"))
                    | pgtrigger.Q(old__result__df=pgtrigger.F("new__result"))
                    | pgtrigger.Q(old__finished_at__df=pgtrigger.F("new__finished_at"))
                    | pgtrigger.Q(old__changed__df=pgtrigger.F("new__changed"))
                ),
            ),
            pgtrigger.Protect(
                name="calls_request_is_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__role__df=pgtrigger.F("new__role"))
                | pgtrigger.Q(old__tool__df=pgtrigger.F("new__tool"))
                | pgtrigger.Q(old__arguments__df=pgtrigger.F("new__arguments"))
                | pgtrigger.Q(old__digest__df=pgtrigger.F("new__digest"))
                | pgtrigger.Q(old__effect__df=pgtrigger.F("new__effect"))
                | pgtrigger.Q(old__client__df=pgtrigger.F("new__client"))
                | pgtrigger.Q(old__number__df=pgtrigger.F("new__number"))
                | pgtrigger.Q(old__created_at__df=pgtrigger.F("new__created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.role}.{self.tool}"

    @property
    def ref(self) -> str:
        return f"C-{self.number}"

    @cached_property
    def charter(self) -> Charter:
        """The charter that all of this call's deeds are judged by; a worker reads it with the call's lock."""
        return CharterVersion.objects.in_force()
