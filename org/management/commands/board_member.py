"""`manage.py board_member`: the first member of the board, and a member's password."""

from __future__ import annotations

import getpass
import os
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from org import audit
from org.actors import Actor
from org.clock import database_clock
from org.models import BOARD_GROUP, Member

TIMER = "board_member"  # the cause the audit names: no call and no signed-in person
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that are mistaken for another
GROUPS, GROUP_LENGTH = 5, 4  # 20 letters of 32: 100 bits


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
            raise CommandError("--password-stdin belongs to --set-password.")
        if given["ensure"]:
            self.ensure(name)
        elif given["set_password"]:
            self.set_password(name, from_stdin=given["password_stdin"])
        elif given["new_password"]:
            self.new_password(name)
        else:
            self.show()

    @transaction.atomic
    def ensure(self, name: str) -> None:
        """Starts of several processes at once make one member: the group's row is locked first."""
        group = Group.objects.select_for_update().get(name=BOARD_GROUP)
        names = Member.board.on_the_board().order_by("username").values_list("username", flat=True)
        if names:
            self.stdout.write(f"The board has {_count(len(names))}: {', '.join(names)}.")
            return
        wanted = name or os.environ.get("ECHO_BOARD_MEMBER", "") or _os_user()
        try:
            Member._meta.get_field("username").run_validators(wanted)
        except ValidationError as error:
            if name:
                raise CommandError(f"{name!r} cannot be a user name. {' '.join(error.messages)}") from error
            wanted = "owner"
        member = Member.objects.filter(username=wanted).first()
        if member is not None and not member.is_active:
            # Somebody deactivated this person on purpose, and a start must not undo that.
            self.stdout.write(
                f"The board has no active member, and {wanted} is deactivated. "
                "Name another with `manage.py board_member --ensure --name NAME`."
            )
            return
        if member is None:
            member = Member(username=wanted)
            member.set_unusable_password()
        member.is_staff = member.is_superuser = True
        member.save()
        member.groups.add(group)
        self._record("member.added", member, on_the_board=True)
        self.stdout.write(
            f"{wanted} is the board's first member; set a password with `manage.py board_member --set-password`."
            if not member.has_usable_password()
            else f"{wanted} is the board's first member."
        )

    def set_password(self, name: str, *, from_stdin: bool) -> None:
        member = self._member(name)
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        elif sys.stdin.isatty():
            password = getpass.getpass(f"New password for {member.username}: ")
            if getpass.getpass("The same again: ") != password:
                raise CommandError("The two differ; nothing was changed.")
        else:
            raise CommandError("There is no terminal to ask on; send the password as one line with --password-stdin.")
        try:
            validate_password(password, member)
        except ValidationError as error:
            raise CommandError(f"{' '.join(error.messages)} Nothing was changed.") from error
        self._store(member, password)
        self.stdout.write(f"The password of {member.username} is set.")

    def new_password(self, name: str) -> None:
        if not self.stdout.isatty():
            raise CommandError("A password is shown on a terminal only; use --set-password here. Nothing was changed.")
        member = self._member(name)
        password = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
        self._store(member, password)
        self.stdout.write(f"{member.username}  {password}")

    def show(self) -> None:
        members = Member.objects.filter(groups__name=BOARD_GROUP).order_by("username")
        if not members:
            self.stdout.write("The board has no members; `manage.py board_member --ensure` makes the first.")
        for member in members:
            facts = [
                "active" if member.is_active else "deactivated",
                "manages members" if member.is_superuser else "",
                "" if member.has_usable_password() else "no password yet",
                f"last signed in {member.last_login:%Y-%m-%d %H:%M} UTC" if member.last_login else "never signed in",
            ]
            self.stdout.write(f"{member.username}: {', '.join(fact for fact in facts if fact)}")

    @transaction.atomic
    def _store(self, member: Member, password: str) -> None:
        member.set_password(password)
        member.save(update_fields=["password"])
        self._record("member.password_set", member)

    def _record(self, action: str, member: Member, **data: Any) -> None:
        audit.record(Actor.clockwork(TIMER), action, member.username, database_clock(), **data)

    def _member(self, name: str) -> Member:
        """The member meant: the one named, or the only one there is."""
        members = list(Member.board.on_the_board().order_by("username"))
        names = ", ".join(member.username for member in members)
        if not members:
            raise CommandError("The board has no active member; `manage.py board_member --ensure` makes the first.")
        if name:
            named = [member for member in members if member.username == name]
            if not named:
                raise CommandError(f"{name!r} is no active member of the board. Members: {names}.")
            return named[0]
        if len(members) > 1:
            raise CommandError(f"The board has several members; say which with --name: {names}.")
        return members[0]


def _count(members: int) -> str:
    return "one active member" if members == 1 else f"{members} active members"


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "owner"
