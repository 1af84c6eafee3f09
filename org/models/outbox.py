from __future__ import annotations

from django.db import models


class OutboxEvent(models.Model):
    """Something to publish, written in the transaction it tells of; published after commit, or later.

    `recipient` and `position` keep the order of commit for messages; subscribers drop doubles by `id`.
    """

    channel = models.CharField(max_length=100)
    payload = models.JSONField()
    recipient = models.CharField(max_length=50, blank=True, default="")
    position = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "outbox"
        indexes = [
            models.Index(fields=["id"], name="idx_outbox_waiting", condition=models.Q(published_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.channel} #{self.pk}"
