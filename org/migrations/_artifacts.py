"""What artifacts are found by, and `recall` that finds them too."""

WORDS = r"""
CREATE SEQUENCE ref_f;

-- What a role made is found by: A what it is called, B what it is for, C what it says.
CREATE FUNCTION artifact_words(p_kind text, p_name text, p_feature text, p_release text, p_content jsonb)
    RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(searchable(p_name), 'A') || setweight(searchable(p_kind), 'B')
        || setweight(searchable(p_feature), 'B') || setweight(searchable(p_release), 'B')
        || setweight(searchable(texts_of(p_content)), 'C');
REVOKE EXECUTE ON FUNCTION artifact_words(text, text, text, text, jsonb) FROM PUBLIC;
"""

DROP_WORDS = """
DROP FUNCTION artifact_words(text, text, text, text, jsonb);
DROP SEQUENCE ref_f;
"""

RECALL = r"""
-- How often words occur, as a part of all records, by PostgreSQL's own statistics; 0 for rare ones.
CREATE OR REPLACE FUNCTION word_frequencies(p_words text[]) RETURNS TABLE (word text, frequency real)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT asked, coalesce(max(known.frequency), 0)
    FROM unnest(p_words) AS asked LEFT JOIN (
        SELECT common.word, common.frequency
        FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS common (word, frequency)
        WHERE schemaname = 'public' AND tablename IN ('memories', 'decisions', 'messages', 'artifacts')
            AND attname = 'words'
    ) AS known ON known.word = asked
    GROUP BY asked
$$;

-- What who asks may read and is found by these words, the best first: kind, the record's own id, its score and moment.
-- Without words, the newest first. `p_tags` and `p_prefix` ask for memories only.
--
-- A word counts for more the rarer it is, the more often and the more prominently it stands, and the shorter the record
-- is (as in Robertson's BM25). Weighed are the newest that hold the rarest word, two of the rarest four with one of the
-- rarest two among them, or all words; where these are few, the next rarest too. What is rare is found by the index of
-- words, what is common among the newest: either way few records are looked at, however many there are.
CREATE OR REPLACE FUNCTION recall(p_role text, p_query text, p_kinds text[], p_tags text[], p_prefix text,
                       p_since timestamptz, p_until timestamptz, p_skip int, p_most int)
    RETURNS TABLE (kind text, record text, score real, moment timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    c_newest CONSTANT int := 50;  -- of what one try finds are weighed
    c_common CONSTANT real := 0.01;  -- of all records: from here on a try looks among the newest
    c_looked_at CONSTANT int := 2500;
    v_role text := acting_role(p_role);
    v_since timestamptz := coalesce(p_since, '-infinity');
    v_until timestamptz := coalesce(p_until, 'infinity');
    v_words tsquery[];
    v_weights real[];
    v_often real[];
    v_tries tsquery[];
    v_shares real[];
    v_try tsquery;
    v_share real;
    v_is_common boolean;
    v_most int := c_newest;
    v_look int := c_looked_at;
    v_memories uuid[] := '{}';
    v_decisions uuid[] := '{}';
    v_messages bigint[] := '{}';
    v_artifacts uuid[] := '{}';
BEGIN
    IF p_query <> '' THEN
        SELECT array_agg(w.query ORDER BY w.frequency, w.query), array_agg(w.weight ORDER BY w.frequency, w.query),
               array_agg(w.frequency ORDER BY w.frequency, w.query)
        INTO v_words, v_weights, v_often
        FROM (
            SELECT ('''' || replace(replace(f.word, '\', '\\'), '''', '''''') || '''')::tsquery AS query, f.frequency,
                   ln(1 + 1 / (f.frequency + 0.0005))::real AS weight
            FROM word_frequencies(tsvector_to_array(searchable(p_query))) AS f
            ORDER BY f.frequency, f.word LIMIT 8
        ) AS w;
        IF v_words IS NULL THEN
            RETURN;  -- nothing but words that say nothing
        END IF;
        v_tries := v_words[1:1];
        v_shares := v_often[1:1];
        IF cardinality(v_words) > 1 THEN
            v_share := 0;
            FOR a IN 1 .. 2 LOOP
                FOR b IN a + 1 .. least(cardinality(v_words), 4) LOOP
                    v_try := coalesce(v_try || (v_words[a] && v_words[b]), v_words[a] && v_words[b]);
                    v_share := v_share + v_often[a] * v_often[b];
                END LOOP;
            END LOOP;
            v_tries := v_tries || v_try;
            v_shares := v_shares || v_share;
        END IF;
        IF cardinality(v_words) > 2 THEN
            v_try := v_words[1];
            v_share := v_often[1];
            FOR n IN 2 .. cardinality(v_words) LOOP
                v_try := v_try && v_words[n];
                v_share := v_share * v_often[n];
            END LOOP;
            v_tries := v_tries || v_try;
            v_shares := v_shares || v_share;
        END IF;
        v_tries := v_tries || v_words[2:3];
        v_shares := v_shares || v_often[2:3];
    ELSE
        v_tries := ARRAY[NULL::tsquery];
        v_shares := ARRAY[1::real];
        v_most := p_skip + p_most;
        v_look := v_most;
    END IF;
    FOR n IN 1 .. cardinality(v_tries) LOOP
        v_try := v_tries[n];
        v_is_common := v_shares[n] >= c_common;
        IF 'memory' = ANY (p_kinds) AND (n <= 3 OR cardinality(v_memories) < c_newest) THEN
            IF v_is_common THEN
                v_memories := v_memories || ARRAY(
                    SELECT id FROM (
                        SELECT id, words FROM memories
                        WHERE (p_tags = '{}' OR tags @> p_tags) AND (p_prefix = '' OR folded LIKE p_prefix)
                            AND updated_at >= v_since AND updated_at < v_until
                        ORDER BY updated_at DESC LIMIT v_look
                    ) AS newest WHERE v_try IS NULL OR words @@ v_try LIMIT v_most);
            ELSE
                v_memories := v_memories || ARRAY(
                    WITH rare AS MATERIALIZED (
                        SELECT id, updated_at FROM memories
                        WHERE words @@ v_try
                            AND (p_tags = '{}' OR tags @> p_tags) AND (p_prefix = '' OR folded LIKE p_prefix)
                            AND updated_at >= v_since AND updated_at < v_until
                    ) SELECT id FROM rare ORDER BY updated_at DESC LIMIT v_most);
            END IF;
        END IF;
        CONTINUE WHEN p_tags <> '{}' OR p_prefix <> '';
        IF 'decision' = ANY (p_kinds) AND (n <= 3 OR cardinality(v_decisions) < c_newest) THEN
            IF v_is_common THEN
                v_decisions := v_decisions || ARRAY(
                    SELECT id FROM (
                        SELECT id, words FROM decisions
                        WHERE created_at >= v_since AND created_at < v_until AND (NOT confidential
                            OR v_role IS NULL OR may_read(initiator_role, awaiting_role, participants))
                        ORDER BY created_at DESC LIMIT v_look
                    ) AS newest WHERE v_try IS NULL OR words @@ v_try LIMIT v_most);
            ELSE
                v_decisions := v_decisions || ARRAY(
                    WITH rare AS MATERIALIZED (
                        SELECT id, created_at FROM decisions
                        WHERE words @@ v_try AND created_at >= v_since AND created_at < v_until AND (NOT confidential
                            OR v_role IS NULL OR may_read(initiator_role, awaiting_role, participants))
                    ) SELECT id FROM rare ORDER BY created_at DESC LIMIT v_most);
            END IF;
        END IF;
        IF 'message' = ANY (p_kinds) AND (n <= 3 OR cardinality(v_messages) < c_newest) THEN
            IF v_is_common THEN
                v_messages := v_messages || ARRAY(
                    SELECT id FROM (
                        SELECT id, words FROM messages
                        WHERE to_role = v_role AND created_at >= v_since AND created_at < v_until
                        ORDER BY created_at DESC LIMIT v_look
                    ) AS newest WHERE v_try IS NULL OR words @@ v_try LIMIT v_most
                ) || ARRAY(
                    SELECT id FROM (
                        SELECT id, words FROM messages
                        WHERE from_role = v_role AND created_at >= v_since AND created_at < v_until
                        ORDER BY created_at DESC LIMIT v_look
                    ) AS newest WHERE v_try IS NULL OR words @@ v_try LIMIT v_most);
            ELSE
                v_messages := v_messages || ARRAY(
                    WITH rare AS MATERIALIZED (
                        SELECT id, created_at, to_role, from_role FROM messages WHERE words @@ v_try
                    ) SELECT id FROM rare
                    WHERE (to_role = v_role OR from_role = v_role) AND created_at >= v_since AND created_at < v_until
                    ORDER BY created_at DESC LIMIT 2 * v_most);
            END IF;
        END IF;
        IF 'artifact' = ANY (p_kinds) AND (n <= 3 OR cardinality(v_artifacts) < c_newest) THEN
            IF v_is_common THEN
                v_artifacts := v_artifacts || ARRAY(
                    SELECT id FROM (
                        SELECT id, words FROM artifacts WHERE made_at >= v_since AND made_at < v_until
                        ORDER BY made_at DESC LIMIT v_look
                    ) AS newest WHERE v_try IS NULL OR words @@ v_try LIMIT v_most);
            ELSE
                v_artifacts := v_artifacts || ARRAY(
                    WITH rare AS MATERIALIZED (
                        SELECT id, made_at FROM artifacts
                        WHERE words @@ v_try AND made_at >= v_since AND made_at < v_until
                    ) SELECT id FROM rare ORDER BY made_at DESC LIMIT v_most);
            END IF;
        END IF;
    END LOOP;
    RETURN QUERY
        SELECT found.kind, found.record, CASE WHEN p_query = '' THEN 0 ELSE (
                SELECT sum(weight * ts_rank('{0.1, 0.4, 0.7, 1.0}', found.words, word, 1))
                FROM unnest(v_words, v_weights) AS asked (word, weight)
            ) END::real AS points, found.moment
        FROM (
            SELECT 'memory', m.id::text, m.words, m.updated_at FROM memories m WHERE m.id = ANY (v_memories)
            UNION ALL
            SELECT 'decision', d.id::text, d.words, d.created_at FROM decisions d WHERE d.id = ANY (v_decisions)
            UNION ALL  -- one of the deliveries of a message
            (SELECT DISTINCT ON (number) 'message', s.id::text, s.words, s.created_at FROM messages s
             WHERE s.id = ANY (v_messages) ORDER BY number, s.id)
            UNION ALL
            SELECT 'artifact', a.id::text, a.words, a.made_at FROM artifacts a WHERE a.id = ANY (v_artifacts)
        ) AS found (kind, record, words, moment)
        ORDER BY points DESC, found.moment DESC, found.record OFFSET p_skip LIMIT p_most;
END $$;
"""

# A call may hold a mebibyte of test results or code, and what its JSON adds.
ROOM = """
DO $$ BEGIN
    EXECUTE replace(pg_get_functiondef('store_call'::regproc), '> 1000000', '> 1200000');
END $$;
"""

LESS_ROOM = ROOM.replace("'> 1000000', '> 1200000'", "'> 1200000', '> 1000000'")
