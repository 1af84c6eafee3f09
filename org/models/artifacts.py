"""What roles make: features, designs, plans, reviews, results. Each is kept as made; the newest of its kind stands."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models

from org.enums import ArtifactKind
from org.models.base import Deed, NextRef, found_by_words, one_cause, one_of, refuse_truncate, true_cause, words_of


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    """Artifacts by what they are about."""

    def of(self, kind: ArtifactKind) -> ArtifactQuerySet:
        return self.filter(kind=kind)

    def newest_first(self) -> ArtifactQuerySet:
        return self.order_by("-number")


class Artifact(Deed):
    """What a role made. `key`: the one form of its name; `feature`, `release`: the keys of those it is for, or ''."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextRef("F"), editable=False)
    kind = models.CharField(max_length=30, choices=ArtifactKind.choices)
    name = models.CharField(max_length=255)
    key = models.CharField(max_length=1024)
    feature = models.CharField(max_length=1024, blank=True)
    release = models.CharField(max_length=1024, blank=True)
    content = models.JSONField()
    decision = models.ForeignKey("org.Decision", models.PROTECT, null=True, blank=True, related_name="artifacts")
    by_role = models.CharField(max_length=50)
    made_at = models.DateTimeField()
    words = words_of("artifact_words", "kind", "name", "feature", "release", "content")

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        db_table = "artifacts"
        constraints = [one_cause("artifacts"), one_of("artifacts", "kind", ArtifactKind)]
        indexes = [
            models.Index(fields=["kind", "key", "number"], name="idx_artifacts_name"),
            models.Index(fields=["feature", "kind", "number"], name="idx_artifacts_feature"),
            models.Index(fields=["release", "kind", "number"], name="idx_artifacts_release"),
            models.Index(fields=["by_role", "made_at"], name="idx_artifacts_maker"),
            models.Index(fields=["made_at"], name="idx_artifacts_made"),
            found_by_words("artifacts"),
        ]
        triggers = [
            true_cause("artifacts", "NEW.by_role"),
            pgtrigger.Protect(name="artifacts_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse_truncate("artifacts"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"

    @property
    def ref(self) -> str:
        return f"F-{self.number}"
