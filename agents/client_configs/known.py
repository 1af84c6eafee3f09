"""The clients Echo knows: where each keeps its configuration, and what it wants in an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLINE = Path("saoudrizwan.claude-dev") / "settings" / "cline_mcp_settings.json"


@dataclass(frozen=True)
class Machine:
    """What decides where a client's file lies. `platform` is `sys.platform`'s word."""

    platform: str
    home: Path
    folder: Path  # the current one, for what belongs to a project
    environ: Mapping[str, str]

    @property
    def settings(self) -> Path:
        """Where applications built on Electron keep their settings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environ.get("APPDATA") or self.home / "AppData" / "Roaming")
        return Path(self.environ.get("XDG_CONFIG_HOME") or self.home / ".config")


@dataclass(frozen=True)
class Client:
    """One MCP client. `extra` is what its entries hold beside `command`, `args` and `env`."""

    name: str
    title: str
    path: Callable[[Machine], Path]
    reload: str  # what a person does so that the client reads its file again
    extra: Mapping[str, Any] = field(default_factory=dict)
    of_project: bool = False  # its file lies in the folder it is started in


def _claude_desktop(machine: Machine) -> Path:
    """On Windows the packaged application sees a folder of its own in place of the one in `APPDATA`."""
    name = "claude_desktop_config.json"
    if machine.platform == "win32":
        local = Path(machine.environ.get("LOCALAPPDATA") or machine.home / "AppData" / "Local")
        packages = sorted(local.glob("Packages/Claude_*/LocalCache/Roaming/Claude"))
        if packages:
            return next((folder for folder in packages if (folder / name).exists()), packages[0]) / name
    return machine.settings / "Claude" / name


def _cline(machine: Machine) -> Path:
    """Where Cline is installed, else where VS Code on this machine would have it."""
    storages = [
        machine.settings / "Code" / "User" / "globalStorage",
        machine.home / ".vscode-server" / "data" / "User" / "globalStorage",  # VS Code on a remote machine or WSL
    ]
    return next((storage for storage in storages if (storage / CLINE.parts[0]).exists()), storages[0]) / CLINE


CLIENTS: tuple[Client, ...] = (
    Client("claude-desktop", "Claude Desktop", _claude_desktop, "Quit Claude Desktop and start it again"),
    Client(
        "claude-code",
        "Claude Code",
        lambda machine: machine.folder / ".mcp.json",
        "Start `claude` in {folder} and allow the servers",
        {"type": "stdio"},
        of_project=True,
    ),
    Client(
        "cursor",
        "Cursor",
        lambda machine: machine.home / ".cursor" / "mcp.json",
        "Switch the servers on in Cursor's settings, under MCP",
    ),
    Client(
        "cline", "Cline", _cline, "Cline notices by itself; see that its MCP servers are green", {"disabled": False}
    ),
)
NAMES = tuple(client.name for client in CLIENTS)


def named(name: str) -> Client:
    """The client called `name`. KeyError: none is."""
    return {client.name: client for client in CLIENTS}[name]
