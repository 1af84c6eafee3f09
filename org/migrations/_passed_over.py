"""Who has voted, told to those from whom the ballots are sealed; and what was settled by others is said to be so."""

from __future__ import annotations

WHO_VOTED = """
-- The roles that have cast a ballot on a decision that who asks may read; not how.
CREATE FUNCTION who_voted(p_decision uuid) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT voter_role::text FROM decision_votes WHERE decision_id = p_decision AND may_read_decision(p_decision)
$$;
REVOKE EXECUTE ON FUNCTION who_voted(uuid) FROM PUBLIC;
"""

DROP_WHO_VOTED = "DROP FUNCTION who_voted(uuid);"

# A receipt that was given stays; the triggers that see to it look away for once.
SETTLED = """
ALTER TABLE messages DISABLE TRIGGER USER;
UPDATE messages m SET settled = true, acknowledge_note = ''
    WHERE acknowledge_note = 'settled' AND EXISTS (
        SELECT FROM audit a WHERE a.subject = 'M-' || m.number AND a.action = 'message.settled'
            AND a.data ->> 'to' = m.to_role);
ALTER TABLE messages ENABLE TRIGGER USER;
"""

NOT_SETTLED = """
ALTER TABLE messages DISABLE TRIGGER USER;
UPDATE messages SET settled = false, acknowledge_note = 'settled' WHERE settled;
ALTER TABLE messages ENABLE TRIGGER USER;
"""
