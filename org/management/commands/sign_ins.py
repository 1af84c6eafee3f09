"""`manage.py sign_ins`: the names and addresses locked after wrong passwords or codes, shown and released."""

from __future__ import annotations

from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from org.clock import database_clock
from org.errors import NOTHING_DONE
from org.services import sign_ins


class Command(BaseCommand):
    help = "Names and addresses locked after five wrong passwords or codes: list them, release them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_mutually_exclusive_group(required=True)
        verbs.add_argument("--list", action="store_true", dest="show", help="show what is locked now")
        verbs.add_argument("--release", metavar="NAME", default="", help="forget the failures under a user name")
        verbs.add_argument("--release-address", metavar="ADDRESS", default="", help="forget those from an address")

    def handle(self, *_: object, **given: Any) -> None:
        import_string(settings.ECHO_ATTACH)()()
        if given["show"]:
            self.show()
            return
        name, address = given["release"], given["release_address"]
        if address:
            try:
                ip_address(address)
            except ValueError:
                raise CommandError(
                    f"{address!r} is no IP address. {NOTHING_DONE} Take one that `--list` shows."
                ) from None
        forgotten = sign_ins.release(name=name, address=address, clock=database_clock)
        what = f"{forgotten} failure{'' if forgotten == 1 else 's'}" if forgotten else "No failures"
        self.stdout.write(f"{what} of {name or address} forgotten.")

    def show(self) -> None:
        found = sign_ins.locks(database_clock())
        for lock in found:
            self.stdout.write(
                f"{lock.by} {lock.value!r}: {lock.failures} failures, opens at {lock.ends_at:%Y-%m-%d %H:%M} UTC"
            )
        if not found:
            self.stdout.write("Nothing is locked.")
