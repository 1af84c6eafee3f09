"""`manage.py board_member`: the first member of the board, and a member's password."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from org.clock import database_clock
from org.errors import NOTHING_DONE, OrgError, Refused
from org.models import BOARD_GROUP, Member
from org.services import members


class Command(BaseCommand):
    help = "The board's members: make the first one, set a password, list them. A password is never an argument."
    requires_system_checks = ()  # a step of every start; the pages are checked where they are served

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_mutually_exclusive_group(required=True)
        verbs.add_argument("--ensure", action="store_true", help="make a first member if the board has none")
        verbs.add_argument("--set-password", action="store_true", help="ask for a new password, twice")
        verbs.add_argument("--new-password", action="store_true", help="make a strong password and show it here")
        verbs.add_argument("--list", action="store_true", dest="show", help="show the members")
        parser.add_argument("--name", default="", help="the member's user name; not needed where there is one member")
        parser.add_argument(
            "--password-stdin", action="store_true", help="with --set-password: read it as one line from stdin"
        )

    def handle(self, *_: object, **given: Any) -> None:
        name: str = given["name"]
        if given["password_stdin"] and not given["set_password"]:
            raise CommandError(f"--password-stdin belongs to --set-password. {NOTHING_DONE} Give both, or neither.")
        try:
            if given["ensure"]:  # a step of the stack's own start, which therefore does not wait for the stack
                self.ensure(name)
                return
            import_string(settings.ECHO_ATTACH)()()
            if given["set_password"]:
                self.set_password(name, from_stdin=given["password_stdin"])
            elif given["new_password"]:
                self.new_password(name)
            else:
                self.show()
        except OrgError as error:
            raise CommandError(str(error)) from error

    def ensure(self, name: str) -> None:
        wanted = name or settings.BOARD_MEMBER or _os_user()
        try:
            member, made = members.ensure_first(wanted=wanted, fallback="" if name else "owner", clock=database_clock)
        except Refused as refusal:  # somebody deactivated this person on purpose, and a start goes on without
            self.stdout.write(str(refusal))
            return
        if not made:
            names = Member.board.on_the_board().order_by("username").values_list("username", flat=True)
            count = "one active member" if len(names) == 1 else f"{len(names)} active members"
            self.stdout.write(f"The board has {count}: {', '.join(names)}.")
            return
        hint = "" if member.has_usable_password() else "; set a password with `manage.py board_member --set-password`"
        self.stdout.write(f"{member.username} is the board's first member{hint}.")

    def set_password(self, name: str, *, from_stdin: bool) -> None:
        member = members.named(name)
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        elif sys.stdin.isatty():
            password = getpass.getpass(f"New password for {member.username}: ")
            if getpass.getpass("The same again: ") != password:
                raise CommandError(f"The two differ. {NOTHING_DONE} Run it again.")
        else:
            raise CommandError(
                f"There is no terminal to ask on. {NOTHING_DONE} Send the password as one line with --password-stdin."
            )
        members.set_password(member=member, password=password, clock=database_clock)
        self.stdout.write(f"The password of {member.username} is set.")

    def new_password(self, name: str) -> None:
        if not self.stdout.isatty():
            raise CommandError(f"A password is shown on a terminal only. {NOTHING_DONE} Use --set-password here.")
        member = members.named(name)
        self.stdout.write(f"{member.username}  {members.make_password(member=member, clock=database_clock)}")

    def show(self) -> None:
        board = Member.objects.filter(groups__name=BOARD_GROUP).order_by("username")
        if not board:
            self.stdout.write("The board has no members; `manage.py board_member --ensure` makes the first.")
        for member in board:
            facts = [
                "active" if member.is_active else "deactivated",
                "manages members" if member.is_superuser else "",
                "" if member.has_usable_password() else "no password yet",
                f"last signed in {member.last_login:%Y-%m-%d %H:%M} UTC" if member.last_login else "never signed in",
            ]
            self.stdout.write(f"{member.username}: {', '.join(fact for fact in facts if fact)}")


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "owner"
