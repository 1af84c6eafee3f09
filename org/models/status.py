from __future__ import annotations

from django.db import models

from org.enums import AgentState
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


class Briefing(models.Model):
    """When a role was last briefed, so that the next brief tells what is new since then."""

    role = models.CharField(max_length=50, primary_key=True)
    briefed_at = models.DateTimeField()

    class Meta:
        db_table = "briefings"

    def __str__(self) -> str:
        return f"{self.role} briefed at {self.briefed_at:%Y-%m-%d %H:%M}"
