"""As whom a process connects to PostgreSQL: its login's file in the folder of credentials, `name:password`.

A process has one login, or holds several and says each time which of them it acts as. Where there is no file of any
login, every process connects as `DATABASE_URL` says: a database with one login for all.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)

SINGLE = (
    "There is no %s: this process uses the login that DATABASE_URL names. `manage.py logins make` makes one for each."
)


@dataclass(frozen=True)
class Credential:
    """The name and password of a database login."""

    name: str
    password: str

    @classmethod
    def new(cls, name: str) -> Credential:
        return cls(name, secrets.token_urlsafe(32))


@dataclass(frozen=True)
class Folder:
    """One file a login, which its own account alone can read: `ceo`, `worker`, `web`, …"""

    path: Path

    @classmethod
    def configured(cls) -> Folder:
        return cls(settings.CREDENTIALS)

    def read(self, login: str) -> Credential | None:
        """The credential of a login; None where this process has no such file, or may not read it."""
        try:
            name, _, password = (self.path / login).read_text().strip().partition(":")
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        return Credential(name, password)

    def serves_one_login(self) -> bool:
        """Whether there are no files here and none were asked for, so that every process has the same login."""
        return not settings.CREDENTIALS_REQUIRED and not self.held()

    def missing(self, login: str) -> str:
        """What to say and do where a login's file is not here, or cannot be read, though it should be."""
        return (
            f"There is no credential of {login} in {self.path} that this process can read. "
            "`manage.py logins make` makes what is missing; ECHO_CREDENTIALS says where they are."
        )

    def write(self, login: str, credential: Credential) -> None:
        """Whole or not at all, and never readable by others, not for an instant."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.path / f".{login}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{credential.name}:{credential.password}\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path / login)

    def remove(self, login: str) -> None:
        (self.path / login).unlink(missing_ok=True)

    def held(self) -> list[str]:
        """The logins whose files this process can read."""
        if not self.path.is_dir():
            return []
        names = sorted(file.name for file in self.path.iterdir() if not file.name.startswith("."))
        return [name for name in names if self.read(name)]


class AsLogin:
    """The connection string of a login, read anew for each connection, so that a new password is found at once."""

    def __init__(self, login: str, otherwise: Credential, level: int) -> None:
        self._login = login
        self._otherwise = otherwise
        self._level = level
        self._told = False

    def __call__(self) -> str:
        from psycopg import OperationalError  # a server of a role imports it after its start
        from psycopg.conninfo import make_conninfo

        folder = Folder.configured()
        found = folder.read(self._login)
        if found is None and not folder.serves_one_login():
            raise OperationalError(folder.missing(self._login))
        if found is None and not self._told:
            self._told = True
            logger.log(self._level, SINGLE, folder.path / self._login)
        as_whom = found or self._otherwise
        return make_conninfo(user=as_whom.name or None, password=as_whom.password or None)


_strings: dict[str, AsLogin] = {}  # of a process that holds several logins
_acting: ContextVar[str] = ContextVar("acting")


def use(login: str, *, quietly: bool = False) -> None:
    """Connect as `login` from now on; called before a process connects at all.

    `quietly`: where one login serves every process, this one does not warn of it.
    """
    given, level = _give_up_configured(), logging.INFO if quietly else logging.WARNING
    connections.settings["default"]["OPTIONS"]["pool"]["conninfo"] = AsLogin(login, given, level)


def hold(logins: Iterable[str]) -> None:
    """Connect from now on as whichever of these logins `acting_as` says, and as nobody without it."""
    given = _give_up_configured()
    _strings.update({login: AsLogin(login, given, logging.INFO) for login in logins})


@contextmanager
def acting_as(login: str) -> Iterator[None]:
    """Connect as this login meanwhile, in threads started for it too; of no effect where there is only one."""
    token = _acting.set(login)
    try:
        yield
    finally:
        _acting.reset(token)


def acting() -> tuple[str, AsLogin] | None:
    """The login that is acted as and its connection string; None in a process that has only one.

    Raises LookupError in one that holds several, where none of them is acted as.
    """
    return (_acting.get(), _strings[_acting.get()]) if _strings else None


def _give_up_configured() -> Credential:
    configured: dict[str, Any] = connections.settings["default"]
    given = Credential(configured["USER"], configured["PASSWORD"])
    configured["USER"] = configured["PASSWORD"] = ""
    return given
