"""`manage.py client_config`: what an MCP client needs to know to start Echo's servers; printed, or put in its file."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.text import Text

from agents.client_configs import entries, files, known
from agents.client_configs.files import Merged
from agents.client_configs.known import Client, Machine
from org.enums import ALL

NINE = "all-nine"
ROLES = f"default: {NINE}, a server each; {ALL}: one server for one chat with every role"
ELSEWHERE = (
    "For a project of yours add --folder /path/to/it; without --write you see the `claude mcp add` lines for every one."
)


class Command(BaseCommand):
    help = "Print the configuration of an MCP client, or --write it into the client's file, which is copied first."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client", choices=known.NAMES, default=known.NAMES[0])
        parser.add_argument("--roles", type=chosen_roles, default=NINE, metavar="ceo,cto", help=ROLES)
        parser.add_argument("--write", action="store_true", help="put it into the client's file")
        parser.add_argument(
            "--path", "--file", type=Path, metavar="FILE", help="that file, where it is not the usual one"
        )

        parser.add_argument(
            "--folder", type=Path, help="your project, for a client that keeps its file in each: claude-code"
        )

    def handle(
        self,
        *_: Any,
        client: str,
        roles: tuple[str, ...],
        write: bool,
        path: Path | None,
        folder: Path | None,
        **__: Any,
    ) -> None:
        chosen = known.named(client)
        if folder is not None and (not chosen.of_project or path is not None):
            raise CommandError("--folder goes with --client claude-code and without --path. Leave it out.")
        if folder is not None and not folder.expanduser().is_dir():
            raise CommandError(f"--folder: there is no folder {folder}. Nothing was done. Name one that is there.")
        machine = Machine(sys.platform, Path.home(), folder or Path.cwd(), os.environ)
        target = (path or chosen.path(machine)).expanduser().absolute()
        env_file = os.environ.get("ECHO_ENV_FILE", str(settings.BASE_DIR / ".env"))
        env = entries.needed_env(os.environ, settings.HOME.root, env_file)
        servers = entries.build(chosen, roles, entries.python(), settings.BASE_DIR / "manage.py", env)
        # Guidance goes to stderr, so that stdout is the configuration and nothing else.
        guide = Console(file=sys.stdout if write else sys.stderr, highlight=False, soft_wrap=True)
        if write:
            is_new = path is None and not target.parent.exists()
            try:
                tell_of(guide, chosen, files.merge(target, servers, datetime.now()))
            except files.Unusable as error:
                raise CommandError(str(error)) from error
            if is_new:
                there = f"Its folder, {target.parent}, was not there before: see that {chosen.title} is installed."
                guide.print(Text(there, style="yellow"))
            if chosen.of_project and path is None and folder is None:
                guide.print(Text(f"{chosen.title} reads this file only in {target.parent}. {ELSEWHERE}"))
        else:
            self.stdout.write(json.dumps({files.SERVERS: servers}, indent=2, ensure_ascii=False))
            guide.print(Text(f"\nFor {chosen.title}. Its file: {target}"))
            guide.print(Text("Merge this into it, or run the same command with --write, which keeps a copy."))
            if chosen.of_project:
                guide.print(Text("\nOr for every project at once:"))
                for line in entries.add_commands(servers):
                    guide.print(Text(f"  {line}"))
        if entries.has_password(env):
            guide.print(Text("Mind: it holds the password of your database or Redis.", style="yellow"))
        guide.print(Text.assemble("\nNext: ", (next_step(chosen, roles, target), "bold")))


def chosen_roles(text: str) -> tuple[str, ...]:
    """`ceo,cto` as names, in the order given, each once."""
    from agents.registry import NAMES

    if text in (NINE, ALL):
        return NAMES if text == NINE else (ALL,)
    wanted = tuple(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    strangers = [name for name in wanted if name not in NAMES]
    if strangers or not wanted:
        who = f"There is no role {strangers[0]!r}" if strangers else "No role is named"
        raise ArgumentTypeError(f"{who}. Roles: {', '.join(NAMES)}; or {NINE}, or {ALL} alone.")
    return wanted


def tell_of(guide: Console, client: Client, merged: Merged) -> None:
    """What happened to the file."""
    if not merged.wrote:
        count = len(merged.kept)
        what = "the server is" if count == 1 else f"all {count} servers are"
        guide.print(Text(f"{client.title}: {what} already there, in {merged.path}. Nothing was written."))
        return
    for verb, names in (("Added", merged.added), ("Changed", merged.changed), ("Already there", merged.kept)):
        if names:
            guide.print(Text.assemble((f"{verb}: ", "green" if verb == "Added" else ""), ", ".join(names)))
    guide.print(Text(f"File: {merged.path}"))
    if merged.backup is not None:
        guide.print(Text(f"As it was before: {merged.backup}"))


def next_step(client: Client, roles: Sequence[str], target: Path) -> str:
    """What a person does now, and says first."""
    words = (
        "as CEO, approve the AI Research Lab, $750,000"
        if {"ceo", ALL} & set(roles)
        else f"as {roles[0].replace('_', ' ')}, brief me"
    )
    return f"{client.reload.format(folder=target.parent)}, then say: {words}"
