from __future__ import annotations

from django.db import models


class OutboxEvent(models.Model):
    """Something to publish, written in the transaction it tells of; published after commit, or later.

    What shares a lock is published in its order of commit: that of `id`, which is drawn under the lock (an inbox of a
    message, the row of a decision). Subscribers drop doubles by `id`. The sweeper deletes it a day later.
    """

    channel = models.CharField(max_length=100)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "outbox"
        indexes = [
            models.Index(fields=["id"], name="idx_outbox_waiting", condition=models.Q(published_at__isnull=True)),
            models.Index(
                fields=["published_at"], name="idx_outbox_published", condition=models.Q(published_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} #{self.pk}"
