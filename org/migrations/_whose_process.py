"""A process says whose it is, so that work is known to be abandoned when its client is gone."""

from __future__ import annotations

from org.migrations._bounds import BEAT

WHOSE = """
DROP FUNCTION beat(uuid, text, text, text, int);
CREATE FUNCTION beat(
    p_id uuid, p_role text, p_version text, p_host text, p_pid int, p_client jsonb DEFAULT NULL
) RETURNS void
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
    INSERT INTO presences (id, kind, role, queues, version, host, pid, client, started_at, last_heartbeat)
        VALUES (p_id, 'agent', v_role, '{}', left(p_version, 20), left(p_host, 255), p_pid,
                CASE WHEN octet_length(p_client::text) <= 1000 THEN p_client END, v_now, v_now)
        ON CONFLICT (id) DO UPDATE SET last_heartbeat = v_now, ended_at = NULL, ending = NULL
            WHERE presences.role = v_role AND presences.kind = 'agent';
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'that process is another''s';
    END IF;
    PERFORM set_agent_status(v_role, 'running', p_version, v_now);
    INSERT INTO outbox (channel, payload, created_at) VALUES ('agents:heartbeat', jsonb_build_object(
        'role', v_role, 'process', p_id, 'version', p_version, 'last_heartbeat', v_now), v_now);
END $$;
REVOKE EXECUTE ON FUNCTION beat FROM PUBLIC;
"""

NOBODYS = f"""
DROP FUNCTION beat(uuid, text, text, text, int, jsonb);
{BEAT.replace("CREATE OR REPLACE", "CREATE")}
REVOKE EXECUTE ON FUNCTION beat FROM PUBLIC;
"""
