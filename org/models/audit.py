"""The trail: who did what, because of what. Rows are only ever added, and each is sealed to the one before it."""

from __future__ import annotations

import pgtrigger
from django.db import models

from org.models.base import Deed, one_cause, refuse_truncate, true_cause

_APPEND_ONLY = pgtrigger.Update | pgtrigger.Delete


class AuditRecord(Deed):
    """One change of state. `body` is the canonical JSON (RFC 8785) that is sealed; `data` is a copy for searching."""

    body = models.BinaryField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=100, help_text="The ref of what was changed.")
    data = models.JSONField()

    class Meta:
        db_table = "audit"
        constraints = [one_cause("audit")]
        indexes = [
            models.Index(fields=["subject"], name="idx_audit_subject"),
            models.Index(fields=["at"], name="idx_audit_at"),
        ]
        triggers = [
            pgtrigger.Protect(name="audit_append_only", operation=_APPEND_ONLY),
            refuse_truncate("audit"),
            true_cause("audit", "CASE WHEN NEW.person_id IS NULL THEN NEW.actor END"),
            pgtrigger.Trigger(
                name="audit_true_person",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__person__isnull=False),
                func="""
                    IF NEW.actor IS DISTINCT FROM (
                        SELECT 'person:' || username FROM members WHERE id = NEW.person_id
                    ) THEN
                        RAISE EXCEPTION 'a record of a person names that person as its actor';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="audit_seal",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                declare=[("last", "RECORD")],
                # The lock is taken at COMMIT, after every other lock, so that chains never fork and nobody waits early.
                func="""
                    PERFORM 1 FROM turns WHERE name = 'audit' FOR UPDATE;
                    SELECT seq, hash INTO last FROM audit_seal ORDER BY seq DESC LIMIT 1;
                    INSERT INTO audit_seal (audit_id, seq, prev, hash) VALUES (
                        NEW.id,
                        coalesce(last.seq, 0) + 1,
                        coalesce(last.hash, decode(repeat('00', 32), 'hex')),
                        sha256(coalesce(last.hash, decode(repeat('00', 32), 'hex'))
                               || int8send(coalesce(last.seq, 0) + 1) || NEW.body)
                    );
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AuditSeal(models.Model):
    """The chain: `hash` = SHA-256(`prev` ‖ big-endian `seq` ‖ the record's `body`)."""

    audit = models.OneToOneField(AuditRecord, models.PROTECT, related_name="seal")
    seq = models.BigIntegerField(primary_key=True)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_seal"
        triggers = [
            pgtrigger.Protect(name="audit_seal_append_only", operation=_APPEND_ONLY),
            refuse_truncate("audit_seal"),
        ]

    def __str__(self) -> str:
        return f"Seal {self.seq}"
