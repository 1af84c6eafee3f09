"""The process that keeps Echo running on this machine: `python -m echo_project.local.supervisor [--home FOLDER]`.

It starts the servers, prepares the schema, then keeps every process alive, and ends when nobody needs it any more.
It imports neither Django nor a driver, because it is always there. All children are made in its main thread: Linux
ties their leashes to the thread that made them.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import sys
import time
import traceback
import uuid
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from echo_project.local import binaries, lifetime, logs, places, plans, ports, state, swaps
from echo_project.local.accounts import Account, server_account
from echo_project.local.addresses import describe_database, describe_redis, require_database
from echo_project.local.children import Child
from echo_project.local.environment import Settings
from echo_project.local.errors import StackError
from echo_project.local.keepers import Keeper
from echo_project.local.locks import FileLock
from echo_project.local.logs import say
from echo_project.local.nightly import Nightly
from echo_project.local.plans import Plan, Process
from echo_project.local.postgres import PostgresServer
from echo_project.local.preparation import Preparation
from echo_project.local.releases import Release
from echo_project.local.servers import Server
from echo_project.local.state import Phase, State
from echo_project.local.valkey import ValkeyServer

TICK_SECONDS = 0.5
JUMP_SECONDS = 10.0  # a longer tick: the machine slept, or this process was stopped
TRIM_SECONDS = 60.0
CONSUMER_SECONDS = 20.0  # a worker that has not begun by then has a problem that must not hide the rest
ORDERLY_SECONDS = 10.0  # for worker, sweeper and web to finish what they hold
PROBE_SECONDS = 0.3  # clients that only look hold the lock for an instant


class Supervisor:
    """One run, from the first server to the last."""

    def __init__(self, settings: Settings, plan: Plan, *, fsync: bool = True, forever: bool = False) -> None:
        self.settings = settings
        self.home = settings.home
        self.plan = plan
        self.fsync = fsync
        self.forever = forever
        self.release = Release.at()
        self.stopping = False
        self.listener: socket.socket | None = None
        self.servers: list[Server] = []
        self.keepers: list[Keeper] = []
        self.postgres: PostgresServer | None = None
        self.valkey: ValkeyServer | None = None
        self.nightly: Nightly | None = None
        self.env = {**os.environ, "ECHO_HOME": str(self.home.root), "PYTHONUNBUFFERED": "1"}
        self.state = State(
            run=uuid.uuid4().hex,
            pid=os.getpid(),
            home=str(self.home.root),
            database=describe_database(self.home, settings.database_url),
            redis=describe_redis(self.home, settings.redis_url),
            versions={"python": ".".join(map(str, sys.version_info[:3]))},
            release=self.release.path,
            migrations=sorted(self.release.migrations),
            fingerprint=self.release.fingerprint,
        )
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop

    def run(self) -> int:
        """Run until asked to stop or no longer needed; 0 also when another supervisor has this home."""
        try:
            places.make(self.home)
        except StackError as error:
            say(str(error))
            return 1
        lock = FileLock(self.home.supervisor_lock)
        if not lock.acquire(timeout=PROBE_SECONDS):
            return 0
        due = lifetime.anything_due(self.home, self.settings.database_url)
        life = lifetime.Lifetime(self.home, self.settings.grace, due)
        try:
            self._enter(Phase.STARTING_POSTGRES)
            self._start()
            self._watch(life)
            self._enter(Phase.STOPPING)
            life.close()
            self._stop()
            self._enter(Phase.STOPPED)
        except Exception as error:
            life.close()
            self._fail(error)
            return 1
        return 0

    def go_on(self) -> bool:
        return not self.stopping

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def _enter(self, phase: Phase) -> None:
        self.state.phase = phase
        self.state.since = state.now()
        self._publish()
        say(phase.value)

    def _publish(self) -> None:
        self.state.processes = [keeper.shown() for keeper in self.keepers]
        state.publish(self.home, self.state)

    def _fail(self, error: Exception) -> None:
        with suppress(Exception):
            self._stop()
        if isinstance(error, StackError):
            self.state.error, self.state.next_step = error.sentence, error.next_step
        else:
            traceback.print_exc()
            self.state.error = f"The stack could not be started: {error}"
            self.state.next_step = f"Read {self.home.log('supervisor')}."
        self._enter(Phase.FAILED)
        say(f"{self.state.error} {self.state.next_step}")

    # --- Starting -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        settings = self.settings
        if settings.production and not (settings.database_url and settings.redis_url):
            raise StackError(
                "ECHO_ENV=production never starts a database of its own.",
                "Set DATABASE_URL and REDIS_URL to your servers, or unset ECHO_ENV.",
            )
        places.check(self.home)
        account: Account | None = None
        if not (settings.database_url and settings.redis_url):
            account = server_account()
        places.furnish(self.home, account)
        preparation = Preparation(self.home, self.plan, self.release, self.env, self.go_on)
        preparation.refuse_if_older()
        for log in self.home.logs.glob("*.log"):
            if log != self.home.log("supervisor"):  # open already: it is this process's output
                logs.begin(log)
        if account is not None:
            self._start_servers(account)
        if any(process.listens for process in self.plan.processes):
            self._listen()
        if self.go_on() and self.plan.steps:
            self._enter(Phase.MIGRATING)
            require_database(settings.database_url)
            preparation.run(self.postgres.programs if self.postgres else None)
        if self.go_on():
            self._enter(Phase.STARTING_WORKERS)
            self._start_processes()
        if self.go_on():
            self._enter(Phase.READY)
            self._keep([process for process in self.plan.processes if process.later])

    def _start_servers(self, account: Account) -> None:
        """Start both before waiting for either."""
        settings = self.settings
        if not settings.redis_url:
            program = binaries.find_valkey(self.home, account, settings.valkey_bin)
            self.valkey = ValkeyServer(self.home, account, program)
            self._start_server(self.valkey)
        if not settings.database_url:
            swaps.finish(self.home)
            programs = binaries.find_postgres(self.home, account, settings.postgres_bin)
            self.postgres = PostgresServer(self.home, account, programs, fsync=self.fsync)
            self.state.versions["postgres"] = programs.version
            self._start_server(self.postgres)
            self.postgres.wait_ready(self.go_on)
            if self.go_on():
                self.postgres.create_database()
        if self.valkey is not None and self.go_on():
            self._enter(Phase.STARTING_REDIS)
            self.valkey.wait_ready(self.go_on)
            if self.go_on():
                self.state.versions["valkey"] = self.valkey.version()
        for server in self.servers:
            self.keepers.append(Keeper(server.name, server.restart, server.health, server.child))

    def _start_server(self, server: Server) -> None:
        self.servers.append(server)
        server.start()

    def _listen(self) -> None:
        self.listener = ports.listen(self.settings.bind)
        bound = ports.address(self.listener)
        self.env["ECHO_BIND"] = self.state.bound = bound
        self.state.web = self.settings.public_url or f"http://{bound}"
        self.state.note = ports.moved(self.settings.bind, self.listener)

    def _start_processes(self) -> None:
        begun = time.monotonic()
        self._keep([process for process in self.plan.processes if not process.later])
        if self.valkey is None or not any(process.consumes for process in self.plan.processes):
            return
        while self.go_on() and time.monotonic() - begun < CONSUMER_SECONDS and not self.valkey.has_consumers():
            self._tend(jumped=False)
            if any(keeper.restarts > 1 for keeper in self.keepers):
                break  # it keeps ending: say so while the rest works
            time.sleep(0.05)

    def _keep(self, processes: Sequence[Process]) -> None:
        for process in processes:
            keeper = Keeper(process.name, partial(self._spawn, process))
            keeper.start(time.monotonic())
            self.keepers.append(keeper)
        self._publish()

    def _spawn(self, process: Process) -> Child:
        web = self.listener.fileno() if self.listener is not None and process.listens else None
        arguments = process.filled(threads=str(self.settings.threads), web=str(web))
        return Child(
            [sys.executable, *arguments],
            log=self.home.log(process.name),
            env=self.env,
            cwd=Path(self.release.path),
            pass_fds=() if web is None else (web,),
        )

    # --- Watching -------------------------------------------------------------------------------------------------

    def _watch(self, life: lifetime.Lifetime) -> None:
        last = trimmed = time.monotonic()
        if self.postgres is not None and self.fsync:  # a throw-away home wants no dumps
            self.nightly = Nightly(self.home, self.postgres.programs, last)
        while self.go_on():
            select.select([self._woken], [], [], TICK_SECONDS)
            with suppress(BlockingIOError):
                self._woken.recv(4096)
            now = time.monotonic()
            jumped, last = now - last > JUMP_SECONDS, now
            self._tend(jumped=jumped)
            if now - trimmed > TRIM_SECONDS:
                trimmed = now
                with suppress(OSError):
                    logs.shorten(self.home.logs)
            if self.nightly is not None and self.nightly.tick(now):
                continue  # it goes down when the dump is made
            if not self.forever and life.is_over(time.monotonic(), jumped=jumped):
                say("the last client has gone and nothing is due")
                return

    def _tend(self, *, jumped: bool) -> None:
        before = [keeper.shown() for keeper in self.keepers], self.state.problem
        for keeper in self.keepers:
            keeper.tick(time.monotonic(), jumped=jumped)
        self.state.problem = " ".join(keeper.problem for keeper in self.keepers if keeper.problem)
        if before != ([keeper.shown() for keeper in self.keepers], self.state.problem):
            self._publish()
            say(self.state.problem or "every process runs")

    # --- Stopping -------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Worker, sweeper and web together first, since they use the servers; then Valkey; PostgreSQL last."""
        if self.nightly is not None:
            self.nightly.close()
        names = {server.name for server in self.servers}
        children = [keeper.child for keeper in self.keepers if keeper.child and keeper.name not in names]
        for child in children:
            child.send(signal.SIGTERM)
        until = time.monotonic() + ORDERLY_SECONDS
        for child in children:
            child.wait(max(0.0, until - time.monotonic()))
            child.kill()
        for server in self.servers:
            server.stop()
        self.keepers.clear()


def main() -> int:
    parser = argparse.ArgumentParser(description="Keep Echo's servers and processes running.")
    parser.add_argument("--home", default="", help="the folder, in place of ECHO_HOME")
    parser.add_argument("--plan", default="echo_project.local.plans:EVERYTHING", help="what to run, as module:NAME")
    parser.add_argument("--no-fsync", action="store_true", help="for a throw-away home: faster, lost in a power cut")
    parser.add_argument("--forever", action="store_true", help="stay without clients; for systemd and launchd")
    chosen = parser.parse_args()
    settings = Settings.read(chosen.home)
    plan = plans.named(chosen.plan)
    return Supervisor(settings, plan, fsync=not chosen.no_fsync, forever=chosen.forever).run()


if __name__ == "__main__":
    sys.exit(main())
