"""Which login settles which decision, moves which dollars, publishes which charter: what the guards of 0014 ask.

A login is that of an agent, worker, sweeper or the web pages; whoever else writes owns the tables and is asked nothing
about who it is. What holds for everybody (what an entry of the ledger may move) is asked of the owner too.
"""

from __future__ import annotations

from django.db import migrations

FUNCTIONS = """
-- Refuses that a login settles a decision that is not its to settle. A worker does so in a running call of the role
-- whose decision or withdrawal it is, or of a voter; the sweeper where the time is over, and never by approving for a
-- role; the web pages for the board, whose answers other guards ask for. What a person put before the board, no role
-- ends.
CREATE FUNCTION require_settler(
    p_mode text, p_status text, p_initiator text, p_decided_by text, p_participants jsonb, p_person bigint,
    p_due timestamptz, p_final timestamptz
) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_kind text := (SELECT kind FROM logins WHERE login = session_user);
    v_roles jsonb := CASE
        WHEN p_status = 'withdrawn' AND p_person IS NULL THEN jsonb_build_array(p_initiator)
        WHEN p_status IN ('withdrawn', 'expired') OR p_mode = 'human' THEN '[]'
        WHEN p_mode = 'collaborative' THEN p_participants
        ELSE jsonb_build_array(p_decided_by)
    END;
BEGIN
    IF v_kind IS NULL
        OR v_kind = 'worker' AND EXISTS (SELECT FROM calls WHERE status = 'running' AND v_roles ? role)
        OR v_kind = 'sweeper' AND p_status = 'expired' AND p_final <= echo_now()
        OR v_kind = 'sweeper' AND p_status <> 'expired' AND p_mode = 'collaborative' AND p_due <= echo_now()
        OR v_kind = 'web' AND (p_status = 'withdrawn' OR p_mode = 'human' AND p_status IN ('approved', 'rejected'))
    THEN
        RETURN;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = format(
        'the login of the %s does not settle what is %s by %s', v_kind, p_status, p_decided_by);
END $$;

-- Refuses an entry of the ledger that nothing calls for: the board sets its treasury; an approval becomes budget, whole
-- and once; an allocation, of the same call, draws on budget no more than its amount; what a person revoked goes back.
CREATE FUNCTION require_movement(p_entry ledger_entries) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_decision decisions;
    v_budget text := 'decision:' || p_entry.decision_id;
    v_true boolean := false;
BEGIN
    SELECT * INTO v_decision FROM decisions WHERE id = p_entry.decision_id AND status = 'approved';
    CASE
        WHEN p_entry.decision_id IS NULL THEN
            v_true := (p_entry.source_id, p_entry.target_id) IN (('board', 'treasury'), ('treasury', 'board'))
                AND p_entry.person_id IS NOT NULL AND p_entry.allocation_id IS NULL;
        WHEN p_entry.source_id = 'treasury' THEN
            v_true := p_entry.target_id = v_budget AND p_entry.allocation_id IS NULL
                AND p_entry.amount_usd = v_decision.amount_usd AND v_decision.revoked_at IS NULL;
        WHEN p_entry.target_id = 'treasury' THEN
            v_true := p_entry.source_id = v_budget AND p_entry.allocation_id IS NULL
                AND p_entry.person_id IS NOT NULL AND v_decision.revoked_at IS NOT NULL;
        ELSE
            v_true := p_entry.source_id = v_budget AND v_decision.revoked_at IS NULL
                AND EXISTS (
                    SELECT FROM ledger_accounts WHERE name = p_entry.target_id AND department <> ''
                ) AND EXISTS (
                    SELECT FROM allocations a WHERE a.id = p_entry.allocation_id AND a.call_id = p_entry.call_id
                        AND coalesce(a.decision_id, p_entry.decision_id) = p_entry.decision_id
                        AND a.amount_usd >= p_entry.amount_usd
                            + (SELECT coalesce(sum(amount_usd), 0) FROM ledger_entries WHERE allocation_id = a.id)
                );
    END CASE;
    IF v_true IS NOT TRUE THEN
        RAISE EXCEPTION 'nothing calls for moving % from % to %',
            p_entry.amount_usd, p_entry.source_id, p_entry.target_id;
    END IF;
END $$;

-- Refuses a charter that no draft of the board's was published as; that its members approved the draft is the draft's
-- own guard. The owner publishes the shipped one, and the first limits.
CREATE FUNCTION require_published(p_version int, p_document text) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM logins WHERE login = session_user) AND NOT EXISTS (
        SELECT FROM charter_drafts
        WHERE published_as_id = p_version AND status = 'published' AND document = p_document
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a charter comes into force as an approved draft';
    END IF;
END $$;

REVOKE EXECUTE ON FUNCTION require_settler(text, text, text, text, jsonb, bigint, timestamptz, timestamptz),
    require_movement(ledger_entries), require_published(int, text) FROM PUBLIC;
"""

DROP = """
DROP FUNCTION require_published(int, text);
DROP FUNCTION require_movement(ledger_entries);
DROP FUNCTION require_settler(text, text, text, text, jsonb, bigint, timestamptz, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0012_stops")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
