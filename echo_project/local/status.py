"""What the stack is and does, for a person and for a program. Looks only; starts nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from echo_project.local import clients, dumps, lifetime, places, state, swaps, upgrades
from echo_project.local.addresses import describe_database, describe_redis
from echo_project.local.command_lines import manage
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.state import Phase, State
from echo_project.local.upgrades import Step


@dataclass(frozen=True)
class Status:
    """`running` says whether a supervisor lives; `said` is its last word, which may be older than its death."""

    home: Home
    running: bool
    clients: bool
    due: bool
    database: str
    redis: str
    free_bytes: int
    backups: int
    said: State | None
    kept: list[Path]
    upgrade: Step | None

    @classmethod
    def look(cls, home: Home, database_url: str = "", redis_url: str = "", postgres_bin: str = "") -> Status:
        """The status now. Without a running stack the servers are those that a start would use."""
        running = clients.is_running(home)
        said = state.read(home)
        attached = clients.has_clients(home)
        return cls(
            home=home,
            running=running,
            clients=attached,
            due=running and not attached and lifetime.anything_due(home, database_url)(),
            database=said.database if running and said else describe_database(home, database_url),
            redis=said.redis if running and said else describe_redis(home, redis_url),
            free_bytes=places.free_bytes(home.root),
            backups=len(dumps.finished(home)),
            said=said,
            kept=swaps.kept(home),
            upgrade=None if database_url else _upgrade(home, postgres_bin),
        )

    @property
    def phase(self) -> str:
        """One word for a person: the supervisor's phase, or why there is none."""
        if self.running:
            return self.said.phase.value if self.said else "starting"
        if self.said is None:
            return "never started"
        return self.said.phase.value if self.said.phase in state.FINAL else "was killed"

    def as_json(self) -> dict[str, Any]:
        """Keys that scripts may rely on."""
        said = self.said
        return {
            "home": str(self.home.root),
            "running": self.running,
            "phase": self.phase,
            "clients": self.clients,
            "database": self.database,
            "redis": self.redis,
            "web": said.web if said and self.running else "",
            "note": said.note if said and self.running else "",
            "problem": said.problem if said and self.running else "",
            "error": said.error if said and not self.running else "",
            "next_step": said.next_step if said and not self.running else "",
            "logs": str(self.home.logs),
            "free_bytes": self.free_bytes,
            "backups": self.backups,
            "former_data": [str(folder) for folder in self.kept],
            "upgrade": asdict(self.upgrade) if self.upgrade else None,
            "supervisor": asdict(said) if said and self.running else None,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text, in the order a person wants them."""
        said = self.said if self.running else None
        found = [("Stack", self._headline()), ("Database", self.database), ("Redis", self.redis)]
        if said and said.web:
            found.append(("Web", said.web))
        if said and said.note:
            found.append(("Note", said.note))
        if said and said.problem:
            found.append(("Problem", said.problem))
        if not self.running and self.said and self.said.phase is Phase.FAILED:
            found.append(("Error", f"{self.said.error} {self.said.next_step}".strip()))
        if said:
            found.append(("Clients", self._clients()))
            found.append(("Versions", ", ".join(f"{name} {number}" for name, number in said.versions.items())))
            found.append(("Release", said.release))
        found.append(("Home", f"{self.home.root} ({self.free_bytes / 2**30:.1f} GB free, dumps: {self.backups})"))
        found += [("Former data", f"{folder}, of before an upgrade; may be deleted") for folder in self.kept]
        if self.upgrade:
            found.append(("Upgrade", f"`{manage('stack upgrade')}` would move the data from PostgreSQL {self.upgrade}"))
        found.append(("Logs", str(self.home.logs)))
        return found

    def _clients(self) -> str:
        if self.clients:
            return "attached"
        if self.due:
            return "none; it stays up for what waits for the board or is under way"
        return "none; it goes down by itself shortly"

    def _headline(self) -> str:
        if not self.running or self.said is None:
            return self.phase if self.running else f"not running ({self.phase})"
        return f"{self.phase} for {duration(self.said.since)}"


def _upgrade(home: Home, postgres_bin: str) -> Step | None:
    try:
        return upgrades.possible(home, postgres_bin)
    except StackError:
        return None  # a start says why


def duration(since: str) -> str:
    """The time since an ISO timestamp, roughly: `12 s`, `5 min`, `3 h`, `2 days`."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    except ValueError:
        return "an unknown time"
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
