"""Whether a process that was started earlier may serve in place of a new one: same code, same Python, same settings."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from echo_project.configuration import BASE_DIR, read_environment

PACKAGES = ("org", "agents", "tasks", "echo_project")
CODE = (".py", ".toml")
NOT_A_SERVERS = frozenset(  # settings of the stack, which do not change what a role's server does
    {"ECHO_HOME", "ECHO_ENV_FILE", "ECHO_BIND", "ECHO_BOARD_MEMBER", "ECHO_WORKER_THREADS", "ECHO_GRACE_SECONDS"}
    | {"ECHO_POSTGRES_BIN", "ECHO_VALKEY_BIN", "ECHO_ALLOWED_HOSTS"}
)


def identity() -> str:
    """A digest of this process's settings, its Python and the code as it lies on the disk now."""
    settings = {name: value for name, value in read_environment().items() if name not in NOT_A_SERVERS}
    settings["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    parts = (sys.prefix, sys.version, repr(sorted(settings.items())), *packages(), *code())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def identity_at_start() -> str:
    """As it was at the first call."""
    return identity()


def packages() -> list[str]:
    """The installed packages with their versions, as their folders are called."""
    return sorted(folder.name for folder in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def code() -> Iterator[str]:
    """Every file of Echo's code with its size and time of change."""
    for package in PACKAGES:
        for folder, folders, files in os.walk(BASE_DIR / package):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(files):
                if name.endswith(CODE):
                    found = (Path(folder) / name).stat()
                    yield f"{folder}/{name} {found.st_size} {found.st_mtime_ns}"
