"""The database logins: one for each role, one each for workers, sweeper and web pages, made without a superuser.

Logins belong to a whole PostgreSQL server, so their names hold the database's: two organisations on one server have
their own. Passwords are made here and reach the server as SCRAM verifiers, which its log may show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from org.credentials import Credential, Folder
from org.enums import LoginKind
from org.models import CharterVersion, Login
from org.privileges import FUNCTIONS, TABLES

PROCESSES = (LoginKind.WORKER, LoginKind.SWEEPER, LoginKind.WEB)
MOST_CONNECTIONS = 60  # of an agent's login: some twenty servers of its role; fewer than PostgreSQL has for all
PATIENCE = {  # what a session begins with; it can set another, so the sweeper ends what goes on too long all the same
    LoginKind.AGENT: {"statement_timeout": "20s", "idle_in_transaction_session_timeout": "10s"},
    LoginKind.SWEEPER: {"lock_timeout": "3s"},
}
LONGEST_DATABASE = 32  # bytes; a login's name has 63, and a role's may take half of them


@dataclass(frozen=True)
class Wanted:
    """A login there should be: the name of its file, its kind, and the role of an agent's."""

    file: str
    kind: LoginKind

    @property
    def role(self) -> str | None:
        return self.file if self.kind is LoginKind.AGENT else None

    def name(self, database: str) -> str:
        return prefix(database) + self.file


def prefix(database: str) -> str:
    """How the names of a database's logins begin."""
    if len(database.encode()) <= LONGEST_DATABASE:
        return f"echo_{database}_"
    return f"echo_{hashlib.sha256(database.encode()).hexdigest()[:16]}_"


def wanted() -> list[Wanted]:
    """Every role of the charter in force, and Echo's own processes."""
    roles = CharterVersion.objects.in_force().roles
    return [
        *(Wanted(role, LoginKind.AGENT) for role in roles),
        *(Wanted(kind.value, kind) for kind in PROCESSES),
    ]


@transaction.atomic
def make(folder: Folder, *, rotate: bool = False) -> list[str]:
    """Make every login that is missing and give each what `privileges` says, no more; returns their names.

    Their files in `folder` keep their passwords, or get new ones with `rotate`. Doing it again mends whatever differs.
    Logins of roles that are no more cannot sign in any longer.
    """
    database = _one("SELECT current_database()")
    _run("SELECT 1 FROM turns WHERE name = 'logins' FOR UPDATE")
    made, new = {}, {}
    for login in wanted():
        name = login.name(database)
        held = folder.read(login.file)
        if rotate or held is None or held.name != name:
            held = new[login.file] = Credential.new(name)
        _set_password(held)
        _bound(name, login.kind)
        _grant(name, login.kind, database)
        made[name] = login
    for former in Login.objects.exclude(login__in=made):
        if former.login.startswith(prefix(database)):  # those of the database this one was copied from go on there
            _disable(former, folder)
        former.delete()
    for name, login in made.items():
        Login.objects.update_or_create(login=name, defaults={"kind": login.kind, "role": login.role})
    for file, credential in new.items():  # last, and before it counts: a run cut off here is mended by the next
        folder.write(file, credential)
    return list(made)


def are_used() -> bool:
    """Whether this database has logins of its own at all."""
    return Login.objects.exists()


def _set_password(credential: Credential) -> None:
    if not _one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", credential.name):
        _run("CREATE ROLE {} LOGIN NOINHERIT", sql.Identifier(credential.name))
    pgconn = connection.connection.pgconn
    verifier = pgconn.encrypt_password(credential.password.encode(), credential.name.encode(), b"scram-sha-256")
    _run("ALTER ROLE {} LOGIN PASSWORD {}", sql.Identifier(credential.name), sql.Literal(verifier.decode()))


def _bound(name: str, kind: LoginKind) -> None:
    """No agent keeps the others out by taking every connection there is, or by holding what they wait for."""
    most = MOST_CONNECTIONS if kind is LoginKind.AGENT else -1
    _run("ALTER ROLE {} CONNECTION LIMIT {}", sql.Identifier(name), sql.Literal(most))
    for setting, value in PATIENCE.get(kind, {}).items():
        _run("ALTER ROLE {} SET {} = {}", sql.Identifier(name), sql.Identifier(setting), sql.Literal(value))
    if kind is LoginKind.AGENT and not _one("SELECT pg_has_role(current_user, %s, 'USAGE')", name):
        _run("GRANT {} TO CURRENT_USER", sql.Identifier(name))  # who may end its sessions


def _grant(name: str, kind: LoginKind, database: str) -> None:
    login = sql.Identifier(name)
    for objects in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        _run(f"REVOKE ALL ON ALL {objects} IN SCHEMA public FROM {{}}", login)
    _run("GRANT CONNECT ON DATABASE {} TO {}", sql.Identifier(database), login)
    _run("GRANT USAGE ON SCHEMA public TO {}", login)
    for table, privilege in _privileges(kind):
        _run(f"GRANT {privilege} ON {{}} TO {{}}", sql.Identifier(table), login)
    for function, kinds in FUNCTIONS.items():
        if kind in kinds:
            _run("GRANT EXECUTE ON FUNCTION {} TO {}", sql.Identifier(function), login)
    if kind is not LoginKind.AGENT:
        for sequence in _sequences():
            _run("GRANT USAGE ON SEQUENCE {} TO {}", sql.Identifier(sequence), login)


def _privileges(kind: LoginKind) -> Iterator[tuple[str, str]]:
    for table, grants in TABLES.items():
        for privilege in grants.of(kind):
            yield table, privilege


def _sequences() -> list[str]:
    """Those that number refs; what numbers rows belongs to its column and needs no right of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename LIKE 'ref\\_%%'"
        )
        return [row[0] for row in cursor.fetchall()]


def _disable(former: Login, folder: Folder) -> None:
    if _one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", former.login):
        _run("ALTER ROLE {} NOLOGIN PASSWORD NULL", sql.Identifier(former.login))
        for objects in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            _run(f"REVOKE ALL ON ALL {objects} IN SCHEMA public FROM {{}}", sql.Identifier(former.login))
    held = folder.read(former.role or former.kind)
    if held is not None and held.name == former.login:
        folder.remove(former.role or former.kind)


def _one(query: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]


def _run(text: str, *names: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(text).format(*names))
