"""Being a client of the stack: while an `Attachment` is open the stack stays up, and comes back if it was killed.

Imported by every MCP server before it answers its first line, so nothing heavy is imported here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from echo_project.local import places, running, state
from echo_project.local.addresses import describe_database, describe_redis
from echo_project.local.command_lines import manage
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.locks import FileLock, is_held
from echo_project.local.releases import Release
from echo_project.local.running import has_clients, is_running, stop
from echo_project.local.state import FINAL, Phase, State

if TYPE_CHECKING:
    import subprocess

STARTING_POLL_SECONDS = 0.02
READY_POLL_SECONDS = 1.0
FAILED_PAUSE_SECONDS = 15.0
TOO_MANY_CONNECTIONS = "53300"
SPAWNS = 3  # supervisors that may end without a word before we give up
EVERYTHING = "echo_project.local.plans:EVERYTHING"

__all__ = ["Attachment", "Progress", "attach", "has_clients", "is_running", "stop"]

Progress = Callable[[State], None]


def attach(
    home: Home,
    *,
    database_url: str = "",
    redis_url: str = "",
    start: bool = True,
    foreground: bool = False,
    wait: bool = True,
    timeout: float = 90.0,
    on_progress: Progress | None = None,
    plan: str = EVERYTHING,
    fsync: bool = True,
    release: Release | None = None,
) -> Attachment:
    """Need the stack from now on, starting it where none runs (unless `start` is false) and waiting until it is ready.

    With both `database_url` and `redis_url` the servers and workers are somebody else's care and nothing is started,
    unless `foreground`: the person at the terminal wants worker, sweeper and web here. `on_progress` is called from
    another thread at each new state. Raises `StackError`. With `wait=False` it returns at once; see `wait_ready`.
    """
    attachment = Attachment(home, database_url, redis_url, start, on_progress, plan, fsync, release or Release.at())
    if database_url and redis_url and not foreground:
        attachment._settle(None)
        return attachment
    attachment._open()
    if wait:
        try:
            attachment.wait_ready(timeout)
        except BaseException:
            attachment.close()
            raise
    return attachment


class Attachment:
    """One process's need of the stack, until `close` or the process's end. Safe to use from any thread."""

    def __init__(
        self,
        home: Home,
        database_url: str,
        redis_url: str,
        start: bool,
        on_progress: Progress | None,
        plan: str,
        fsync: bool,
        release: Release,
    ) -> None:
        self.home = home
        self.release = release
        self._database_url = database_url
        self._redis_url = redis_url
        self._start = start
        self._on_progress = on_progress
        self._plan = plan
        self._fsync = fsync
        self._clients = FileLock(home.clients_lock)
        self._settled = threading.Event()
        self._closing = threading.Event()
        self._error: StackError | None = None
        self._state: State | None = None
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._spawned = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state(self) -> State | None:
        """What the supervisor last said; nothing before it spoke, and where none is needed."""
        return self._state

    @property
    def error(self) -> StackError | None:
        """Why the stack is not there, once that is known."""
        return self._error

    @property
    def is_ready(self) -> bool:
        return self._settled.is_set() and self._error is None

    @property
    def was_stopped(self) -> bool:
        """Whether somebody stopped the stack on purpose, or does so now: by itself it stays while a client needs it."""
        if self._thread is None or not self.is_ready:
            return False
        current = state.read(self.home)
        return current is None or current.phase in (Phase.STOPPING, Phase.STOPPED)  # `stack reset` leaves no state

    def wait_ready(self, timeout: float = 90.0) -> State | None:
        """Wait until the stack is ready; raises `StackError` where it cannot be, or is not within `timeout` seconds."""
        if not self._settled.wait(timeout):
            phase = self._state.phase.value if self._state else "nothing was heard of it"
            raise StackError(
                f"The stack is not ready after {timeout:.0f} s ({phase}).",
                f"Wait and try again, or read the logs in {self.home.logs}.",
            )
        if self._error is not None:
            raise self._error
        return self._state

    def close(self) -> None:
        """Need the stack no longer. It goes down by itself when nobody else needs it either."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)
        self._clients.close()

    # --- the thread that sees to it -------------------------------------------------------------------------------

    def _open(self) -> None:
        self._thread = threading.Thread(target=self._keep, name="echo-stack", daemon=True)
        self._thread.start()

    def _settle(self, error: StackError | None) -> None:
        self._error = error
        self._settled.set()

    def _keep(self) -> None:
        """Bring the stack up, then look once a second whether it was killed, and bring it up again."""
        former = ""
        joined = False
        pause = 0.0
        while not self._closing.wait(pause):
            pause = STARTING_POLL_SECONDS
            try:
                if not joined:
                    places.make(self.home)
                    joined = self._clients.acquire(shared=True)  # a stack that is going down keeps us out
                    former = self._last_run()
                    pause = 0.0 if joined else STARTING_POLL_SECONDS
                elif self._look(former):
                    self._settle(None)
                    self._spawned = 0
                    pause = READY_POLL_SECONDS
            except (StackError, OSError) as error:
                self._settle(error if isinstance(error, StackError) else _unusable(self.home, error))
                former = self._last_run()
                self._spawned = 0
                pause = FAILED_PAUSE_SECONDS  # a person may have freed the disk meanwhile

    def _last_run(self) -> str:
        last = state.read(self.home)
        return last.run if last else ""

    def _look(self, former: str) -> bool:
        """Whether the stack is ready. If none runs it is started; raises `StackError` if that cannot be.

        `former` is the run whose state was there before we came: its last words are not about our start.
        """
        if is_held(self.home.supervisor_lock):
            current = state.read(self.home)
            if current is None or (current.phase in FINAL and current.run == former):
                return False  # it has just begun
            self._note(current)
            if current.phase in (Phase.STOPPING, *FINAL):
                return False  # it will let go of the lock, and then we see
            self._require_same_servers(current)
            if not self._settled.is_set() and self._takes_over(current):
                stop(self.home)
                return False
            return current.phase is Phase.READY and (self._settled.is_set() or self._database_answers())
        current = state.read(self.home)
        if current is not None and current.run != former and current.phase is Phase.FAILED:
            self._note(current)
            raise StackError(current.error, current.next_step)
        if self.is_ready and (current is None or current.phase is Phase.STOPPED):  # `stack reset` leaves no state
            if current is not None:
                self._note(current)
            return True  # somebody stopped it on purpose; it is not for us to start it against their will
        if not self._start:
            raise StackError(f"No stack runs in {self.home.root}.", "Start it with `make run`.")
        self._spawn_one()
        return False

    def _database_answers(self) -> bool:
        """Whether what the supervisor said is still so: it may have been killed an instant ago."""
        if self._database_url:
            return True
        from echo_project.local.questions import Refusal, ask_postgres

        try:
            ask_postgres(self.home.postgres_socket, "select 1")
        except Refusal as refusal:
            return refusal.code == TOO_MANY_CONNECTIONS
        except OSError:
            return False
        return True

    def _note(self, current: State) -> None:
        changed = current != self._state
        self._state = current
        if changed and self._on_progress is not None:
            self._on_progress(current)

    def _require_same_servers(self, current: State) -> None:
        """Work stored in one database is not done by workers on another."""
        for kind, ours, theirs in (
            ("database", describe_database(self.home, self._database_url), current.database),
            ("Redis", describe_redis(self.home, self._redis_url), current.redis),
        ):
            if ours != theirs:
                raise StackError(
                    f"The stack in {self.home.root} uses the {kind} {theirs}, and this process was given {ours}.",
                    f"Give both the same settings, or stop the running one with `{manage('stack stop')}`.",
                )

    def _takes_over(self, current: State) -> bool:
        """Whether our release is newer than the running one, which then makes room; an older one is refused."""
        migrations = frozenset(current.migrations)
        self.release.require(current.release, migrations)
        return self.release.is_newer_than(migrations)

    def _spawn_one(self) -> None:
        """Start a supervisor, if no other client is just doing so."""
        if self._child is not None and self._child.poll() is None:
            return
        starting = FileLock(self.home.start_lock)
        if not starting.acquire():
            return
        try:
            if is_held(self.home.supervisor_lock):
                return
            if self._spawned >= SPAWNS:
                raise StackError("The stack ended while it started.", f"Read {self.home.log('supervisor')}.")
            self._spawned += 1
            self._child = running.spawn(self.home, self._database_url, self._redis_url, self._plan, fsync=self._fsync)
            until = time.monotonic() + 5
            while self._child.poll() is None and time.monotonic() < until and not is_held(self.home.supervisor_lock):
                time.sleep(STARTING_POLL_SECONDS)
        finally:
            starting.close()


def _unusable(home: Home, error: OSError) -> StackError:
    return StackError(f"The stack cannot be reached: {error}.", f"See whether {home.root} can be read and written.")
