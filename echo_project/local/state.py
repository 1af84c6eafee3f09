"""What the supervisor says of itself, in `stack.json`: written whole, read by everyone who waits or asks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from echo_project.local.home import Home


class Phase(StrEnum):
    """Where the stack is between nothing and ready."""

    STARTING_POSTGRES = "starting postgres"
    STARTING_REDIS = "starting redis"
    MIGRATING = "migrating"
    STARTING_WORKERS = "starting workers"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    UPGRADING = "upgrading postgres"  # by `stack upgrade`, which holds the supervisor's lock meanwhile
    FAILED = "failed"


FINAL = (Phase.STOPPED, Phase.FAILED)


@dataclass
class State:
    """One supervisor's word. Never holds a password: `database` and `redis` name a folder or a host."""

    run: str
    pid: int
    home: str
    phase: Phase = Phase.STARTING_POSTGRES
    since: str = ""
    error: str = ""
    next_step: str = ""
    problem: str = ""  # what goes wrong while ready, such as a process that keeps ending
    database: str = ""
    redis: str = ""
    web: str = ""
    bound: str = ""  # the address and port that the pages' socket has
    note: str = ""  # where the pages are instead, when their port was taken
    processes: list[dict[str, Any]] = field(default_factory=list)  # name, pid or null, restarts
    versions: dict[str, str] = field(default_factory=dict)
    release: str = ""  # the folder this supervisor runs from
    migrations: list[str] = field(default_factory=list)
    fingerprint: str = ""


def publish(home: Home, state: State) -> None:
    """Replace the published state; on a full disk the former one stays."""
    fresh = home.state.with_name(f".{home.state.name}.new")
    try:
        fresh.write_text(json.dumps(asdict(state), indent=1))
        fresh.replace(home.state)
    except OSError:
        fresh.unlink(missing_ok=True)


def read(home: Home) -> State | None:
    """The last published state, which may be that of a supervisor long gone."""
    try:
        found = json.loads(home.state.read_text())
        known = {each.name for each in fields(State)}
        state = State(**{name: value for name, value in found.items() if name in known})
        state.phase = Phase(state.phase)
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None
    return state


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
