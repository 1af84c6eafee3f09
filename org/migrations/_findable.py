"""Words are found whatever invisible character somebody set between their letters."""

from __future__ import annotations

# Soft hyphens, joiners, zero-width spaces and the like, as in `org.names`; beyond U+E0000 tags and selectors.
INVISIBLE = (
    r"[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164"
    r"\uFE00-\uFE0F\uFEFF\uFFA0\uFFFC\U000E0001-\U000E01EF]"
)

_READ = r"to_tsvector('english', translate({}, '/_\@', '    '))"
_FUNCTION = """
CREATE OR REPLACE FUNCTION searchable(p_text text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN {};
"""
_TEXT = "left(coalesce(p_text, ''), 100000)"

PLAIN = _FUNCTION.format(_READ.format(_TEXT))

# Some of these characters stand between words, some within one: a text that has any is read both ways.
_WITHIN, _BETWEEN = (_READ.format(f"regexp_replace({_TEXT}, '{INVISIBLE}', '{by}', 'g')") for by in ("", " "))
_BOTH = f"""CASE WHEN p_text ~ '{INVISIBLE}'
        THEN {_WITHIN}
            || {_BETWEEN}
        ELSE {_READ.format(_TEXT)} END"""
FINDABLE = f"""
-- How a text is read into words: by English stems, which other languages' words pass through the same way each time. A
-- path or a name of two parts is read as its parts; what holds invisible characters as if they were not there and as if
-- they parted words. No more of it than a call may hold.
{_FUNCTION.format(_BOTH).strip()}
"""

# A column that is made of others is made anew where it is dropped and added: no row is updated, and what its triggers
# keep stays as it was. (PostgreSQL 17 could set the expression again; those before it cannot.)
MADE_ANEW = """
DO $$
DECLARE
    v_kept record;
BEGIN
    FOR v_kept IN
        SELECT a.attrelid::regclass AS of_table, pg_get_expr(d.adbin, d.adrelid) AS expression,
               pg_get_indexdef(i.indexrelid) AS index
        FROM pg_attribute a
        JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        JOIN pg_index i ON i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey)
        JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attname = 'words' AND a.attgenerated = 's' AND c.relnamespace = current_schema()::regnamespace
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %s DROP COLUMN words', v_kept.of_table);
        EXECUTE format('ALTER TABLE %s ADD COLUMN words tsvector GENERATED ALWAYS AS (%s) STORED',
                       v_kept.of_table, v_kept.expression);
        EXECUTE v_kept.index;
    END LOOP;
END $$;
"""
