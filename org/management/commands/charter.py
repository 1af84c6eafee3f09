"""`manage.py charter show|check|diff|simulate`: reading the charter, and trying another before it is published."""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from rich.console import Console
from rich.progress import track

from org import differences
from org.charter import Charter
from org.clock import database_clock
from org.errors import OrgError
from org.management import screens
from org.models import CharterVersion
from org.queries import simulations
from org.replays import Matter
from org.reviews import Review, review
from org.services import charters


class Command(BaseCommand):
    help = (
        "Read the charter in force, and try another one: what is wrong with it, what it changes and would have changed."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("show", help="print the charter in force")
        verbs.add_parser("begin", help="at the first start, set the limits that ECHO_CEO_LIMIT_USD asks for")
        for verb, explains in TRIES.items():
            tried = verbs.add_parser(verb, help=explains)
            tried.add_argument("file", metavar="FILE", help="a charter as TOML; - reads it from stdin")
            tried.add_argument("--json", action="store_true", dest="as_json", help="for programs")
            if verb == "simulate":
                tried.add_argument(
                    "--since", type=length, default="30d", metavar="30d", help="hours (h), days or weeks"
                )

    def handle(self, *_: object, verb: str, **chosen: Any) -> None:
        self.out = Console(file=self.stdout, highlight=False, soft_wrap=True)  # type: ignore[arg-type]
        self.guide = Console(file=self.stderr, highlight=False, soft_wrap=True)  # type: ignore[arg-type]
        try:
            if verb == "show":
                self.show()
            elif verb == "begin":
                self.begin()
            elif verb == "check":
                self.look_at(review(text_of(chosen["file"])), as_json=chosen["as_json"])
            elif verb == "simulate":
                self.simulate(sound(review(text_of(chosen["file"]))), chosen["since"], as_json=chosen["as_json"])
            else:
                self.compare(sound(review(text_of(chosen["file"]))), as_json=chosen["as_json"])
        except OrgError as error:
            raise CommandError(str(error)) from error

    def show(self) -> None:
        """The document alone goes to stdout, so that it can be kept in a file and changed there."""
        import_string(settings.ECHO_ATTACH)()()
        newest = CharterVersion.objects.latest("version")
        self.guide.print(f"Charter {newest.version}, in force since {newest.published_at:%Y-%m-%d %H:%M} UTC.")
        self.stdout.write(newest.document, ending="")

    def begin(self) -> None:
        """A step of the stack's own start, which therefore does not wait for the stack."""
        limit = settings.CEO_LIMIT_USD
        first = charters.set_first_limits(ceo_limit_usd=limit, clock=database_clock) if limit is not None else None
        newest = first or CharterVersion.objects.latest("version")
        self.out.print(f"{newest} is in force, published by {newest.published_by}.")

    def look_at(self, looked_at: Review, *, as_json: bool) -> None:
        if as_json:
            self._write({"faults": looked_at.faults, "warnings": looked_at.warnings})
        else:
            screens.show_review(self.out, looked_at)
        if looked_at.faults:
            sys.exit(1)

    def compare(self, draft: Charter, *, as_json: bool) -> None:
        import_string(settings.ECHO_ATTACH)()()
        in_force = CharterVersion.objects.in_force()
        found = differences.between(in_force, draft)
        if as_json:
            self._write({"in_force": in_force.version, "differences": [asdict(each) for each in found]})
        else:
            screens.show_differences(self.out, in_force.version, found)

    def simulate(self, draft: Charter, back: timedelta, *, as_json: bool) -> None:
        import_string(settings.ECHO_ATTACH)()()
        now = database_clock()
        since = now - back
        found = simulations.simulate(draft, since, now, self._watch)
        if as_json:
            self._write(screens.simulation_as_json(found, since))
        else:
            screens.show_simulation(self.out, found, since)

    def _watch(self, matters: Iterable[Matter], count: int) -> Iterable[Matter]:
        """Progress, on a terminal and where there is something to wait for; never in the way of what is printed."""
        if not self.guide.is_terminal or count < WORTH_WATCHING:
            return matters
        return track(matters, "Judging anew", total=count, console=self.guide, transient=True)

    def _write(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))


def text_of(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}. Name a TOML file, or - for stdin.") from error


def sound(looked_at: Review) -> Charter:
    """The charter, if it can be one. Raises CommandError with all that is wrong."""
    if looked_at.charter is None:
        faults = "\n".join(f"  {fault}" for fault in looked_at.faults)
        raise CommandError(f"This cannot be a charter:\n{faults}\nMend it and try again.")
    return looked_at.charter


def length(text: str) -> timedelta:
    """`36h`, `30d` or `8w`."""
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip())
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no length of time; write it like 36h, 30d or 8w.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


WORTH_WATCHING = 20_000  # decisions; that many take about a second
UNITS = {"h": "hours", "d": "days", "w": "weeks"}
TRIES = {
    "check": "what is wrong or odd about a charter; ends with 1 where it cannot be published",
    "diff": "what a charter would change of the one in force, in sentences",
    "simulate": "what would have become of recorded decisions under a charter",
}
