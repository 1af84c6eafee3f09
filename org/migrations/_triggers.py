"""What each migration that makes triggers ends with."""

LOOK_IN_THE_SCHEMA = """
-- Triggers' functions look in the schema and nowhere before it, so that no temporary table stands in for a real one.
DO $$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE proname LIKE 'pgtrigger%' AND pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', v_name);
    END LOOP;
END $$;
-- No session switches a trigger off for itself: the library would let each do so by a setting.
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT false $$;
"""
