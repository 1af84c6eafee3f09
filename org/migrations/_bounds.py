"""What an agent's login with SQL of its own could make grow, or read between the lines."""

from __future__ import annotations

from org.migrations._artifacts import RECALL

# As in 0020, without its score: by a score one could tell how often words stand in records one may not read.
UNSCORED = RECALL.replace(
    """    RETURN QUERY
        SELECT found.kind""",
    """    RETURN QUERY SELECT best.kind, best.record, 0::real, best.moment FROM (
        SELECT found.kind""",
).replace(
    """OFFSET p_skip LIMIT p_most;
END $$;""",
    """OFFSET p_skip LIMIT p_most
    ) AS best (kind, record, points, moment) ORDER BY best.points DESC, best.moment DESC, best.record;
END $$;""",
)

SCORED = RECALL

# As in 0018; a role's processes, those that ended in the last days among them, are bounded.
BEAT = """
CREATE OR REPLACE FUNCTION beat(p_id uuid, p_role text, p_version text, p_host text, p_pid int) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_most CONSTANT int := 10000;
    v_role text := acting_role(p_role);
    v_now timestamptz;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM lock_agent(v_role);
    IF NOT EXISTS (SELECT FROM presences WHERE id = p_id)
        AND (SELECT count(*) FROM (SELECT FROM presences WHERE role = v_role LIMIT c_most) AS known) >= c_most
    THEN
        RAISE EXCEPTION 'the % has had % processes in the last days', v_role, c_most;
    END IF;
    v_now := echo_now();
    INSERT INTO presences (id, kind, role, queues, version, host, pid, started_at, last_heartbeat)
        VALUES (p_id, 'agent', v_role, '{}', left(p_version, 20), left(p_host, 255), p_pid, v_now, v_now)
        ON CONFLICT (id) DO UPDATE SET last_heartbeat = v_now, ended_at = NULL, ending = NULL
            WHERE presences.role = v_role AND presences.kind = 'agent';
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'that process is another''s';
    END IF;
    PERFORM set_agent_status(v_role, 'running', p_version, v_now);
    INSERT INTO outbox (channel, payload, created_at) VALUES ('agents:heartbeat', jsonb_build_object(
        'role', v_role, 'process', p_id, 'version', p_version, 'last_heartbeat', v_now), v_now);
END $$;
"""

UNBOUNDED = """
CREATE OR REPLACE FUNCTION beat(p_id uuid, p_role text, p_version text, p_host text, p_pid int) RETURNS void
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
"""
