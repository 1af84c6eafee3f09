"""No agent makes Echo wait: who is silent is found past rows that somebody holds, and a transaction of an agent's login
that goes on too long is ended.
"""

from __future__ import annotations

PATIENCE = """
-- As in 0018; a role whose row somebody holds is looked at the next time.
CREATE OR REPLACE FUNCTION lose_silent(p_silent interval) RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
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
            PERFORM FROM agent_status WHERE role = v_role FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
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

-- Ends the sessions of agents' logins whose transaction has gone on for longer: it holds what others wait for. Returns
-- how many there were. Measured by the real clock.
CREATE FUNCTION end_long_transactions(p_longest interval) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FILTER (WHERE pg_terminate_backend(a.pid))
    FROM pg_stat_activity a JOIN logins l ON l.login = a.usename AND l.kind = 'agent'
    WHERE a.datname = current_database() AND a.xact_start < clock_timestamp() - p_longest
$$;
REVOKE EXECUTE ON FUNCTION end_long_transactions(interval) FROM PUBLIC;

-- A worker says that it is there by these and in no other way.
ALTER FUNCTION beat_worker(uuid, text[], text, text, int)
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION leave_worker(uuid)
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
"""

IMPATIENCE = """
ALTER FUNCTION leave_worker(uuid) SECURITY INVOKER RESET search_path;
ALTER FUNCTION beat_worker(uuid, text[], text, text, int) SECURITY INVOKER RESET search_path;
DROP FUNCTION end_long_transactions(interval);
"""
