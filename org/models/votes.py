from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from org.enums import VoteChoice
from org.models.base import Deed, agents_own, one_cause, one_of, refuse_truncate, true_cause


class DecisionVote(Deed):
    """One role's vote on a decision. One row a role: a changed vote replaces the first, which `first_vote` keeps."""

    decision = models.ForeignKey("org.Decision", models.PROTECT, related_name="votes")
    voter_role = models.CharField(max_length=50)
    vote = models.CharField(max_length=20, choices=VoteChoice.choices)
    first_vote = models.CharField(max_length=20, choices=VoteChoice.choices)
    rationale = models.TextField(null=True, blank=True)
    confidence = models.FloatField()
    first_confidence = models.FloatField()
    evidence = models.JSONField(default=list)
    first_voted_at = models.DateTimeField()
    voted_at = models.DateTimeField()

    class Meta:
        db_table = "decision_votes"
        constraints = [
            one_cause("decision_votes"),
            one_of("decision_votes", "vote", VoteChoice),
            one_of("decision_votes", "first_vote", VoteChoice),
            models.UniqueConstraint(fields=["decision", "voter_role"], name="decision_votes_one_a_role"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="decision_votes_confidence_in_range"
            ),
        ]
        indexes = [models.Index(fields=["decision"], name="idx_votes_decision")]
        triggers = [
            pgtrigger.Protect(name="decision_votes_stay", operation=pgtrigger.Delete),
            refuse_truncate("decision_votes"),
            agents_own("decision_votes"),
            true_cause("decision_votes", "NEW.voter_role", pgtrigger.Insert | pgtrigger.Update),
            pgtrigger.Protect(
                name="decision_votes_first_is_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__decision__df=pgtrigger.F("new__decision"))
                | pgtrigger.Q(old__voter_role__df=pgtrigger.F("new__voter_role"))
                | pgtrigger.Q(old__first_vote__df=pgtrigger.F("new__first_vote"))
                | pgtrigger.Q(old__first_confidence__df=pgtrigger.F("new__first_confidence"))
                | pgtrigger.Q(old__first_voted_at__df=pgtrigger.F("new__first_voted_at")),
            ),
            pgtrigger.Protect(
                name="decision_votes_cause_is_of_the_ballot",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__voted_at=pgtrigger.F("new__voted_at"))
                & (
                    pgtrigger.Q(old__call__df=pgtrigger.F("new__call"))
                    | pgtrigger.Q(old__person__df=pgtrigger.F("new__person"))
                    | pgtrigger.Q(old__timer__df=pgtrigger.F("new__timer"))
                ),
            ),
            pgtrigger.Trigger(
                name="decision_votes_of_the_electorate",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM decisions d
                        WHERE d.id = NEW.decision_id AND d.mode = 'collaborative' AND d.completed_at IS NULL
                          AND d.participants ? NEW.voter_role AND d.initiator_role <> NEW.voter_role
                    ) THEN
                        RAISE EXCEPTION 'only the electorate votes, and only while the vote is open';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voter_role}: {self.vote}"
