"""What the organisation knows by key, and every revision of it."""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from org.models.base import Deed, found_by_words, one_cause, refuse_truncate, true_cause, words_of


class Memory(models.Model):
    """Something the organisation knows, as its newest revision has it.

    `folded`: the key in the one form by which spellings of it are the same. `words`: what it is found by.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=255, unique=True)
    folded = models.CharField(max_length=1024, unique=True)
    content = models.TextField()
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_by_role = models.CharField(max_length=50, null=True, blank=True)
    revised_by_role = models.CharField(max_length=50, null=True, blank=True)
    inserted_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    words = words_of("memory_words", "key", "tags", "content")

    class Meta:
        db_table = "memories"
        verbose_name_plural = "memories"
        indexes = [
            models.Index(fields=["key"], name="idx_memories_key"),
            GinIndex(fields=["tags"], name="idx_memories_tags"),
            models.Index(fields=["created_by_role"], name="idx_memories_role"),
            found_by_words("memories"),
            models.Index(fields=["updated_at"], name="idx_memories_updated"),
            models.Index(fields=["folded"], name="idx_memories_prefix", opclasses=["varchar_pattern_ops"]),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="memories_key_is_fixed", fields=["id", "key", "folded", "created_by_role"]),
            pgtrigger.Trigger(
                name="memories_as_revised",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="PERFORM require_revision(NEW.id); RETURN NULL;",
            ),
            pgtrigger.Protect(name="memories_stay", operation=pgtrigger.Delete),
            refuse_truncate("memories"),
        ]

    def __str__(self) -> str:
        return self.key


class MemoryRevision(Deed):
    """What a role wrote under a key, at one time: kept for good."""

    memory = models.ForeignKey(Memory, models.PROTECT, related_name="revisions")
    revision = models.PositiveIntegerField()
    content = models.TextField()
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(null=True, blank=True)
    by_role = models.CharField(max_length=50)
    written_at = models.DateTimeField()

    class Meta:
        db_table = "memory_revisions"
        constraints = [
            one_cause("memory_revisions"),
            models.UniqueConstraint(fields=["memory", "revision"], name="memory_revisions_one_a_number"),
        ]
        triggers = [
            true_cause("memory_revisions", "NEW.by_role"),
            pgtrigger.Protect(name="memory_revisions_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse_truncate("memory_revisions"),
        ]

    def __str__(self) -> str:
        return f"{self.memory.key}, revision {self.revision}"
