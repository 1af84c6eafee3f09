"""The functions through which MCP servers write. They run with their owner's rights and name the role themselves:
a login listed in `logins` acts for its own role whatever it asks; any other login (a single-login database) is
believed, since it could write the tables anyway.
"""

from __future__ import annotations

from django.db import migrations

from org.migrations._triggers import LOOK_IN_THE_SCHEMA

FUNCTIONS = """
CREATE FUNCTION acting_role(asked text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT role FROM logins WHERE login = session_user), asked)
$$;

-- Seals into the audit what became of a call that is over, as org/audit.py does: canonical JSON (RFC 8785), whose
-- strings are escaped as to_json() escapes them, and a time as Python writes it. Only for the functions below.
CREATE FUNCTION note_call(p_id uuid, p_action text, p_says text) RETURNS void LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO audit (body, at, actor, action, subject, data, call_id)
    SELECT convert_to(format(
            '{"action":%s,"actor":%s,"at":"%s","call":"%s","data":{"says":%s,"tool":%s},"person":null,' ||
            '"subject":"C-%s","timer":null}',
            to_json(p_action), to_json(role::text),
            replace(to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00',
            id, to_json(p_says), to_json(tool::text), number
        ), 'UTF8'),
        finished_at, role, p_action, 'C-' || number, jsonb_build_object('says', p_says, 'tool', tool), id
    FROM calls WHERE id = p_id
$$;

-- Stores a call, or finds the one it repeats. `outcome` is stored, repeated or conflict.
-- The advisory lock makes racing repeats take turns; the SELECT after it sees what the winner committed,
-- because each statement of a VOLATILE function takes a new snapshot at READ COMMITTED.
-- When the call was made is the organisation's time, echo_now(), as of every deed; until when a worker may claim it and
-- when one was rung for are waits of processes, which a shifted clock must neither end nor prolong: clock_timestamp().
CREATE FUNCTION store_call(
    p_id uuid, p_role text, p_tool text, p_effect text, p_arguments jsonb, p_key text, p_client jsonb
) RETURNS TABLE (outcome text, call_id uuid, call_number bigint) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text := acting_role(p_role);
    v_digest bytea := sha256(convert_to(jsonb_build_array(v_role, p_tool, p_arguments)::text, 'UTF8'));
    v_found record;
BEGIN
    IF v_role IS NULL OR p_effect NOT IN ('sets', 'creates') THEN
        RAISE EXCEPTION 'a call needs a role and changes something';
    END IF;
    PERFORM pg_advisory_xact_lock(7306, hashtext(encode(v_digest, 'hex')));
    IF p_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(7307, hashtext(v_role || ':' || p_key));
        SELECT c.id, c.number, c.digest, c.status, c.changed INTO v_found FROM calls c
            WHERE c.role = v_role AND c.idempotency_key = p_key;
        IF FOUND AND v_found.digest <> v_digest THEN
            RETURN QUERY SELECT 'conflict', v_found.id, v_found.number;
            RETURN;
        ELSIF FOUND AND (v_found.status IN ('queued', 'running') OR v_found.changed) THEN
            RETURN QUERY SELECT 'repeated', v_found.id, v_found.number;
            RETURN;
        ELSIF FOUND THEN  -- nothing came of it: the key passes to the new call, which is judged anew
            UPDATE calls SET idempotency_key = NULL WHERE id = v_found.id;
        END IF;
    ELSIF p_effect = 'creates' THEN
        SELECT c.id, c.number INTO v_found FROM calls c
            WHERE c.digest = v_digest AND c.created_at > echo_now() - interval '10 minutes'
              AND (c.status IN ('queued', 'running') OR (c.status = 'done' AND c.changed))
            ORDER BY c.created_at DESC LIMIT 1;
        IF FOUND THEN
            RETURN QUERY SELECT 'repeated', v_found.id, v_found.number;
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        INSERT INTO calls (id, role, tool, effect, arguments, digest, idempotency_key, client, status, attempt, worker,
                           created_at, claimable_until, rung_at, changed)
        VALUES (p_id, v_role, p_tool, p_effect, p_arguments, v_digest, p_key, p_client, 'queued', 0, '',
                echo_now(), clock_timestamp() + interval '10 seconds', clock_timestamp(), false)
        RETURNING 'stored', id, number;
END $$;

-- Takes back a call nobody has claimed. True: it was taken back and provably nothing was done.
CREATE FUNCTION cancel_call(p_id uuid, p_role text) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE calls SET status = 'cancelled', finished_at = echo_now()
        WHERE id = p_id AND role = acting_role(p_role) AND status = 'queued' AND attempt = 0;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM note_call(p_id, 'call.cancelled', 'taken back before a worker took it');
    RETURN true;
END $$;

-- Makes sure that a call whose INSERT may be lost on its way is never done: takes it back, or takes its id, so that the
-- INSERT fails if it still arrives. False: a worker has it already.
CREATE FUNCTION forestall_call(p_id uuid, p_role text, p_tool text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO calls (id, role, tool, effect, arguments, digest, client, status, attempt, worker, created_at,
                       claimable_until, finished_at, changed)
    VALUES (p_id, acting_role(p_role), p_tool, 'sets', '{}', '', '{}', 'cancelled', 0, '', echo_now(),
            clock_timestamp(), echo_now(), false)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN cancel_call(p_id, p_role);
    END IF;
    PERFORM note_call(p_id, 'call.forestalled', 'it had not arrived, and may not any more');
    RETURN true;
END $$;

-- Takes the oldest waiting call of some roles for a worker. Losing this commit in a crash only puts the call back,
-- so it does not wait for the disk.
CREATE FUNCTION claim_call(p_roles text[], p_worker text, p_lease_seconds double precision)
    RETURNS TABLE (call_id uuid, call_attempt smallint, call_role text) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN QUERY
        UPDATE calls SET status = 'running', attempt = attempt + 1, worker = p_worker, claimed_at = clock_timestamp(),
                         lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
        WHERE id = (
            SELECT c.id FROM calls c
            WHERE c.status = 'queued' AND c.role = ANY (p_roles) AND c.claimable_until > clock_timestamp()
            ORDER BY c.created_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING id, attempt, role::text;
END $$;

-- Locks a claimed call for the transaction of its work, whose waits it bounds. No row: another attempt has it.
CREATE FUNCTION lock_call(p_id uuid, p_attempt int) RETURNS SETOF calls LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('lock_timeout', '3s', true), set_config('statement_timeout', '10s', true),
            set_config('idle_in_transaction_session_timeout', '10s', true);
    RETURN QUERY SELECT * FROM calls WHERE id = p_id AND attempt = p_attempt AND status = 'running' FOR UPDATE;
END $$;

-- Stores the answer of a locked call. It changed something if its effects left a trace in the audit.
CREATE FUNCTION finish_call(p_id uuid, p_status text, p_result jsonb) RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE calls SET status = p_status, result = p_result, finished_at = echo_now(), lease_until = NULL,
        changed = EXISTS (SELECT 1 FROM audit WHERE audit.call_id = p_id AND action NOT LIKE 'call.%')
    WHERE id = p_id
$$;

-- The answers of calls were handed to the client. Losing this commit only tells them once more.
CREATE FUNCTION mark_answered(p_ids uuid[], p_role text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE calls SET offered_at = echo_now()
        WHERE id = ANY (p_ids) AND role = acting_role(p_role) AND finished_at IS NOT NULL AND offered_at IS NULL
$$;

-- Messages were handed to a server of their recipient.
CREATE FUNCTION mark_delivered(p_role text, p_numbers bigint[]) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE messages SET offered_at = echo_now()
        WHERE to_role = acting_role(p_role) AND number = ANY (p_numbers) AND offered_at IS NULL
$$;

-- Messages were returned to their recipient.
CREATE FUNCTION mark_read(p_role text, p_numbers bigint[]) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE messages SET read = true, read_at = echo_now(), offered_at = coalesce(offered_at, echo_now())
        WHERE to_role = acting_role(p_role) AND number = ANY (p_numbers) AND NOT read
$$;

-- An agent of the role is there.
CREATE FUNCTION beat(p_role text, p_version text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agent_status (role, status, last_heartbeat, version)
        VALUES (acting_role(p_role), 'running', echo_now(), p_version)
        ON CONFLICT (role) DO UPDATE SET status = 'running', last_heartbeat = echo_now(), version = excluded.version
$$;

-- Marks what waits in the outbox as published and returns it, by id: ids are drawn while the inboxes are locked, so
-- for each inbox that is the order of commit. The caller publishes before it commits. Relays take turns, so that no
-- later event overtakes an earlier one. Losing this commit in a crash only publishes again, and subscribers drop
-- doubles, so it does not wait for the disk.
CREATE FUNCTION take_outbox(p_most int) RETURNS TABLE (event_channel text, event_payload text)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '3s', true),
            set_config('idle_in_transaction_session_timeout', '5s', true);  -- a frozen relay does not stop the others
    PERFORM pg_advisory_xact_lock(7308);
    RETURN QUERY
        WITH taken AS (
            UPDATE outbox SET published_at = echo_now()
            WHERE id IN (SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT p_most)
            RETURNING id, channel, payload
        ) SELECT channel::text, payload::text FROM taken ORDER BY id;
END $$;

-- The role was briefed now. Returns when it was briefed before, NULL if never.
CREATE FUNCTION note_brief(p_role text) RETURNS timestamptz LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_before timestamptz;
BEGIN
    SELECT briefed_at INTO v_before FROM briefings WHERE role = acting_role(p_role) FOR UPDATE;
    INSERT INTO briefings (role, briefed_at) VALUES (acting_role(p_role), echo_now())
        ON CONFLICT (role) DO UPDATE SET briefed_at = excluded.briefed_at;
    RETURN v_before;
END $$;
"""

DROP = """
DROP FUNCTION note_brief(text);
DROP FUNCTION take_outbox(int);
DROP FUNCTION beat(text, text);
DROP FUNCTION mark_read(text, bigint[]);
DROP FUNCTION mark_delivered(text, bigint[]);
DROP FUNCTION mark_answered(uuid[], text);
DROP FUNCTION finish_call(uuid, text, jsonb);
DROP FUNCTION lock_call(uuid, int);
DROP FUNCTION claim_call(text[], text, double precision);
DROP FUNCTION forestall_call(uuid, text, text);
DROP FUNCTION cancel_call(uuid, text);
DROP FUNCTION store_call(uuid, text, text, text, jsonb, text, jsonb);
DROP FUNCTION note_call(uuid, text, text);
DROP FUNCTION acting_role(text);
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0001_initial")]
    operations = [migrations.RunSQL(LOOK_IN_THE_SCHEMA + FUNCTIONS, DROP)]
