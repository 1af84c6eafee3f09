"""Turns that no login can take but through these functions; gates passed and sums held in one round trip each; a
freeze told with the sums it concerns; authors that are as true as causes.
"""

from __future__ import annotations

from django.db import migrations, models

FUNCTIONS = """
-- One of 256 turns that stands for a text, so that there is a row to lock for each without keeping them all.
CREATE FUNCTION bucket(p_text text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT 'bucket ' || (hashtext(p_text) & 255) $$;

-- Waits for these turns and keeps them until the transaction ends.
CREATE FUNCTION take_turns(p_names text[]) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM turns WHERE name = ANY (p_names) ORDER BY name FOR UPDATE;
END $$;

-- Goes through the gates beside others: nobody closes them until the transaction ends. Then tells who has stopped what
-- one leads to, if anybody: each statement of a VOLATILE function sees what was committed before it. The lock is the
-- table's, whose queue is fair: who closes waits for those who are through and for nobody who comes later.
CREATE FUNCTION pass_gate(p_gate text) RETURNS TABLE (stopped_by text, since timestamptz, because text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE turns IN ROW EXCLUSIVE MODE;
    RETURN QUERY SELECT m.username::text, s.stopped_at, s.reason FROM stops s JOIN members m ON m.id = s.person_id
        WHERE s.kind || ':' || s.role = p_gate AND s.lifted_at IS NULL;
END $$;

-- Is alone in the gates until the transaction ends, once all who are going through have committed.
CREATE FUNCTION close_gates() RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE turns IN SHARE ROW EXCLUSIVE MODE;
END $$;

-- Locks sums until the transaction ends, class by class and key by key. The rows are made first and locked in a
-- statement of their own; the caller sums in its next one, which sees all that earlier holders committed. Locking and
-- summing in one statement lets racers through.
CREATE FUNCTION hold_sums(p_classes smallint[], p_keys text[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO locks (lock_class, key) SELECT * FROM unnest(p_classes, p_keys) AS k(c, n)
        ORDER BY c, n ON CONFLICT DO NOTHING;
    PERFORM 1 FROM locks WHERE (lock_class, key) IN (SELECT * FROM unnest(p_classes, p_keys))
        ORDER BY lock_class, key FOR UPDATE;
END $$;

-- As in 0011, now with who has frozen spending since when and why, if anybody.
DROP FUNCTION standing_sums(text, text[], timestamptz);
CREATE FUNCTION standing_sums(p_initiative text, p_roles text[], p_since timestamptz)
    RETURNS TABLE (initiative_usd numeric, window_usd jsonb, treasury_usd numeric, frozen jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT sum(amount_usd) FROM decisions WHERE status = 'approved' AND initiative_key = p_initiative),
           (SELECT jsonb_object_agg(decided_by, total::text) FROM (
                SELECT decided_by, sum(amount_usd) AS total FROM decisions
                WHERE status = 'approved' AND decided_by = ANY (p_roles) AND completed_at > p_since
                  AND mode IN ('autonomous', 'collaborative', 'hierarchical') AND amount_usd IS NOT NULL
                GROUP BY decided_by) AS window_sums),
           (SELECT balance_usd FROM ledger_accounts WHERE name = 'treasury' AND bounded),
           (SELECT jsonb_build_array(m.username, s.stopped_at, s.reason)
            FROM stops s JOIN members m ON m.id = s.person_id WHERE s.kind = 'spending' AND s.lifted_at IS NULL)
$$;

-- As in 0002: racing repeats take turns, and what no server sends is no call. The turns (LockClass.CALL) are the role's
-- own: whoever keeps a transaction open over calls that it stores holds up no other role and nobody's signing in.
CREATE OR REPLACE FUNCTION store_call(
    p_id uuid, p_role text, p_tool text, p_effect text, p_arguments jsonb, p_key text, p_client jsonb
) RETURNS TABLE (outcome text, call_id uuid, call_number bigint) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text := acting_role(p_role);
    v_digest bytea := sha256(convert_to(jsonb_build_array(v_role, p_tool, p_arguments)::text, 'UTF8'));
    v_turns text[] := array_remove(
        ARRAY[v_role || ' ' || bucket(encode(v_digest, 'hex')), v_role || ' ' || bucket(p_key)], NULL);
    v_found record;
BEGIN
    IF v_role IS NULL OR p_effect NOT IN ('sets', 'creates') THEN
        RAISE EXCEPTION 'a call needs a role and changes something';
    END IF;
    IF octet_length(p_arguments::text) + octet_length(p_client::text) > 1000000
        OR jsonb_path_exists(jsonb_build_array(p_arguments, p_client), '$.**{100 to last}')
        OR jsonb_path_exists(jsonb_build_array(p_arguments, p_client),
                             '$.** ? (@.type() == "number" && (@ > 1e308 || @ < -1e308))')
    THEN
        RAISE EXCEPTION 'no server sends such arguments';
    END IF;
    PERFORM hold_sums(array_fill(4::smallint, ARRAY[cardinality(v_turns)]), v_turns);
    IF p_key IS NOT NULL THEN
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

-- As in 0002: relays take turns.
CREATE OR REPLACE FUNCTION take_outbox(p_most int) RETURNS TABLE (event_channel text, event_payload text)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '3s', true),
            set_config('idle_in_transaction_session_timeout', '5s', true);  -- a frozen relay does not stop the others
    PERFORM take_turns(ARRAY['outbox']);
    RETURN QUERY
        WITH taken AS (
            UPDATE outbox SET published_at = echo_now()
            WHERE id IN (SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT p_most)
            RETURNING id, channel, payload
        ) SELECT channel::text, payload::text FROM taken ORDER BY id;
END $$;

-- As in 0011, now also of what people and the clock did: the author is nobody who did not.
CREATE OR REPLACE FUNCTION require_cause(p_call uuid, p_person bigint, p_timer text, p_author text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_kind text := (SELECT kind FROM logins WHERE login = session_user);
    v_role text;
    v_status text;
BEGIN
    IF p_call IS NOT NULL THEN
        SELECT role, status INTO v_role, v_status FROM calls WHERE id = p_call;
        IF p_author <> v_role THEN
            RAISE insufficient_privilege
                USING MESSAGE = format('a call of %s does no deed of %s', v_role, p_author);
        END IF;
    END IF;
    IF p_timer IS NOT NULL AND p_author <> 'system' OR p_person IS NOT NULL AND p_author NOT IN ('board', 'system') THEN
        RAISE insufficient_privilege USING MESSAGE = format('what no call of %s did is no deed of it', p_author);
    END IF;
    IF v_kind = 'agent' AND p_call IS NULL OR v_kind = 'worker' AND v_status IS DISTINCT FROM 'running'
        OR v_kind = 'sweeper' AND p_timer IS NULL OR v_kind = 'web' AND p_call IS NOT NULL
    THEN
        RAISE insufficient_privilege USING MESSAGE = format('the login of the %s does no such deed', v_kind);
    END IF;
END $$;

-- What seals the audit writes where no login may.
DO $$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE proname LIKE 'pgtrigger_audit_seal_%' AND proname NOT LIKE 'pgtrigger_audit_seal_append%'
            AND proname NOT LIKE 'pgtrigger_audit_seal_no%' AND pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER', v_name);
    END LOOP;
END $$;

INSERT INTO turns (name) SELECT 'bucket ' || n FROM generate_series(0, 255) AS n
    UNION ALL VALUES ('audit'), ('logins'), ('outbox');

REVOKE EXECUTE ON FUNCTION bucket(text), take_turns(text[]), pass_gate(text), close_gates(),
    hold_sums(smallint[], text[]), standing_sums(text, text[], timestamptz) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    """There is no way back: what is stored since would not fit."""

    dependencies = [("org", "0014_guards_of_deeds")]
    operations = [
        migrations.RunSQL(FUNCTIONS),
        migrations.AlterField(
            model_name="lock",
            name="lock_class",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "Charter"), (1, "Initiative"), (2, "Role Window"), (3, "Budget"), (4, "Call")]
            ),
        ),
    ]
