"""What workflows there are, where their runs stand, and how they look."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from org import workflows
from org.errors import OrgError
from org.legible import plain
from org.models import CharterVersion, Run
from org.queries import runs
from org.workflows import checking
from org.workflows.drawing import mermaid

MOST_RUNS = 50
LONGEST = 60  # characters of what a run is for


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Lists workflows and runs, shows where a run stands, draws either as a Mermaid flowchart."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        ways.add_parser("list", help="The workflows that can be started, and the newest runs.")
        show = ways.add_parser("show", help="Where a run stands: whom it waits for, why, since when.")
        show.add_argument("run", help="A ref, like R-12.")
        draw = ways.add_parser("draw", help="A run, or a workflow, as a Mermaid flowchart.")
        draw.add_argument("what", help="A run's ref, or a workflow's name.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["way"])(**options)
        except OrgError as error:
            raise CommandError(str(error)) from error

    def list(self, **_: Any) -> None:
        _attach()
        charter = CharterVersion.objects.in_force()
        for name in workflows.names():
            flow = workflows.newest(name)
            assert flow
            may = ", ".join(checking.starters(flow, charter)) or "nobody"
            self.stdout.write(f"{name} {flow.version}: {flow.purpose} Started by {may}.")
        for run in Run.objects.order_by("-number")[:MOST_RUNS]:
            said = f"{run.ref}  {run.name}  {run.status}  {run.created_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{said}  {plain(runs.subject(run))[:LONGEST]}")

    def show(self, run: str, **_: Any) -> None:
        if workflows.newest(run):
            raise CommandError(f"{run} is a workflow, not a run: draw {run} draws it; list tells the runs.")
        _attach()
        found = runs.named(run)
        told = f"{found.ref} {runs.definition_of(found).title}: {found.status}. {plain(found.outcome)}"
        self.stdout.write(told.rstrip())
        for row in sorted(runs.newest_rows(found).values(), key=lambda row: row.number):
            self.stdout.write(f"  {row.ref}  {row.key}  {row.status}  {plain(row.fault)}".rstrip())
        for each in runs.blocked(found, CharterVersion.objects.in_force()):
            then = f" Next: {each.next}, {each.at:%Y-%m-%d %H:%M} UTC." if each.at else ""
            self.stdout.write(f"{plain(each.why)} Since {each.since:%Y-%m-%d %H:%M} UTC.{then}")

    def draw(self, what: str, **_: Any) -> None:
        flow = workflows.newest(what)
        if flow is None:
            _attach()
        self.stdout.write(mermaid(flow, {}) if flow else runs.graph(runs.named(what)))


def _attach() -> None:
    """Bring the stack up where it is not."""
    import_string(settings.ECHO_ATTACH)()()
