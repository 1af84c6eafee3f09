"""Steps of runs that are being undone are done by workers like any others; leases last eight hours."""

from __future__ import annotations

from org.migrations._workflows import WORKFLOWS

UNDOING = """
-- As in 0025; also for a run that is being undone.
CREATE OR REPLACE FUNCTION store_step_call(p_step uuid) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_step workflow_steps;
    v_role text;
    v_call uuid := gen_random_uuid();
    v_arguments jsonb := jsonb_build_object('step', p_step);
BEGIN
    SELECT * INTO v_step FROM workflow_steps WHERE id = p_step FOR UPDATE;
    IF v_step.finished_at IS NOT NULL OR v_step.due_at IS NULL OR v_step.due_at > echo_now() OR EXISTS (
        SELECT FROM calls WHERE id = v_step.call_id AND status IN ('queued', 'running')
    ) THEN
        RETURN NULL;
    END IF;
    SELECT CASE WHEN v_step.kind IN ('compute', 'work') THEN v_step.role ELSE starter_role END INTO v_role
        FROM workflow_runs WHERE id = v_step.run_id AND status IN ('running', 'undoing');
    IF v_role IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO calls (id, role, tool, effect, arguments, digest, client, status, attempt, worker, created_at,
                       claimable_until, rung_at, changed, offered_at)
    VALUES (v_call, v_role, 'workflow_step', 'sets', v_arguments, sha256(convert_to(v_call::text, 'UTF8')), '{}',
            'queued', 0, '', echo_now(), clock_timestamp() + interval '100 years', '2000-01-01Z', false, echo_now());
    UPDATE workflow_steps SET call_id = v_call, due_at = echo_now() + interval '1 minute' WHERE id = p_step;
    RETURN v_role;
END $$;

-- As in 0025; for as long as work is first claimed for, and not more often than once a minute.
CREATE OR REPLACE FUNCTION renew_leases(p_role text, p_client jsonb) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE workflow_steps SET lease_until = greatest(lease_until, echo_now() + interval '8 hours')
        WHERE status = 'held' AND (role = p_role OR raised_to = p_role) AND holder = p_client
            AND lease_until < echo_now() + interval '7 hours 59 minutes'
$$;
"""

_STORE, _, _REST = WORKFLOWS.partition("-- The step that waits for a decision")
_RENEW = _REST[_REST.index("-- Any call") : _REST.index("-- A worker is nobody")]
BEFORE = (_STORE + _RENEW).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
