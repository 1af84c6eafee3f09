"""What a database login may see and do beyond its grants: whose rows it reads, whose deeds it writes, which figures of
rows it cannot read it is told. Row-level security is enabled and not forced, so it does not bind the tables' owner.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from org.migrations._charters import reporting_lines

FUNCTIONS = """
-- Refuses a row whose cause its login cannot have, or whose author is not its call's role. A worker acts in a call that
-- is running, the web pages for people, the sweeper for the clock, an agent only through the functions of its own.
CREATE FUNCTION require_cause(p_call uuid, p_person bigint, p_timer text, p_author text) RETURNS void
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
    IF v_kind = 'agent' AND p_call IS NULL OR v_kind = 'worker' AND v_status IS DISTINCT FROM 'running'
        OR v_kind = 'sweeper' AND p_timer IS NULL OR v_kind = 'web' AND p_call IS NOT NULL
    THEN
        RAISE insufficient_privilege USING MESSAGE = format('the login of the %s does no such deed', v_kind);
    END IF;
END $$;

-- Whether who asks may read a confidential decision: its initiator, those above it, who has it, its electorate; and any
-- login that is no agent's. The same as org/queries/decisions.py.
CREATE FUNCTION may_read(p_initiator text, p_awaiting text, p_participants jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text := acting_role(NULL);
BEGIN
    RETURN v_role IS NULL OR v_role = p_initiator OR v_role = coalesce(p_awaiting, '')
        OR coalesce(p_participants ? v_role, false)
        OR coalesce((SELECT lines -> p_initiator ? v_role FROM charter_versions ORDER BY version DESC LIMIT 1), false);
END $$;

CREATE FUNCTION may_read_decision(p_id uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT confidential OR may_read(initiator_role, awaiting_role, participants) FROM decisions WHERE id = p_id
$$;

-- Whether who asks may read others' ballots on a decision: once it has cast its own, or the vote is over.
CREATE FUNCTION may_read_ballots(p_decision uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT may_read_decision(id) AND (mode <> 'collaborative' OR completed_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM decision_votes v WHERE v.decision_id = p_decision AND v.voter_role = acting_role(NULL)))
    FROM decisions WHERE id = p_decision
$$;

-- What happened to a decision that who asks may read, oldest first. How a role voted is told among the votes.
CREATE FUNCTION decision_history(p_number bigint)
    RETURNS TABLE (done_at timestamptz, done_by text, done text, details jsonb) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.at, a.actor::text, a.action::text, CASE WHEN a.action = 'vote.cast' THEN '{}' ELSE a.data END
    FROM audit a WHERE a.subject = 'D-' || p_number
        AND (SELECT may_read_decision(d.id) FROM decisions d WHERE d.number = p_number)
    ORDER BY a.id
$$;

-- The digest of the client that asked for a call: whether two calls are one client's, and nothing else of it.
CREATE FUNCTION client_of(p_call uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$ SELECT md5(client::text) FROM calls WHERE id = p_call $$;

-- The sums authority is judged by, in US dollars: of the initiative, of each role since `p_since`, of the treasury.
CREATE FUNCTION standing_sums(p_initiative text, p_roles text[], p_since timestamptz)
    RETURNS TABLE (initiative_usd numeric, window_usd jsonb, treasury_usd numeric) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT sum(amount_usd) FROM decisions WHERE status = 'approved' AND initiative_key = p_initiative),
           (SELECT jsonb_object_agg(decided_by, total::text) FROM (
                SELECT decided_by, sum(amount_usd) AS total FROM decisions
                WHERE status = 'approved' AND decided_by = ANY (p_roles) AND completed_at > p_since
                  AND mode IN ('autonomous', 'collaborative', 'hierarchical') AND amount_usd IS NOT NULL
                GROUP BY decided_by) AS window_sums),
           (SELECT balance_usd FROM ledger_accounts WHERE name = 'treasury' AND bounded)
$$;

-- Approved and not allocated, allocated, left of the treasury (NULL: none is set), in US dollars.
CREATE FUNCTION budget_figures()
    RETURNS TABLE (unallocated_usd numeric, allocated_usd numeric, treasury_usd numeric)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(balance_usd) FILTER (WHERE decision_id IS NOT NULL), 0),
           coalesce(sum(balance_usd) FILTER (WHERE department <> ''), 0),
           sum(balance_usd) FILTER (WHERE name = 'treasury' AND bounded)
    FROM ledger_accounts
$$;

-- For each role the messages that need its action: how many, how many past their ack_by, and the first of those.
CREATE FUNCTION open_requests(p_now timestamptz)
    RETURNS TABLE (recipient text, waiting bigint, overdue bigint, first_overdue bigint, first_ack_by timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT to_role::text, count(*), count(*) FILTER (WHERE ack_by < p_now),
           (array_agg(number ORDER BY ack_by) FILTER (WHERE ack_by < p_now))[1],
           min(ack_by) FILTER (WHERE ack_by < p_now)
    FROM messages
    WHERE type IN ('request', 'escalation') AND acknowledged_at IS NULL AND expired_at IS NULL
    GROUP BY to_role
$$;

-- As in 0002, now with the charter in force and what changed. A call that was forestalled was nothing before.
CREATE OR REPLACE FUNCTION note_call(p_id uuid, p_action text, p_says text) RETURNS void LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO audit (body, at, actor, action, subject, data, call_id)
    SELECT convert_to(format(
            '{"action":%s,"actor":%s,"at":"%s","call":"%s","data":{"after":{"status":"cancelled"},"before":%s,' ||
            '"charter":%s,"says":%s,"tool":%s},"person":null,"subject":"C-%s","timer":null}',
            to_json(p_action), to_json(role::text),
            replace(to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00',
            id, before, charter, to_json(p_says), to_json(tool::text), number
        ), 'UTF8'),
        finished_at, role, p_action, 'C-' || number, jsonb_build_object('after', '{"status": "cancelled"}'::jsonb,
            'before', before::jsonb, 'charter', charter, 'says', p_says, 'tool', tool), id
    FROM calls,
        (SELECT max(version) AS charter FROM charter_versions) AS newest,
        (SELECT CASE p_action WHEN 'call.cancelled' THEN '{"status":"queued"}' ELSE 'null' END AS before) AS was
    WHERE id = p_id
$$;

-- Nobody calls what was not granted by name; a trigger's function is called by its trigger only.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;

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
"""

DROP_FUNCTIONS = """
DROP FUNCTION open_requests(timestamptz);
DROP FUNCTION budget_figures();
DROP FUNCTION standing_sums(text, text[], timestamptz);
DROP FUNCTION client_of(uuid);
DROP FUNCTION decision_history(bigint);
DROP FUNCTION may_read_ballots(uuid);
DROP FUNCTION may_read_decision(uuid);
DROP FUNCTION may_read(text, text, jsonb);
DROP FUNCTION require_cause(uuid, bigint, text, text);
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
"""

# The role of who asks is looked up once a statement: as a subquery of its own, not once a row.
ME = "(SELECT acting_role(NULL))"
POLICIES = {
    "calls": f"{ME} IS NULL OR role = {ME}",
    "messages": f"{ME} IS NULL OR to_role = {ME} OR from_role = {ME}",
    "decisions": "NOT confidential OR may_read(initiator_role, awaiting_role, participants)",
    "decision_votes": f"{ME} IS NULL OR voter_role = {ME} OR may_read_ballots(decision_id)",
    "escalations": f"{ME} IS NULL OR may_read_decision(decision_id)",
    "board_votes": f"{ME} IS NULL OR EXISTS (SELECT FROM escalations e WHERE e.id = escalation_id)",
}
ENABLE = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\nCREATE POLICY readable ON {table} USING ({condition});"
    for table, condition in POLICIES.items()
)
DISABLE = "\n".join(
    f"DROP POLICY readable ON {table};\nALTER TABLE {table} DISABLE ROW LEVEL SECURITY;" for table in POLICIES
)


def read_lines(apps: Any, schema_editor: Any) -> None:
    """The reporting lines of the charters that are there. They are fixed by a trigger, which looks away for once."""
    schema_editor.execute("ALTER TABLE charter_versions DISABLE TRIGGER USER")
    for version in apps.get_model("org", "CharterVersion").objects.all():
        version.lines = reporting_lines(version.document)
        version.save(update_fields=["lines"])
    schema_editor.execute("ALTER TABLE charter_versions ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [("org", "0010_logins")]
    operations = [
        migrations.RunPython(read_lines, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="charterversion",
            constraint=models.CheckConstraint(condition=~models.Q(lines={}), name="charter_versions_have_lines"),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(ENABLE, DISABLE),
    ]
