"""`manage.py stack status|stop|logs|psql|upgrade|reset`: looking after the embedded stack."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from echo_project.local import binaries, clients, logs, resets, running, screens, upgrades
from echo_project.local.accounts import server_account
from echo_project.local.addresses import describe_database
from echo_project.local.environment import Settings
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.status import Status


class Command(BaseCommand):
    help = "Look after the embedded stack: PostgreSQL, Valkey, worker, sweeper and web."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        status = verbs.add_parser("status", help="what runs, and which database is in use")
        status.add_argument("--json", action="store_true", dest="as_json", help="for programs, with keys that stay")
        verbs.add_parser("stop", help="end the stack in order, also for clients that are attached")
        shown = verbs.add_parser("logs", help="the newest lines of the logs, in the order of their times")
        shown.add_argument("name", nargs="?", default="", help="one process, such as worker; otherwise all")
        shown.add_argument("-f", "--follow", action="store_true", help="go on with what is written, until Ctrl-C")
        shown.add_argument("-n", "--lines", type=int, default=30, help="how many lines of each log; default: 30")
        prompt = "a PostgreSQL prompt on the database in use"
        psql = verbs.add_parser("psql", help=prompt, prefix_chars="\0", add_help=False)  # all that follows is psql's
        psql.add_argument("arguments", nargs="*")
        verbs.add_parser("upgrade", help="move the embedded data to the newest installed PostgreSQL")
        reset = verbs.add_parser("reset", help="delete for good everything this Echo has stored on this machine")
        reset.add_argument("--yes", action="store_true", help="without asking")

    def handle(self, *_: object, verb: str, **chosen: Any) -> None:
        try:
            getattr(self, verb)(**{name: chosen[name] for name in TAKES[verb]})
        except StackError as error:
            raise CommandError(str(error)) from error

    def status(self, as_json: bool) -> None:
        chosen = Settings.read(str(settings.HOME.root))
        found = Status.look(settings.HOME, settings.DATABASE_URL, settings.REDIS_URL, chosen.postgres_bin)
        if as_json:
            self.stdout.write(json.dumps(found.as_json(), indent=2))
        else:
            screens.show_status(screens.console(sys.stdout), found)

    def stop(self) -> None:
        stopped = clients.stop(settings.HOME)
        self.stdout.write("Echo is down." if stopped else "Echo was not running.")
        if attached := running.attached_agents(settings.HOME):
            who, whom = (
                ("1 client, such as an MCP server, is", "it")
                if attached == 1
                else (f"{attached} clients, such as MCP servers, are", "them")
            )
            self.stdout.write(
                f"{who} still attached and told so at each call; `make run` or restarting {whom} brings Echo back."
            )

    def logs(self, name: str, follow: bool, lines: int) -> None:
        paths = [settings.HOME.log(name)] if name else sorted(settings.HOME.logs.glob("*.log"))
        if not any(path.exists() for path in paths):
            known = ", ".join(sorted(path.stem for path in settings.HOME.logs.glob("*.log"))) or "none yet"
            raise CommandError(f"There is no such log in {settings.HOME.logs} (there: {known}).")
        for path, line in logs.by_time(paths, lines):
            self._write_line(path, line, named=not name)
        if follow:
            self._follow(paths, named=not name)

    def _follow(self, paths: list[Path], *, named: bool) -> None:
        places = {path: path.stat().st_size if path.exists() else 0 for path in paths}
        try:
            while True:
                time.sleep(0.3)
                for path in paths:
                    size = path.stat().st_size if path.exists() else 0
                    if size < places[path]:  # a new run began, or the log was cut
                        places[path] = 0
                    if size > places[path]:
                        with path.open("rb") as log:
                            log.seek(places[path])
                            new = log.read(size - places[path])
                        places[path] = size
                        for line in new.decode(errors="replace").splitlines():
                            self._write_line(path, line, named=named)
        except KeyboardInterrupt:
            return

    def _write_line(self, path: Path, line: str, *, named: bool) -> None:
        self.stdout.write(f"{path.stem:<12} {line}" if named else line)

    def psql(self, arguments: list[str]) -> None:
        """Becomes `psql`. The password, if there is one, goes by the environment, where `ps` does not show it."""
        if not settings.DATABASE_URL and not clients.is_running(settings.HOME):
            raise StackError(
                "The embedded stack does not run, so there is no database to talk to.",
                "Start it with `make run` in another terminal, then try again.",
            )
        found = Settings.read(str(settings.HOME.root))
        env = dict(os.environ)
        account = server_account()
        program = binaries.find_postgres(settings.HOME, account, found.postgres_bin).program("psql")
        if settings.DATABASE_URL:
            from psycopg.conninfo import conninfo_to_dict

            for key, value in conninfo_to_dict(settings.DATABASE_URL).items():
                env[VARIABLES.get(key, f"PG{key.upper()}")] = str(value)
        else:
            env |= {"PGHOST": str(settings.HOME.sockets), "PGUSER": "echo", "PGDATABASE": "echo"}
        self.stdout.flush()
        os.execve(program, [str(program), *arguments], env)  # noqa: S606  no shell is the point

    def upgrade(self) -> None:
        if settings.DATABASE_URL:
            used = describe_database(settings.HOME, settings.DATABASE_URL)
            self.stdout.write(f"The database in use is {used}, which is yours: there is nothing to upgrade.")
            return
        chosen = Settings.read(str(settings.HOME.root))
        upgrades.upgrade(settings.HOME, chosen.postgres_bin, self._say)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def reset(self, yes: bool) -> None:
        home = settings.HOME
        resets.check(home)
        self.stdout.write(resets.warning(home))
        if not yes:
            if not sys.stdin.isatty():
                raise CommandError("Nothing was deleted: without a terminal to ask on, `stack reset` wants --yes.")
            if not self._is_meant(home):
                raise CommandError("Nothing was deleted.")
        resets.reset(home)
        self.stdout.write(f"{home.root} is gone. `make run` begins anew.")

    def _is_meant(self, home: Home) -> bool:
        try:
            answer = input(f"Type the folder's name, {home.root.name}, to delete it: ")
        except EOFError:
            return False
        return answer.strip() in (home.root.name, str(home.root))


TAKES = {
    "status": ("as_json",),
    "stop": (),
    "logs": ("name", "follow", "lines"),
    "psql": ("arguments",),
    "upgrade": (),
    "reset": ("yes",),
}
VARIABLES = {
    "dbname": "PGDATABASE",
    "hostaddr": "PGHOSTADDR",
    "sslmode": "PGSSLMODE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
