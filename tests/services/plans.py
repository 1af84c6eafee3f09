"""What statements read, as PostgreSQL counts it: also within its functions, whose statements no EXPLAIN shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

LARGE = ("messages", "decisions", "memories")
COUNTED = """
    SELECT relname, seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
    WHERE relname = ANY (%s)
"""


@dataclass
class Seen:
    """How many statements there were, how many rows of the large tables all read, and each that read a table whole."""

    statements: int = 0
    rows: int = 0
    whole: list[str] = field(default_factory=list)


@contextmanager
def watched(tables: Sequence[str] = LARGE) -> Iterator[Seen]:
    """Look at each statement of the block: what it read of these tables, and its plan."""
    seen = Seen()

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        database = context["connection"].connection  # past this wrapper
        before = _counted(database, tables)
        result = execute(sql, params, many, context)
        after = _counted(database, tables)
        seen.statements += 1
        for table, (scans, rows) in after.items():
            scanned_before, rows_before = before.get(table, (0, 0))
            seen.rows += rows - rows_before
            if scans > scanned_before:
                plan = "\n".join(line for (line,) in database.execute(f"EXPLAIN {sql}", params).fetchall())
                seen.whole.append(f"{table} is read whole by {sql}\n{plan}")
        return result

    with connection.execute_wrapper(look):
        yield seen


def _counted(database: Any, tables: Sequence[str]) -> dict[str, tuple[int, int]]:
    return {table: (scans, rows) for table, scans, rows in database.execute(COUNTED, [list(tables)]).fetchall()}
