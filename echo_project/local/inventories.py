"""What a database holds, counted: to compare a restored one with its original."""

from __future__ import annotations

from echo_project.local.home import Home
from echo_project.local.questions import ask_postgres

SLOWEST_SECONDS = 3600.0
TABLES = r"""
select string_agg(format('select %L, count(*)::text from public.%I', 'rows of ' || relname, relname), ' union all ')
from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
"""
REST = """
select 'sequence ' || sequencename, coalesce(last_value::text, 'unused') from pg_sequences where schemaname = 'public'
union all select 'triggers', count(*)::text from pg_trigger where not tgisinternal
union all select 'functions', count(*)::text from pg_proc where pronamespace = 'public'::regnamespace
union all select 'indexes', count(*)::text from pg_indexes where schemaname = 'public'
union all select 'constraints', count(*)::text from pg_constraint
where connamespace = 'public'::regnamespace and contype <> 'n'
"""


def take(home: Home) -> dict[str, str]:
    """Rows of every public table, values of sequences, numbers of triggers, functions, indexes and constraints.

    Since PostgreSQL 18 `not null` is a constraint too; it is left out.
    """
    counts = " union all ".join(part for part in (_ask(home, TABLES), REST) if part)
    lines = _ask(home, f"select string_agg(thing || E'\\t' || n, E'\\n') from ({counts}) as counted(thing, n)")  # noqa: S608
    return dict(line.rsplit("\t", 1) for line in (lines or "").splitlines())


def differences(expected: dict[str, str], found: dict[str, str]) -> str:
    """The first few things of which the two tell differently, or nothing."""
    names = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    told = [f"{name}: {expected.get(name, 'none')} became {found.get(name, 'none')}" for name in names[:5]]
    return ", ".join(told)


def summary(found: dict[str, str]) -> str:
    """`12 tables with 3456 rows`."""
    rows = [int(number) for name, number in found.items() if name.startswith("rows of ")]
    return f"{len(rows)} tables with {sum(rows)} rows"


def _ask(home: Home, sql: str) -> str | None:
    return ask_postgres(home.postgres_socket, sql, timeout=SLOWEST_SECONDS)
