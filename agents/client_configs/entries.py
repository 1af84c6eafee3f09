"""What a client needs to start Echo's servers: an entry `echo-<role>` for each role."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import environ

from agents.client_configs.known import Client

PASSED_ON = ("DATABASE_URL", "REDIS_URL", "ECHO_ENV_FILE", "ECHO_BIND", "ECHO_PUBLIC_URL")

Entry = dict[str, Any]


def server_name(role: str) -> str:
    return f"echo-{role}"


def build(
    client: Client, roles: Sequence[str], python: str, manage: PurePath, env: Mapping[str, str]
) -> dict[str, Entry]:
    """The entries of `mcpServers`. Every path is absolute: clients start servers from anywhere."""
    entries: dict[str, Entry] = {}
    for role in roles:
        entry: Entry = {**client.extra, "command": python, "args": [str(manage), "mcp_agent", role]}
        if env:
            entry["env"] = dict(env)
        entries[server_name(role)] = entry
    return entries


def needed_env(given: Mapping[str, str], home: Path, env_file: str) -> dict[str, str]:
    """The settings of this terminal that a client would not pass on, so that both use the same Echo.

    What stands in the file `env_file` is left out: every server of Echo's reads it by itself. `home` is the folder in
    use, named when anything in the environment chose it; the platform's own default is found without help.
    """
    read = from_file(env_file)
    wanted = {name: given[name] for name in PASSED_ON if given.get(name) and given[name] != read.get(name)}
    if wanted.get("ECHO_ENV_FILE"):
        wanted["ECHO_ENV_FILE"] = str(Path(wanted["ECHO_ENV_FILE"]).absolute())
    chosen = given.get("ECHO_HOME") and given["ECHO_HOME"] != read.get("ECHO_HOME")
    if chosen or given.get("XDG_DATA_HOME"):  # the default home lies in XDG_DATA_HOME
        wanted = {"ECHO_HOME": str(home), **wanted}
    return wanted


def from_file(env_file: str) -> dict[str, str]:
    """What the file of `NAME=value` lines sets, without setting it."""

    class Reader(environ.Env):  # type: ignore[misc]
        ENVIRON: dict[str, str] = {}

    if env_file and Path(env_file).is_file():
        Reader.read_env(env_file)
    return Reader.ENVIRON


def has_password(env: Mapping[str, str]) -> bool:
    """Whether an address among the settings carries a password."""
    return any("@" in value and ":" in value.partition("://")[2].rpartition("@")[0] for value in env.values())


def add_commands(entries: Mapping[str, Entry]) -> list[str]:
    """Command lines that give the entries to Claude Code, for every project of this person.

    `--env` takes all that follows up to the next option, so it never stands last.
    """
    lines = []
    for name, entry in entries.items():
        given = [f"{key}={value}" for key, value in entry.get("env", {}).items()]
        words = ["claude", "mcp", "add", *(["--env", *given] if given else []), "--scope", "user", name]
        lines.append(shlex.join([*words, "--", entry["command"], *entry["args"]]))
    return lines


def python() -> str:
    """This Python as a client can start it, inside its virtual environment: links are kept, they say which one."""
    return str(Path(sys.executable).absolute())
