"""An approval is revoked by a member of the board, or by the decision of a role above that overrides it."""

from __future__ import annotations

REVOKER = """
-- Refuses the end of an approval that nobody may end: a member of the board does, by the web pages; else a decision
-- that overrides it, rejected by a role above who approved it, in that role's own running call.
CREATE FUNCTION require_revoker(p_id uuid, p_decided_by text, p_member bigint) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_kind text := (SELECT kind FROM logins WHERE login = session_user);
BEGIN
    IF p_member IS NOT NULL THEN
        PERFORM require_cause(NULL, p_member, NULL, NULL);
    ELSIF NOT EXISTS (
        SELECT FROM decisions d JOIN calls c ON c.id = d.call_id
        WHERE d.overrides_id = p_id AND d.status = 'rejected' AND d.decided_by = c.role
            AND (v_kind IS NULL OR v_kind = 'worker' AND c.status = 'running')
            AND (SELECT lines -> p_decided_by ? d.decided_by FROM charter_versions ORDER BY version DESC LIMIT 1)
    ) THEN
        RAISE insufficient_privilege
            USING MESSAGE = 'an approval is revoked by the board, or by a role above that overrides it';
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION require_revoker(uuid, text, bigint) FROM PUBLIC;

-- As in 0013; what an overriding decision ended goes back as well, in the same call.
CREATE OR REPLACE FUNCTION require_movement(p_entry ledger_entries) RETURNS void LANGUAGE plpgsql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
                AND v_decision.revoked_at IS NOT NULL AND (p_entry.person_id IS NOT NULL OR EXISTS (
                    SELECT FROM decisions d
                    WHERE d.overrides_id = v_decision.id AND d.status = 'rejected' AND d.call_id = p_entry.call_id
                ));
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
"""

DROP_REVOKER = "DROP FUNCTION require_revoker(uuid, text, bigint);"
