"""Servers forked from a process that has everything imported, as the embedded stack has them: tests that start dozens
of clients need not import the MCP SDK dozens of times. A client whose settings differ serves itself, as anywhere.
"""

from __future__ import annotations

from pathlib import Path

from tests.stack import HOME, Organisation, Process, Servers, wait_until


class WarmStart:
    """A forkserver for organisations that come one after another, on a database and a Redis database of fixed names."""

    def __init__(self, servers: Servers, name: str, redis_database: int) -> None:
        from echo_project.local import places
        from echo_project.local.home import Home

        self.database = f"echo_{name}"
        self.redis_url = servers.redis_url(redis_database)
        self.home = Home(HOME / name)
        places.make(self.home)
        places.furnish(self.home, None)
        self.home.sockets.mkdir(mode=0o700, exist_ok=True)
        (self.home.root / "credentials").symlink_to(servers.home.root / "credentials")
        self._forkserver: Process | None = None

    def serve(self, organisation: Organisation) -> None:
        """Have the organisation's clients served quickly from here on."""
        if self._forkserver is not None and self._forkserver.process.poll() is None and self._socket.exists():
            return
        self.stop()
        started = self._forkserver = Process("forkserver", ["manage.py", "forkserver"], organisation.env)
        wait_until(lambda: self._socket.exists() or started.process.poll() is not None, 30, "a forkserver")
        assert started.process.poll() is None, started.output()

    def stop(self) -> None:
        if self._forkserver is not None:
            self._forkserver.stop()

    @property
    def _socket(self) -> Path:
        return self.home.agents_socket
