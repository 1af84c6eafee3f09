"""Where one Echo keeps everything of its own: `ECHO_HOME`. Paths and addresses only; nothing here starts or writes."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

LONGEST_SOCKET_PATH = 103  # bytes; macOS allows the fewest
POSTGRES_SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_NAME = f"{POSTGRES_SOCKET}.lock"  # the longest name a server makes in the socket folder


def default_home() -> Path:
    """The platform's user data folder; for root on Linux a folder the database's own account can enter."""
    if sys.platform == "linux" and os.geteuid() == 0:
        return Path("/var/lib/echo")
    import platformdirs  # 40 ms, and most processes are told their home

    return Path(platformdirs.user_data_dir("echo", appauthor=False))


NAMES = (
    *(
        "echo_home",
        "postgres",
        "postgres.upgrade",
        "postgres.next",
        "valkey",
        "software",
        "logs",
        "backups",
        "run",
        "secret_key",
        "stack.json",
        "release.json",
    ),
    *("supervisor.lock", "clients.lock", "start.lock", "pg.lock", "valkey.lock", "postgres.conf", "valkey.conf"),
    *("credentials", "audit", "pg_hba.conf", "pg_ident.conf"),
)


@dataclass(frozen=True)
class Home:
    """One `ECHO_HOME` folder and what lies where in it."""

    root: Path
    names = frozenset(NAMES)  # everything Echo itself puts into the folder

    @classmethod
    def named(cls, name: str = "") -> Home:
        """The home called `name` (the value of `ECHO_HOME`); empty: the default one.

        Links are resolved, so that two spellings of one folder are one home with one socket folder.
        """
        return cls((Path(name).expanduser() if name else default_home()).resolve())

    @property
    def marker(self) -> Path:
        """Says that the folder is an Echo home; without it `stack reset` deletes nothing."""
        return self.root / "echo_home"

    @property
    def postgres_data(self) -> Path:
        return self.root / "postgres"

    @property
    def postgres_settings(self) -> Path:
        """Outside the data folder: root must not write where the servers' account could have laid a link."""
        return self.root / "postgres.conf"

    @property
    def upgrade(self) -> Path:
        """A home within the home, where an upgrade makes the next data folder."""
        return self.root / "postgres.upgrade"

    @property
    def postgres_next(self) -> Path:
        """A whole data folder that only waits for its place: there during an upgrade's last instant."""
        return self.root / "postgres.next"

    def former_data(self, major: int | str = "*", until: str = "*") -> Path:
        """The data folder that an upgrade set aside; with stars, the pattern of all such."""
        return self.root / f"postgres-{major}-until-{until}"

    @property
    def valkey_settings(self) -> Path:
        return self.root / "valkey.conf"

    @property
    def valkey_data(self) -> Path:
        return self.root / "valkey"

    @property
    def software(self) -> Path:
        """Hard links to the servers' programs, where root's account for servers cannot reach the wheels."""
        return self.root / "software"

    @property
    def agents_socket(self) -> Path:
        """Where servers of roles are forked from a process that has everything imported."""
        return self.sockets / "agents.sock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def sockets(self) -> Path:
        """Folder of the servers' sockets: inside the home, or a short one where its path would be too long.

        PostgreSQL's clients also take a comma for the end of a name. Not `tempfile.gettempdir()`: clients of one stack
        may have different `TMPDIR`s.
        """
        inside = self.root / "run"
        if len(os.fsencode(inside / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH and "," not in str(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path("/tmp") / f"echo-{digest}"  # noqa: S108  `Account.own` refuses one that somebody else has made

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / POSTGRES_SOCKET

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret_key"

    @property
    def credentials(self) -> Path:
        """One file for each database login."""
        return self.root / "credentials"

    @property
    def postgres_access(self) -> Path:
        """Who may connect, and how they prove who they are; outside the data folder, as `postgres_settings`."""
        return self.root / "pg_hba.conf"

    @property
    def postgres_owners(self) -> Path:
        """Which accounts of this machine are the database's owner."""
        return self.root / "pg_ident.conf"

    @property
    def audit(self) -> Path:
        """The key that signs the audit's checkpoints, and the checkpoints, outside the database."""
        return self.root / "audit"

    @property
    def state(self) -> Path:
        """What the supervisor last said of itself, as JSON; believe it only while `supervisor_lock` is held."""
        return self.root / "stack.json"

    @property
    def release(self) -> Path:
        """Which Echo last brought this home's schema up to date, as JSON."""
        return self.root / "release.json"

    @property
    def supervisor_lock(self) -> Path:
        return self.root / "supervisor.lock"

    @property
    def clients_lock(self) -> Path:
        """Held shared by every process that needs the stack."""
        return self.root / "clients.lock"

    @property
    def start_lock(self) -> Path:
        """Held by the client that is just starting a supervisor, so that nine at once start one."""
        return self.root / "start.lock"

    @property
    def postgres_lock(self) -> Path:
        """Held by the postmaster and every process it forks: free means that none of them lives."""
        return self.root / "pg.lock"

    @property
    def valkey_lock(self) -> Path:
        return self.root / "valkey.lock"

    @property
    def database_url(self) -> str:
        return f"postgresql://echo@/echo?host={quote(str(self.sockets))}"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.valkey_socket))}?db=0"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


@dataclass(frozen=True)
class SecludedHome(Home):
    """The same home with a door that no client knows: what is dumped there does not change meanwhile."""

    @property
    def sockets(self) -> Path:
        return Home(self.upgrade).sockets
