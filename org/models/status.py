from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from org.enums import AgentState, Ending, ProcessKind
from org.models.base import one_of


class AgentStatus(models.Model):
    """The newest truth about a role's agent: one row a role."""

    role = models.CharField(max_length=50, primary_key=True)
    status = models.CharField(max_length=20, choices=AgentState.choices)
    last_heartbeat = models.DateTimeField()
    version = models.CharField(max_length=20, null=True, blank=True)
    capabilities = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(null=True, blank=True)

    class Meta:
        db_table = "agent_status"
        verbose_name_plural = "agent status"
        constraints = [one_of("agent_status", "status", AgentState)]
        indexes = [models.Index(fields=["last_heartbeat"], name="idx_agent_status_heartbeat")]

    def __str__(self) -> str:
        return f"{self.role} is {self.status}"


class Presence(models.Model):
    """One process of a role's agents, or of a worker, from when it was first seen to its end."""

    id = models.UUIDField(primary_key=True, help_text="Made by the process.")
    kind = models.CharField(max_length=10, choices=ProcessKind.choices)
    role = models.CharField(max_length=50, null=True, blank=True, help_text="Whose agent it is.")
    queues = ArrayField(models.TextField(), default=list, blank=True, help_text="Whose calls a worker answers.")
    version = models.CharField(max_length=20)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    client = models.JSONField(null=True, blank=True, help_text="Whose process of an agent it is, as its calls say.")
    started_at = models.DateTimeField()
    last_heartbeat = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, null=True, blank=True, choices=Ending.choices)

    class Meta:
        db_table = "presences"
        verbose_name = "process"
        verbose_name_plural = "processes"
        constraints = [
            one_of("presences", "kind", ProcessKind),
            one_of("presences", "ending", Ending),
            models.CheckConstraint(
                condition=Q(kind=ProcessKind.AGENT, role__isnull=False) | Q(kind=ProcessKind.WORKER, role__isnull=True),
                name="presences_of_a_role_or_a_worker",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending__isnull=True)
                | Q(ended_at__isnull=False, ending__isnull=False),
                name="presences_end_in_some_way",
            ),
        ]
        indexes = [
            models.Index(fields=["role", "last_heartbeat"], name="idx_presences_live", condition=Q(ended_at=None)),
            models.Index(fields=["ended_at"], name="idx_presences_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.role or ', '.join(self.queues)} ({self.host}:{self.pid})"


class Briefing(models.Model):
    """When a role was last briefed, so that the next brief tells what is new since then."""

    role = models.CharField(max_length=50, primary_key=True)
    briefed_at = models.DateTimeField()

    class Meta:
        db_table = "briefings"

    def __str__(self) -> str:
        return f"{self.role} briefed at {self.briefed_at:%Y-%m-%d %H:%M}"
