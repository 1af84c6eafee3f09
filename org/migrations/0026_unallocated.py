"""Which approved budget waits to be allocated, for those who may not read the ledger."""

from __future__ import annotations

from django.db import migrations

WAITING = """
-- The budget approved before then and not allocated, in US dollars: in all, of how many decisions, and the oldest one's
-- number, time of approval and part of it. One row; the last three are NULL where there is none.
CREATE FUNCTION unallocated_since(p_before timestamptz)
    RETURNS TABLE (total_usd numeric, decisions bigint, oldest bigint, approved_at timestamptz, oldest_usd numeric)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH waiting AS (
        SELECT d.number, d.completed_at, a.balance_usd
        FROM ledger_accounts a JOIN decisions d ON d.id = a.decision_id
        WHERE a.balance_usd > 0 AND d.completed_at < p_before
    )
    SELECT coalesce(sum(balance_usd), 0), count(*),
           (array_agg(number ORDER BY completed_at, number))[1],
           min(completed_at),
           (array_agg(balance_usd ORDER BY completed_at, number))[1]
    FROM waiting
$$;
REVOKE EXECUTE ON FUNCTION unallocated_since(timestamptz) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0025_workflows")]
    operations = [migrations.RunSQL(WAITING, "DROP FUNCTION unallocated_since(timestamptz)")]
