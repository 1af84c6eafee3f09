"""Whether the database knows each process by a login of its own, with the rights it should have and no more."""

from __future__ import annotations

import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from django.db import connection

from org import logins
from org.credentials import Folder
from org.logins import Wanted
from org.models import Login
from org.privileges import FUNCTIONS, TABLES

MAKE = "`manage.py logins make` mends it."


class Level(StrEnum):
    """`warning`: works, with less protection than could be."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what mends it where that is needed."""

    about: str
    level: Level
    says: str
    fix: str = ""


def examine(folder: Folder) -> list[Finding]:
    """Everything about identity in the database in use, asked as its owner."""
    if not logins.are_used():
        says = "Level 1: one login serves every process, so one that is taken over can write every table."
        return [Finding("logins", Level.WARNING, says, "`manage.py logins make` makes one for each.")]
    return [*_held(folder), *_there(), *_powers(), *_rights(), *_files(folder), *_signing_in(folder)]


def _held(folder: Folder) -> Iterator[Finding]:
    held = folder.held()
    if len(held) > 1:
        count = f"{len(held)} of their {len(logins.wanted())}"
        says = f"Level 2: a login for each; this account of the machine can read {count} files, and be any of those."
    else:
        says = "Level 3: a login for each, and no account of this machine has more than its own."
    yield Finding("logins", Level.FINE, says)


def _there() -> Iterator[Finding]:
    known = set(Login.objects.values_list("login", flat=True))
    for login in _wanted():
        if login not in known:
            yield Finding("logins", Level.FAULT, f"There is no login {login}.", MAKE)


def _wanted() -> dict[str, Wanted]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        database = cursor.fetchone()[0]
    return {login.name(database): login for login in logins.wanted()}


def _powers() -> Iterator[Finding]:
    """What would put a login above every grant and policy."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.login, r.rolcanlogin,
                array_remove(ARRAY[CASE WHEN rolsuper THEN 'is a superuser' END,
                    CASE WHEN rolbypassrls THEN 'bypasses row-level security' END,
                    CASE WHEN rolcreaterole THEN 'makes roles' END,
                    CASE WHEN EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) THEN 'owns tables' END,
                    CASE WHEN EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) THEN 'has another role' END
                ], NULL)
            FROM logins l LEFT JOIN pg_roles r ON r.rolname = l.login ORDER BY l.login
            """
        )
        for login, may_sign_in, powers in cursor.fetchall():
            if powers:
                fix = f"As an administrator of PostgreSQL take that from it, or DROP ROLE it; then {MAKE}"
                yield Finding("powers", Level.FAULT, f"{login} {' and '.join(powers)}.", fix)
            elif not may_sign_in:
                yield Finding("powers", Level.FAULT, f"{login} cannot sign in.", MAKE)


def _rights() -> Iterator[Finding]:
    """Where a login's grants are not what `privileges` says."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.rolname, c.relname, a.privilege_type
            FROM pg_class c CROSS JOIN aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
            WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace
            UNION ALL
            SELECT r.rolname, p.proname, a.privilege_type
            FROM pg_proc p CROSS JOIN aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
            WHERE p.pronamespace = 'public'::regnamespace
            """
        )
        for login, thing, privilege in cursor.fetchall():
            found[login].add((thing, privilege))
    for login, wanted in _wanted().items():
        due = {(table, word) for table, grants in TABLES.items() for word in grants.of(wanted.kind) if "(" not in word}
        due |= {(function, "EXECUTE") for function, kinds in FUNCTIONS.items() if wanted.kind in kinds}
        for word, things in (("lacks", due - found[login]), ("has", found[login] - due)):
            if things:
                told = ", ".join(f"{privilege} on {thing}" for thing, privilege in sorted(things)[:3])
                more = f" and {len(things) - 3} more" if len(things) > 3 else ""
                yield Finding("rights", Level.FAULT, f"{login} {word} {told}{more}.", MAKE)


def _files(folder: Folder) -> Iterator[Finding]:
    if not folder.path.is_dir():
        says = f"There is no folder {folder.path}, so no process here has a login of its own."
        yield Finding("files", Level.FAULT, says, f"{MAKE} Or set ECHO_CREDENTIALS to where they are.")
        return
    for path in (folder.path, *sorted(folder.path.iterdir())):
        wanted = 0o700 if path.is_dir() else 0o600
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~wanted:
            yield Finding(
                "files", Level.FAULT, f"{path} can be read by others: its mode is {mode:o}.", f"chmod {wanted:o} {path}"
            )


def _signing_in(folder: Folder) -> Iterator[Finding]:
    """Whether each password that is held is the one PostgreSQL knows."""
    params = connection.get_connection_params()
    where = {name: params[name] for name in ("dbname", "host", "port") if params.get(name)}
    refused = []
    for login in folder.held():
        held = folder.read(login)
        if held is None:
            continue
        try:
            psycopg.connect(**where, user=held.name, password=held.password, connect_timeout=3).close()
        except psycopg.OperationalError:
            refused.append(login)
    if refused:
        yield Finding("passwords", Level.FAULT, f"PostgreSQL refuses the files of {', '.join(refused)}.", MAKE)
    else:
        yield Finding("passwords", Level.FINE, "PostgreSQL lets each login in whose file is here.")
