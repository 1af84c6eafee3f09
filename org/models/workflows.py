"""Runs of workflows and their steps: where each stands, who has it, what it gave."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from org.enums import OPEN_RUNS, OVER_STEPS, RunStatus, StepStatus
from org.models.base import Deed, NextRef, found_by_words, one_cause, one_of, refuse_truncate, true_cause, words_of

LONGEST_ABOUT = 500  # characters


class Run(Deed):
    """A workflow under way, by the version it began with. Its decisions have `starter_role` as their initiator.

    `rounds`: for each way back, how often it was gone. `ends_as`: what a run becomes when all that it did is undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextRef("R"), editable=False)
    name = models.CharField(max_length=50)
    version = models.PositiveIntegerField()
    starter_role = models.CharField(max_length=50)
    about = models.CharField(max_length=LONGEST_ABOUT, blank=True, help_text="The key of what only one run may be for.")
    inputs = models.JSONField()
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.RUNNING)
    rounds = models.JSONField(default=dict)
    ends_as = models.CharField(max_length=20, choices=RunStatus.choices, blank=True)
    outcome = models.TextField(blank=True, help_text="How it ended, in a sentence.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    words = words_of("run_words", "name", "inputs", "outcome")

    class Meta:
        db_table = "workflow_runs"
        constraints = [
            one_cause("workflow_runs"),
            one_of("workflow_runs", "status", RunStatus),
            models.UniqueConstraint(
                fields=["name", "about"],
                condition=Q(finished_at__isnull=True) & ~Q(about=""),
                name="workflow_runs_one_open_about",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.UNDOING) | ~Q(ends_as=""), name="workflow_runs_undone_to_an_end"
            ),
            models.CheckConstraint(
                condition=(~Q(status__in=OPEN_RUNS) & Q(finished_at__isnull=False))
                | Q(status__in=OPEN_RUNS, finished_at__isnull=True),
                name="workflow_runs_finished_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="idx_runs_open", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["created_at"], name="idx_runs_begun"),
            found_by_words("workflow_runs"),
        ]
        triggers = [
            true_cause("workflow_runs", "NEW.starter_role"),
            pgtrigger.Protect(name="workflow_runs_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="workflow_runs_are_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__name__df=pgtrigger.F("new__name"))
                | pgtrigger.Q(old__version__df=pgtrigger.F("new__version"))
                | pgtrigger.Q(old__starter_role__df=pgtrigger.F("new__starter_role"))
                | pgtrigger.Q(old__inputs__df=pgtrigger.F("new__inputs"))
                | pgtrigger.Q(old__about__df=pgtrigger.F("new__about"))
                | pgtrigger.Q(old__call_id__df=pgtrigger.F("new__call_id"))
                | pgtrigger.Q(old__person_id__df=pgtrigger.F("new__person_id"))
                | pgtrigger.Q(old__timer__df=pgtrigger.F("new__timer"))
                | pgtrigger.Q(old__number__df=pgtrigger.F("new__number"))
                | pgtrigger.Q(old__created_at__df=pgtrigger.F("new__created_at"))
                | pgtrigger.Q(old__finished_at__isnull=False),
            ),
            refuse_truncate("workflow_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"

    @property
    def ref(self) -> str:
        return f"R-{self.number}"


class RunStep(models.Model):
    """A step of a run that has begun, in one of its rounds.

    `call`: what a worker does for it now. `due_at`: when it is looked at next: a timer's end, a deadline, another try.
    `holder`, `lease_digest`, `lease_until`: the agent's client that has claimed it. `raised_to`: who has it since its
    role let a deadline pass, a role or the board. `given`: what it was asked, with all values in their places.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextRef("W"), editable=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="steps")
    key = models.CharField(max_length=50)
    round = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=20)
    role = models.CharField(max_length=50, blank=True)
    status = models.CharField(max_length=20, choices=StepStatus.choices)
    given = models.JSONField(default=dict)
    draft = models.JSONField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    fault = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    call = models.ForeignKey("org.Call", models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.ForeignKey("org.Decision", models.PROTECT, null=True, blank=True, related_name="steps")
    message = models.BigIntegerField(null=True, blank=True, help_text="The number of the message it waits for.")
    holder = models.JSONField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True, help_text="When the holder claimed it.")
    lease_digest = models.BinaryField(max_length=32, null=True, blank=True, help_text="SHA-256 of the holder's token.")
    lease_until = models.DateTimeField(null=True, blank=True)
    raised_to = models.CharField(max_length=50, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "workflow_steps"
        constraints = [
            one_of("workflow_steps", "status", StepStatus),
            models.UniqueConstraint(fields=["run", "key", "round"], name="workflow_steps_once_a_round"),
            models.CheckConstraint(
                condition=Q(status__in=OVER_STEPS, finished_at__isnull=False, due_at__isnull=True)
                | (~Q(status__in=OVER_STEPS) & Q(finished_at__isnull=True)),
                name="workflow_steps_finished_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(status=StepStatus.HELD)
                | Q(held_at__isnull=False, lease_digest__isnull=False, lease_until__isnull=False),
                name="workflow_steps_held_has_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="idx_steps_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["role", "opened_at"], name="idx_steps_work", condition=Q(kind="work", finished_at__isnull=True)
            ),
            models.Index(
                fields=["message"],
                name="idx_steps_message",
                condition=Q(message__isnull=False, finished_at__isnull=True),
            ),
            models.Index(fields=["role"], name="idx_steps_held", condition=Q(status=StepStatus.HELD)),
        ]
        triggers = [
            pgtrigger.Protect(name="workflow_steps_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="workflow_steps_are_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__finished_at__isnull=False)
                | pgtrigger.Q(old__run_id__df=pgtrigger.F("new__run_id"))
                | pgtrigger.Q(old__key__df=pgtrigger.F("new__key"))
                | pgtrigger.Q(old__round__df=pgtrigger.F("new__round"))
                | pgtrigger.Q(old__role__df=pgtrigger.F("new__role"))
                | pgtrigger.Q(old__number__df=pgtrigger.F("new__number")),
            ),
            refuse_truncate("workflow_steps"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.key}"

    @property
    def ref(self) -> str:
        return f"W-{self.number}"
