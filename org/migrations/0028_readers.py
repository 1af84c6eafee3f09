"""What is confidential is found by its readers alone where one login serves all roles, too."""

from __future__ import annotations

from django.db import migrations

from org.migrations._bounds import UNSCORED
from org.migrations._readers import BY_LOGIN, BY_ROLE

READERS = """
-- Whether a role may read a confidential decision: its initiator, those above it, who has it, its electorate. The same
-- as org/queries/decisions.py. No role is no agent, and may.
CREATE FUNCTION may_be_read_by(p_role text, p_initiator text, p_awaiting text, p_participants jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN p_role IS NULL OR p_role = p_initiator OR p_role = coalesce(p_awaiting, '')
        OR coalesce(p_participants ? p_role, false)
        OR coalesce((SELECT lines -> p_initiator ? p_role FROM charter_versions ORDER BY version DESC LIMIT 1), false);
END $$;
REVOKE EXECUTE ON FUNCTION may_be_read_by(text, text, text, jsonb) FROM PUBLIC;

-- Whether who asks may, by its login; any login that is no agent's may.
CREATE OR REPLACE FUNCTION may_read(p_initiator text, p_awaiting text, p_participants jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN may_be_read_by(acting_role(NULL), p_initiator, p_awaiting, p_participants);
END $$;
"""

# As in 0011.
BEFORE = """
CREATE OR REPLACE FUNCTION may_read(p_initiator text, p_awaiting text, p_participants jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_role text := acting_role(NULL);
BEGIN
    RETURN v_role IS NULL OR v_role = p_initiator OR v_role = coalesce(p_awaiting, '')
        OR coalesce(p_participants ? v_role, false)
        OR coalesce((SELECT lines -> p_initiator ? v_role FROM charter_versions ORDER BY version DESC LIMIT 1), false);
END $$;
DROP FUNCTION may_be_read_by(text, text, text, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0027_findable")]
    operations = [
        migrations.RunSQL(READERS, BEFORE),
        migrations.RunSQL(UNSCORED.replace(BY_LOGIN, BY_ROLE), UNSCORED),
    ]
