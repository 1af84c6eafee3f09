"""What the database does for workflows: jobs of steps, wakes at what steps wait for, leases renewed by calls."""

from __future__ import annotations

SEQUENCES = "CREATE SEQUENCE ref_r; CREATE SEQUENCE ref_w;"
DROP_SEQUENCES = "DROP SEQUENCE ref_w; DROP SEQUENCE ref_r;"

WORKFLOWS = """
-- Stores the call by which a worker does what is due of a step, for the role that the step or its run names; NULL where
-- one is under way already, or nothing is due. Nobody waits for its answer: it is offered from the start.
CREATE FUNCTION store_step_call(p_step uuid) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
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
        FROM workflow_runs WHERE id = v_step.run_id AND status = 'running';
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

-- The step that waits for a decision is looked at as soon as that is settled.
CREATE FUNCTION wake_step_of_decision(p_id uuid) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE workflow_steps SET due_at = echo_now() WHERE decision_id = p_id AND finished_at IS NULL
$$;

-- Likewise the step that waits for a message to be acknowledged.
CREATE FUNCTION wake_step_of_message(p_number bigint) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE workflow_steps SET due_at = echo_now() WHERE message = p_number AND finished_at IS NULL
$$;

-- Any call of the client that holds work renews its lease.
CREATE FUNCTION renew_leases(p_role text, p_client jsonb) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE workflow_steps SET lease_until = greatest(lease_until, echo_now() + interval '1 hour')
        WHERE status = 'held' AND (role = p_role OR raised_to = p_role) AND holder = p_client
$$;

-- A worker is nobody's deputy: what it does for a step neither votes nor moves money.
CREATE FUNCTION require_agents_call(p_call uuid) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM calls WHERE id = p_call AND tool = 'workflow_step') THEN
        RAISE insufficient_privilege USING MESSAGE = 'a step of a workflow neither votes nor decides nor spends';
    END IF;
END $$;

-- As in 0013; what a worker does for a step settles nothing either.
CREATE OR REPLACE FUNCTION require_settler(
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
        OR v_kind = 'worker' AND EXISTS (SELECT FROM calls WHERE status = 'running' AND v_roles ? role
                                         AND tool <> 'workflow_step')
        OR v_kind = 'sweeper' AND p_status = 'expired' AND p_final <= echo_now()
        OR v_kind = 'sweeper' AND p_status <> 'expired' AND p_mode = 'collaborative' AND p_due <= echo_now()
        OR v_kind = 'web' AND (p_status = 'withdrawn' OR p_mode = 'human' AND p_status IN ('approved', 'rejected'))
    THEN
        RETURN;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = format(
        'the login of the %s does not settle what is %s by %s', v_kind, p_status, p_decided_by);
END $$;

REVOKE EXECUTE ON FUNCTION store_step_call(uuid), wake_step_of_decision(uuid), wake_step_of_message(bigint),
    renew_leases(text, jsonb),
    require_agents_call(uuid) FROM PUBLIC;
"""

DROP_WORKFLOWS = """
DROP FUNCTION require_agents_call(uuid);
DROP FUNCTION renew_leases(text, jsonb);
DROP FUNCTION wake_step_of_message(bigint);
DROP FUNCTION wake_step_of_decision(uuid);
DROP FUNCTION store_step_call(uuid);
"""
