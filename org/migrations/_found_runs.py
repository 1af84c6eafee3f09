"""What runs of workflows are found by, and `recall` that finds them too."""

from __future__ import annotations

from org.migrations._bounds import UNSCORED
from org.migrations._readers import BY_LOGIN, BY_ROLE

WORDS = r"""
-- A run is found by: A which workflow it is, B what it is for and how it ended.
CREATE FUNCTION run_words(p_name text, p_inputs jsonb, p_outcome text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(searchable(p_name), 'A') || setweight(searchable(texts_of(p_inputs)), 'B')
        || setweight(searchable(p_outcome), 'B');
REVOKE EXECUTE ON FUNCTION run_words(text, jsonb, text) FROM PUBLIC;
"""

DROP_WORDS = "DROP FUNCTION run_words(text, jsonb, text);"

_RUNS = """
        IF 'run' = ANY (p_kinds) AND (n <= 3 OR cardinality(v_runs) < c_newest) THEN
            IF v_is_common THEN
                v_runs := v_runs || ARRAY(
                    SELECT id FROM (
                        SELECT id, words FROM workflow_runs WHERE created_at >= v_since AND created_at < v_until
                        ORDER BY created_at DESC LIMIT v_look
                    ) AS newest WHERE v_try IS NULL OR words @@ v_try LIMIT v_most);
            ELSE
                v_runs := v_runs || ARRAY(
                    WITH rare AS MATERIALIZED (
                        SELECT id, created_at FROM workflow_runs
                        WHERE words @@ v_try AND created_at >= v_since AND created_at < v_until
                    ) SELECT id FROM rare ORDER BY created_at DESC LIMIT v_most);
            END IF;
        END IF;
    END LOOP;
    RETURN QUERY"""

WITHOUT_RUNS = UNSCORED.replace(BY_LOGIN, BY_ROLE)
WITH_RUNS = (
    WITHOUT_RUNS.replace("'artifacts')", "'artifacts', 'workflow_runs')")
    .replace("    v_artifacts uuid[] := '{}';\n", "    v_artifacts uuid[] := '{}';\n    v_runs uuid[] := '{}';\n")
    .replace("\n    END LOOP;\n    RETURN QUERY", _RUNS)
    .replace(
        "FROM artifacts a WHERE a.id = ANY (v_artifacts)\n",
        "FROM artifacts a WHERE a.id = ANY (v_artifacts)\n            UNION ALL\n"
        "            SELECT 'run', r.id::text, r.words, r.created_at FROM workflow_runs r WHERE r.id = ANY (v_runs)\n",
    )
)
