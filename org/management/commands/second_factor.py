"""`manage.py second_factor`: who has one, and how a lost one is reset. No page resets another person's."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from org.clock import database_clock
from org.errors import OrgError
from org.models import Member
from org.services import factors


class Command(BaseCommand):
    help = "People's second factors: who has one; take away one that was lost, so that its owner can set up another."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_mutually_exclusive_group(required=True)
        verbs.add_argument("--list", action="store_true", dest="show", help="show who has a second factor")
        verbs.add_argument("--reset", metavar="NAME", default="", help="remove a person's, and end their sessions")

    def handle(self, *_: object, **given: Any) -> None:
        import_string(settings.ECHO_ATTACH)()()
        if given["show"]:
            self.show()
            return
        try:
            member = factors.reset(name=given["reset"], clock=database_clock)
        except OrgError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The second factor of {member.username} is removed and their sessions have ended. "
            "They sign in with their password and set up another."
        )

    def show(self) -> None:
        for member in Member.objects.filter(is_active=True).order_by("username"):
            factor = factors.of(member)
            says = f"since {factor.since:%Y-%m-%d}" if factor else "none"
            left = f", {factor.recovery_codes_left} recovery codes left" if factor else ""
            self.stdout.write(f"{member.username}: {says}{left}")
