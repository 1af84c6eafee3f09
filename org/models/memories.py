from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Memory(models.Model):
    """Something the organisation knows, under a unique key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=255, unique=True)
    content = models.TextField()
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(null=True, blank=True)
    created_by_role = models.CharField(max_length=50, null=True, blank=True)
    inserted_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "memories"
        verbose_name_plural = "memories"
        indexes = [
            models.Index(fields=["key"], name="idx_memories_key"),
            GinIndex(fields=["tags"], name="idx_memories_tags"),
            models.Index(fields=["created_by_role"], name="idx_memories_role"),
        ]

    def __str__(self) -> str:
        return self.key
