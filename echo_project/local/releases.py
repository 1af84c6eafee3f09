"""Which Echo this is, by the migrations it knows; who may work on whose data follows from that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from echo_project.local.errors import StackError
from echo_project.local.home import Home

HERE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Release:
    """One checkout or installation of Echo: its folder and its migrations, such as `org.0001_initial`."""

    path: str
    migrations: frozenset[str]

    @classmethod
    def at(cls, folder: Path = HERE) -> Release:
        files = folder.glob("*/migrations/[0-9]*.py")
        return cls(str(folder), frozenset(f"{file.parent.parent.name}.{file.stem}" for file in files))

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256("\n".join(sorted(self.migrations)).encode()).hexdigest()[:16]

    def is_newer_than(self, migrations: frozenset[str]) -> bool:
        """Whether this release has all those migrations, and more."""
        return self.migrations > migrations

    def require(self, path: str, migrations: frozenset[str]) -> None:
        """Refuse to work on data that another release has brought further than this one knows."""
        unknown = migrations - self.migrations
        if unknown:
            raise StackError(
                f"The data was last used by the Echo in {path}, which has migrations that the one in {self.path} "
                f"does not know ({', '.join(sorted(unknown)[:3])}).",
                f"Start the one in {path}, update this one, or give this one an ECHO_HOME of its own.",
            )


@dataclass(frozen=True)
class Prepared:
    """What `release.json` records: which release last prepared the database, and by what."""

    path: str
    migrations: frozenset[str]
    key: str


def read_prepared(home: Home) -> Prepared | None:
    try:
        found = json.loads(home.release.read_text())
        return Prepared(found["path"], frozenset(found["migrations"]), found["key"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_prepared(home: Home, prepared: Prepared) -> None:
    fresh = home.release.with_name(f".{home.release.name}.new")
    content = {"path": prepared.path, "migrations": sorted(prepared.migrations), "key": prepared.key}
    fresh.write_text(json.dumps(content, indent=1))
    fresh.replace(home.release)
