"""What the database refuses about decisions, whoever asks: triggers of the table `decisions`."""

from __future__ import annotations

import pgtrigger

from org.enums import Mode, Status
from org.models.base import only_more_urgent, refuse_truncate, true_cause

_CONTENT = (
    "decision_type",
    "initiator_role",
    "title",
    "context",
    "amount_usd",
    "initiative",
    "initiative_key",
    "department_key",
    "confidence",
    "confidential",
    "charter_version_id",
    "ruling",
    "content_hash",
    "revises_id",
    "overrides_id",
    "final_at",
    "created_at",
    "number",
    "call_id",
    "person_id",
    "timer",
)


def _content_changes() -> pgtrigger.Q:
    changes = pgtrigger.Q()
    for column in _CONTENT:
        name = column.removesuffix("_id")
        changes |= pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")})
    return changes


GUARDS = [
    true_cause("decisions", "CASE WHEN NEW.person_id IS NULL THEN NEW.initiator_role END"),
    pgtrigger.Protect(name="decisions_content_is_fixed", operation=pgtrigger.Update, condition=_content_changes()),
    pgtrigger.Protect(
        name="decisions_settle_once",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__completed_at__isnull=False)
        & (
            pgtrigger.Q(old__status__df=pgtrigger.F("new__status"))
            | pgtrigger.Q(old__outcome__df=pgtrigger.F("new__outcome"))
            | pgtrigger.Q(old__decided_by__df=pgtrigger.F("new__decided_by"))
            | pgtrigger.Q(old__completed_at__df=pgtrigger.F("new__completed_at"))
            | pgtrigger.Q(old__mode__df=pgtrigger.F("new__mode"))
            | pgtrigger.Q(old__urgency__df=pgtrigger.F("new__urgency"))
            | pgtrigger.Q(old__participants__df=pgtrigger.F("new__participants"))
            | pgtrigger.Q(old__expires_at__df=pgtrigger.F("new__expires_at"))
            | pgtrigger.Q(old__used_at__isnull=False) & pgtrigger.Q(old__used_at__df=pgtrigger.F("new__used_at"))
            | pgtrigger.Q(old__revoked_at__isnull=False)
            & pgtrigger.Q(old__revoked_at__df=pgtrigger.F("new__revoked_at"))
            | pgtrigger.Q(old__revoked_by__isnull=False)
            & pgtrigger.Q(old__revoked_by__df=pgtrigger.F("new__revoked_by"))
        ),
    ),
    pgtrigger.Trigger(
        name="decisions_true_settler",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Q(new__completed_at__isnull=False),
        func="""
            IF TG_OP = 'INSERT' OR OLD.completed_at IS NULL THEN
                PERFORM require_settler(
                    NEW.mode, NEW.status, NEW.initiator_role, NEW.decided_by, NEW.participants, NEW.person_id,
                    OLD.due_at, NEW.final_at
                );
            END IF;
            RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="decisions_wake_their_step",
        operation=pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Q(old__completed_at__isnull=True, new__completed_at__isnull=False),
        func="PERFORM wake_step_of_decision(NEW.id); RETURN NULL;",
    ),
    pgtrigger.Trigger(
        name="decisions_revoked_by_whom",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__revoked_at__isnull=False),
        func="""
            IF TG_OP = 'INSERT' OR OLD.revoked_at IS NULL THEN
                PERFORM require_revoker(NEW.id, NEW.decided_by, NEW.revoked_by_id);
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Protect(
        name="decisions_vote_ends_as_announced",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__due_at__df=pgtrigger.F("new__due_at"))
        & pgtrigger.Q(old__mode=Mode.COLLABORATIVE)
        & pgtrigger.Q(new__mode=Mode.COLLABORATIVE)
        & pgtrigger.Q(new__completed_at__isnull=True),
    ),
    pgtrigger.Protect(
        name="decisions_electorate_is_fixed",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__participants__df=pgtrigger.F("new__participants")),
    ),
    pgtrigger.Protect(
        name="decisions_mode_only_stricter",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__mode=Mode.HUMAN) & ~pgtrigger.Q(new__mode=Mode.HUMAN)
        | pgtrigger.Q(old__mode=Mode.HIERARCHICAL) & pgtrigger.Q(new__mode__in=[Mode.AUTONOMOUS, Mode.COLLABORATIVE])
        | pgtrigger.Q(old__mode=Mode.COLLABORATIVE) & pgtrigger.Q(new__mode=Mode.AUTONOMOUS),
    ),
    only_more_urgent("decisions"),
    pgtrigger.Protect(
        name="decisions_score_is_the_votes",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__consensus_score__df=pgtrigger.F("new__consensus_score"))
        & (pgtrigger.Q(old__completed_at__isnull=False) | ~pgtrigger.Q(old__mode=Mode.COLLABORATIVE)),
    ),
    pgtrigger.Protect(name="decisions_stay", operation=pgtrigger.Delete),
    refuse_truncate("decisions"),
    pgtrigger.Trigger(
        name="decisions_board_approved",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Q(new__mode=Mode.HUMAN) & pgtrigger.Q(new__status=Status.APPROVED),
        func="""
            IF NOT EXISTS (
                SELECT 1 FROM escalations e
                WHERE e.decision_id = NEW.id AND e.status = 'approved' AND e.members_needed <= (
                    SELECT max(members) FROM (
                        SELECT count(DISTINCT v.member_id) AS members
                        FROM board_votes v
                        JOIN members m ON m.id = v.member_id AND m.is_active
                        JOIN members_groups mg ON mg.member_id = m.id
                        JOIN auth_group g ON g.id = mg.group_id AND g.name = 'Board'
                        WHERE v.escalation_id = e.id AND v.answer = 'approve' GROUP BY v.seen_hash
                    ) AS of_one_content
                )
            ) THEN
                RAISE EXCEPTION 'a decision before the board is approved by its members'' votes alone';
            END IF;
            RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="decisions_board_rejected",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Q(new__mode=Mode.HUMAN) & pgtrigger.Q(new__status=Status.REJECTED),
        func="""
            IF NOT EXISTS (
                SELECT 1 FROM escalations e JOIN board_votes v ON v.escalation_id = e.id
                WHERE e.decision_id = NEW.id AND e.status = 'rejected' AND v.answer = 'reject'
            ) THEN
                RAISE EXCEPTION 'a decision before the board is rejected by a member''s answer alone';
            END IF;
            RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="decisions_vote_approved",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Q(new__mode=Mode.COLLABORATIVE) & pgtrigger.Q(new__status=Status.APPROVED),
        func="""
            IF (SELECT count(*) FILTER (WHERE vote = 'approve') <= count(*) FILTER (WHERE vote = 'reject')
                FROM decision_votes WHERE decision_id = NEW.id) THEN
                RAISE EXCEPTION 'a vote approves only what more roles approved than rejected';
            END IF;
            RETURN NULL;
        """,
    ),
]
