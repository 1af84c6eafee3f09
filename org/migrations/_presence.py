"""How processes say that they are there: `beat`, `beat_worker`, and at a clean end `leave`."""

from __future__ import annotations

PRESENCE = """
DROP FUNCTION beat(text, text);

-- Processes of one role take turns, so that the last to end knows that it is the last.
CREATE FUNCTION lock_agent(p_role text) RETURNS void LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_status (role, status, last_heartbeat) VALUES (p_role, 'stopped', echo_now())
        ON CONFLICT (role) DO NOTHING;
    SELECT FROM agent_status WHERE role = p_role FOR UPDATE
$$;

-- What the agents of a locked role are, taken together; told on the bus where that is another than it was.
CREATE FUNCTION set_agent_status(p_role text, p_status text, p_version text, p_seen timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_was text := (SELECT status FROM agent_status WHERE role = p_role);
BEGIN
    UPDATE agent_status SET status = p_status, last_heartbeat = p_seen, version = coalesce(p_version, version)
        WHERE role = p_role;
    IF v_was <> p_status THEN
        INSERT INTO outbox (channel, payload, created_at) VALUES ('agents:status', jsonb_build_object(
            'role', p_role, 'status', p_status, 'was', v_was, 'last_heartbeat', p_seen), echo_now());
    END IF;
END $$;

-- A process of the role's agents is there. Losing this commit in a crash only makes it say so again.
CREATE FUNCTION beat(p_id uuid, p_role text, p_version text, p_host text, p_pid int) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text := acting_role(p_role);
    v_now timestamptz;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM lock_agent(v_role);
    v_now := echo_now();
    INSERT INTO presences (id, kind, role, queues, version, host, pid, started_at, last_heartbeat)
        VALUES (p_id, 'agent', v_role, '{}', p_version, p_host, p_pid, v_now, v_now)
        ON CONFLICT (id) DO UPDATE SET last_heartbeat = v_now, ended_at = NULL, ending = NULL
            WHERE presences.role = v_role AND presences.kind = 'agent';
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'that process is another''s';
    END IF;
    PERFORM set_agent_status(v_role, 'running', p_version, v_now);
    INSERT INTO outbox (channel, payload, created_at) VALUES ('agents:heartbeat', jsonb_build_object(
        'role', v_role, 'process', p_id, 'version', p_version, 'last_heartbeat', v_now), v_now);
END $$;

-- A process of the role's agents ends as it should; with the last of them the role's agent is stopped.
CREATE FUNCTION leave(p_id uuid, p_role text) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text := acting_role(p_role);
BEGIN
    PERFORM lock_agent(v_role);
    UPDATE presences SET ended_at = echo_now(), ending = 'clean'
        WHERE id = p_id AND role = v_role AND kind = 'agent' AND ended_at IS NULL;
    IF FOUND AND NOT EXISTS (SELECT FROM presences WHERE role = v_role AND ended_at IS NULL) THEN
        PERFORM set_agent_status(v_role, 'stopped', NULL, echo_now());
    END IF;
END $$;

-- A worker of these queues is there.
CREATE FUNCTION beat_worker(p_id uuid, p_queues text[], p_version text, p_host text, p_pid int) RETURNS void
    LANGUAGE sql VOLATILE AS $$
    SELECT set_config('synchronous_commit', 'off', true);
    INSERT INTO presences (id, kind, queues, version, host, pid, started_at, last_heartbeat)
        VALUES (p_id, 'worker', p_queues, p_version, p_host, p_pid, echo_now(), echo_now())
        ON CONFLICT (id) DO UPDATE SET queues = p_queues, last_heartbeat = echo_now(), ended_at = NULL, ending = NULL
            WHERE presences.kind = 'worker'
$$;

-- A worker ends as it should.
CREATE FUNCTION leave_worker(p_id uuid) RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE presences SET ended_at = echo_now(), ending = 'clean'
        WHERE id = p_id AND kind = 'worker' AND ended_at IS NULL
$$;

-- Ends what has been silent for so long without a word; with the last of a role's its agent is in error. Returns how
-- many processes.
CREATE FUNCTION lose_silent(p_silent interval) RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text;
    v_lost int;
    v_sum int := 0;
BEGIN
    FOR v_role IN SELECT DISTINCT role FROM presences
        WHERE ended_at IS NULL AND last_heartbeat < echo_now() - p_silent ORDER BY role
    LOOP
        IF v_role IS NOT NULL THEN
            PERFORM lock_agent(v_role);
        END IF;
        UPDATE presences SET ended_at = echo_now(), ending = 'lost'
            WHERE role IS NOT DISTINCT FROM v_role AND ended_at IS NULL AND last_heartbeat < echo_now() - p_silent;
        GET DIAGNOSTICS v_lost = ROW_COUNT;
        v_sum := v_sum + v_lost;
        IF v_lost > 0 AND v_role IS NOT NULL
            AND NOT EXISTS (SELECT FROM presences WHERE role = v_role AND ended_at IS NULL)
        THEN
            PERFORM set_agent_status(v_role, 'error', NULL,
                (SELECT max(last_heartbeat) FROM presences WHERE role = v_role));
        END IF;
    END LOOP;
    RETURN v_sum;
END $$;

REVOKE EXECUTE ON FUNCTION lock_agent(text), set_agent_status(text, text, text, timestamptz),
    beat(uuid, text, text, text, int), leave(uuid, text), beat_worker(uuid, text[], text, text, int),
    leave_worker(uuid), lose_silent(interval) FROM PUBLIC;
"""

DROP_PRESENCE = """
DROP FUNCTION lose_silent(interval);
DROP FUNCTION leave_worker(uuid);
DROP FUNCTION beat_worker(uuid, text[], text, text, int);
DROP FUNCTION leave(uuid, text);
DROP FUNCTION beat(uuid, text, text, text, int);
DROP FUNCTION set_agent_status(text, text, text, timestamptz);
DROP FUNCTION lock_agent(text);
CREATE FUNCTION beat(p_role text, p_version text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_status (role, status, last_heartbeat, version)
        VALUES (acting_role(p_role), 'running', echo_now(), p_version)
        ON CONFLICT (role) DO UPDATE SET status = 'running', last_heartbeat = echo_now(), version = excluded.version
$$;
"""
