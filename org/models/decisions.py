from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection, models
from django.db.models import Q

from org.enums import SETTLED, Mode, Status, Urgency
from org.models.base import Deed, NextRef, found_by_words, one_cause, one_of, words_of
from org.models.decision_guards import GUARDS
from org.money import LIMIT

MOVING = (  # where a decision stands: what changes of it, and the audit tells before and after
    "status",
    "mode",
    "urgency",
    "awaiting_role",
    "due_at",
    "decided_by",
    "consensus_score",
    "completed_at",
    "expires_at",
    "used_at",
    "revoked_at",
)


class DecisionQuerySet(models.QuerySet["Decision"]):
    def unsettled(self, role: str) -> DecisionQuerySet:
        """What a role asked to be decided and nobody has decided yet."""
        return self.filter(initiator_role=role, completed_at__isnull=True)

    def voting(self, role: str) -> DecisionQuerySet:
        """Open votes in which a role has no ballot yet."""
        open_votes = self.filter(mode=Mode.COLLABORATIVE, completed_at__isnull=True, participants__contains=[role])
        return open_votes.exclude(votes__voter_role=role)


class Decision(Deed):
    """A matter somebody asked to decide. Its content never changes; it settles exactly once.

    `urgency`: how soon it is needed, as proposed; whoever raises it may make it more urgent, and nobody less.
    `awaiting_role`: the role that is to act while it is pending (None while a vote is open or the board has it).
    `consensus_score`: null until its vote closes. `decided_by`: the role or `board` whose authority settled it.
    `ruling`: the judgement at the time it was asked. `final_at`: when it expires if nobody has decided it.
    `overrides`: the settled decision that a person puts before the board anew by this one, or a role overrides by it.
    `department_key`: whose allocation it is a commitment against; empty where it is none. `words`: what it is found by.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextRef("D"), editable=False)
    decision_type = models.CharField(max_length=100)
    initiator_role = models.CharField(max_length=50)
    participants = models.JSONField(null=True, blank=True)
    mode = models.CharField(max_length=50, choices=Mode.choices)
    title = models.CharField(max_length=255)
    context = models.JSONField()
    amount_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    initiative = models.CharField(max_length=255)
    initiative_key = models.CharField(max_length=1024)
    department_key = models.CharField(max_length=255, blank=True, default="", db_default="")
    confidence = models.FloatField(null=True, blank=True)
    confidential = models.BooleanField(default=False)
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    status = models.CharField(max_length=50, choices=Status.choices)
    awaiting_role = models.CharField(max_length=50, null=True, blank=True)
    decided_by = models.CharField(max_length=50, null=True, blank=True)
    consensus_score = models.FloatField(null=True, blank=True)
    charter_version = models.ForeignKey("org.CharterVersion", models.PROTECT, related_name="+")
    ruling = models.JSONField()
    content_hash = models.CharField(max_length=64)
    revises = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="revised_by")
    overrides = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="overridden_by")
    outcome = models.JSONField(null=True, blank=True)
    final_at = models.DateTimeField(null=True, blank=True, help_text="When it expires, if nobody has decided it.")
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when a vote or a role's answer is waited for."
    )
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Until when an approval can be used.")
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("org.Member", models.PROTECT, null=True, blank=True, related_name="+")
    words = words_of("decision_words", "title", "initiative", "context", "outcome")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        db_table = "decisions"
        constraints = [
            one_cause("decisions"),
            one_of("decisions", "mode", Mode),
            one_of("decisions", "status", Status),
            one_of("decisions", "urgency", Urgency),
            models.CheckConstraint(
                condition=Q(
                    status__in=SETTLED, completed_at__isnull=False, outcome__isnull=False, decided_by__isnull=False
                )
                | (
                    ~Q(status__in=SETTLED) & Q(completed_at__isnull=True, outcome__isnull=True, decided_by__isnull=True)
                ),
                name="decisions_settled_when_completed",
            ),
            models.CheckConstraint(
                condition=Q(amount_usd__isnull=True) | Q(amount_usd__gte=0, amount_usd__lt=LIMIT),  # and not NaN
                name="decisions_amount_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                name="decisions_confidence_in_range",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.ESCALATED) | Q(mode=Mode.HUMAN, awaiting_role__isnull=True),
                name="decisions_escalated_is_human",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=SETTLED) | Q(awaiting_role__isnull=True),
                name="decisions_settled_awaits_nobody",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(status=Status.PENDING), name="decisions_due_while_pending"
            ),
            models.CheckConstraint(
                condition=~Q(mode=Mode.COLLABORATIVE)
                | Q(participants__isnull=False, awaiting_role__isnull=True)
                & (Q(due_at__isnull=False) | ~Q(status=Status.PENDING)),
                name="decisions_vote_has_electorate_and_end",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(status=Status.APPROVED),
                name="decisions_used_only_if_approved",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, status=Status.APPROVED),
                name="decisions_revoked_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(person__isnull=False, overrides__isnull=False, mode=Mode.HUMAN),
                name="decisions_people_put_before_the_board",
            ),
            models.UniqueConstraint(
                fields=["overrides"], name="decisions_overridden_once_at_a_time", condition=Q(completed_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["initiator_role"], name="idx_decisions_role"),
            models.Index(fields=["initiator_role", "completed_at"], name="idx_decisions_unsettled"),
            models.Index(fields=["status"], name="idx_decisions_status"),
            models.Index(fields=["decision_type"], name="idx_decisions_type"),
            models.Index(
                fields=["initiative_key"], name="idx_decisions_initiative", condition=Q(status=Status.APPROVED)
            ),
            models.Index(
                fields=["decided_by", "completed_at"], name="idx_decisions_window", condition=Q(status=Status.APPROVED)
            ),
            models.Index(
                fields=["awaiting_role"], name="idx_decisions_awaiting", condition=Q(awaiting_role__isnull=False)
            ),
            models.Index(
                fields=["department_key"],
                name="idx_decisions_commitments",
                condition=Q(status=Status.APPROVED) & ~Q(department_key=""),
            ),
            models.Index(fields=["created_at"], name="idx_decisions_created"),
            found_by_words("decisions"),
            models.Index(fields=["due_at"], name="idx_decisions_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["final_at"],
                name="idx_decisions_final",
                condition=Q(final_at__isnull=False, completed_at__isnull=True),
            ),
        ]
        triggers = GUARDS

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def ref(self) -> str:
        return f"D-{self.number}"

    def holds(self, now: datetime) -> bool:
        """Whether it is an approval that is used, or can be: nobody has revoked it, and its time is not over."""
        expired = self.used_at is None and self.expires_at is not None and self.expires_at <= now
        return self.status == Status.APPROVED and self.revoked_at is None and not expired

    def stands(self, now: datetime) -> bool:
        """Whether it still says what it said: an approval that holds, a rejection, or that it waits."""
        gone = (Status.APPROVED, Status.WITHDRAWN, Status.EXPIRED)
        return self.holds(now) or self.status not in gone

    def ended(self, now: datetime) -> str:
        """How a settled decision stands, in a word or two; of an approval that holds no more, why."""
        if self.revoked_at is not None:
            return "revoked"
        lapsed = self.status == Status.APPROVED and not self.holds(now)
        return "approved, and was not used in time" if lapsed else str(self.status)

    @property
    def is_settled(self) -> bool:
        return self.completed_at is not None

    @property
    def is_voting(self) -> bool:
        return self.mode == Mode.COLLABORATIVE and not self.is_settled

    @property
    def waiting_on(self) -> list[str]:
        """Who is to act: roles, or the board; nobody once it is settled."""
        if self.status == Status.ESCALATED:
            return ["board"]
        if self.is_voting:
            voted = self._voted()
            return [role for role in self.participants or [] if role not in voted]
        return [self.awaiting_role] if self.awaiting_role else []

    def _voted(self) -> set[str]:
        """Who has cast a ballot, which is told even to those from whom the ballots are sealed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT who_voted(%s)", [self.pk])
            return {role for (role,) in cursor.fetchall()}
