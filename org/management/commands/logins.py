"""`manage.py logins`: a database login for each role and each of Echo's processes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from django.utils.module_loading import import_string

from org import logins
from org.credentials import Folder

VERBS = {
    "make": "make what is missing, mend what differs; passwords stay",
    "rotate": "the same, with a new password for each; running processes find it at their next connection",
    "begin": "make, where the embedded stack starts or logins are used already",
}


class Command(BaseCommand):
    help = "Database logins: one for each role, one each for workers, sweeper and web pages, by the owner's login."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for verb, explains in VERBS.items():
            verbs.add_parser(verb, help=explains)

    def handle(self, *_: Any, verb: str, **__: Any) -> None:
        if verb == "begin":  # a step of the stack's own start, which therefore does not wait for the stack
            if not settings.EMBEDDED_POSTGRES and not logins.are_used():
                self.stdout.write("One login serves every process; `manage.py logins make` makes one for each.")
                return
        else:
            import_string(settings.ECHO_ATTACH)()()
        folder = Folder.configured()
        try:
            names = logins.make(folder, rotate=verb == "rotate")
        except ProgrammingError as error:
            raise CommandError(
                f"PostgreSQL refused: {str(error).splitlines()[0]}. Nothing was changed. DATABASE_URL has to name the "
                "owner of Echo's tables, which needs CREATEROLE: ALTER ROLE owner CREATEROLE, by an administrator."
            ) from error
        self.stdout.write(f"{len(names)} logins have their rights; their passwords are in {folder.path}.")
