from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from org.enums import StopKind
from org.models.base import Deed, one_cause, one_of, refuse_truncate, true_cause


class StopQuerySet(models.QuerySet["Stop"]):
    def standing(self) -> StopQuerySet:
        return self.filter(lifted_at__isnull=True)


class Stop(Deed):
    """What a person stopped: a role's deeds, or all spending. It stands until a person lifts it, once."""

    kind = models.CharField(max_length=10, choices=StopKind.choices)
    role = models.CharField(max_length=50, blank=True, help_text="The role, of a suspension.")
    reason = models.TextField()
    stopped_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey("org.Member", models.PROTECT, null=True, blank=True, related_name="+")
    lifted_because = models.TextField(blank=True)

    objects = StopQuerySet.as_manager()

    class Meta:
        db_table = "stops"
        constraints = [
            one_cause("stops"),
            one_of("stops", "kind", StopKind),
            models.CheckConstraint(condition=Q(person__isnull=False), name="stops_by_people"),
            models.CheckConstraint(
                condition=Q(kind=StopKind.ROLE) & ~Q(role="") | Q(kind=StopKind.SPENDING, role=""),
                name="stops_role_of_suspensions",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="stops_lifted_by_people",
            ),
            models.UniqueConstraint(
                fields=["kind", "role"], condition=Q(lifted_at__isnull=True), name="stops_one_at_a_time"
            ),
        ]
        triggers = [
            true_cause("stops"),
            pgtrigger.Protect(
                name="stops_lifted_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__lifted_at__isnull=False)
                | pgtrigger.Q(old__kind__df=pgtrigger.F("new__kind"))
                | pgtrigger.Q(old__role__df=pgtrigger.F("new__role"))
                | pgtrigger.Q(old__reason__df=pgtrigger.F("new__reason"))
                | pgtrigger.Q(old__call__df=pgtrigger.F("new__call"))
                | pgtrigger.Q(old__person__df=pgtrigger.F("new__person"))
                | pgtrigger.Q(old__timer__df=pgtrigger.F("new__timer"))
                | pgtrigger.Q(old__stopped_at__df=pgtrigger.F("new__stopped_at")),
            ),
            pgtrigger.Protect(name="stops_stay", operation=pgtrigger.Delete),
            refuse_truncate("stops"),
        ]

    def __str__(self) -> str:
        return f"{self.role} suspended" if self.role else "spending frozen"
