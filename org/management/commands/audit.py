"""`manage.py audit verify|export|checkpoint`: the trail followed from seal to seal, handed out, its head signed."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.module_loading import import_string
from rich.console import Console
from rich.progress import track

from org.chain.checkpoints import Checkpoint, Unreadable
from org.chain.exports import BROKEN, CANNOT_TELL, SOUND, counted
from org.chain.seals import Link, Verdict
from org.checkpoints import Folder, append
from org.clock import database_clock
from org.errors import OrgError
from org.models import AuditSeal
from org.queries import trail as trails
from org.services import trail

LONG = 20_000  # records; fewer take no time to speak of
WORDS = {SOUND: "sound", BROKEN: "broken", CANNOT_TELL: "cannot_tell"}


class Command(BaseCommand):
    help = "The audit: verify its chain, hand it out for others to verify, sign its head."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="follow every seal; ends with 0 sound, 1 broken, 2 cannot tell")
        verify.add_argument("--checkpoint", type=Path, help="a file of checkpoints, in place of those kept here")
        verify.add_argument("--public-key", type=Path, help="the key that signed them, in place of the one kept here")
        verify.add_argument("--json", action="store_true", dest="as_json")
        export = verbs.add_parser("export", help="write the records to a file that anyone can verify")
        export.add_argument("file", type=Path)
        export.add_argument("--since", type=int, default=0, help="only records after this number")
        export.add_argument("--with-verifier", action="store_true", help="put verify_audit.py beside the file")
        checkpoint = verbs.add_parser("checkpoint", help="sign the chain's head")
        checkpoint.add_argument("file", type=Path, nargs="?", help="a file to add the checkpoint to, for somebody else")

    def handle(self, *_: object, verb: str, **chosen: Any) -> None:
        try:
            import_string(settings.ECHO_ATTACH)()()
            getattr(self, verb)(**{name: chosen[name] for name in TAKES[verb]})
        except (OrgError, Unreadable, DatabaseError, OSError) as error:
            raise CommandError(str(error).strip(), returncode=CANNOT_TELL) from error

    def verify(self, checkpoint: Path | None, public_key: Path | None, as_json: bool) -> None:
        known, doubt = _checkpoints(checkpoint, public_key)
        with trails.snapshot() as database:
            verdict = trails.verify(database, known, watch=_watched)
        status = BROKEN if verdict.fault else CANNOT_TELL if doubt else SOUND
        if as_json:
            self.stdout.write(json.dumps(_as_json(status, verdict, known, doubt), indent=2))
            if status:
                sys.exit(status)
        elif verdict.fault:
            raise CommandError(f"The audit is broken. {verdict.fault.says}", returncode=BROKEN)
        elif doubt:
            says = f"{counted(verdict.records)} found, each sealed to the one before it."
            raise CommandError(f"Cannot tell whether the audit is whole. {says} But: {doubt}", returncode=CANNOT_TELL)
        else:
            for sentence in _findings(verdict, known):
                self.stdout.write(sentence)

    def export(self, file: Path, since: int, with_verifier: bool) -> None:
        signed = trail.export(path=file, since=since, clock=database_clock, watch=_watched)
        self.stdout.write(
            f"{file} holds {counted(signed.seq - since)}, to number {signed.seq}, and a checkpoint of it."
        )
        if with_verifier:
            verifier = file.with_name(settings.AUDIT_VERIFIER.name)
            shutil.copyfile(settings.AUDIT_VERIFIER, verifier)
            self.stdout.write(f"Anyone can verify it: python3 -I {verifier} {file} --public-key public_key.pem")
        self._tell_key(signed)

    def checkpoint(self, file: Path | None) -> None:
        signed = trail.sign(clock=database_clock, watch=_watched)
        if file:
            append(file, signed)
        self.stdout.write(f"Signed: {counted(signed.seq)}, head {signed.hash}.")
        self.stdout.write(f"Kept in {file or Folder.configured().checkpoints}; give a copy to somebody you trust.")
        self._tell_key(signed)

    def _tell_key(self, signed: Checkpoint) -> None:
        self.stdout.write(f"The public key is {signed.key}, in {Folder.configured().public_key}.")


def _checkpoints(file: Path | None, public_key: Path | None) -> tuple[list[Checkpoint], str]:
    """The checkpoints to compare with, and why there may be none although there should be."""
    folder = Folder.configured()
    try:
        return (folder.read(file, public_key) if file or public_key else folder.kept()), ""
    except (Unreadable, OSError) as error:
        return [], str(error)


def _findings(verdict: Verdict, known: list[Checkpoint]) -> Iterator[str]:
    count, last = verdict.records, verdict.head.seq
    if not count:
        yield "The audit has no records yet."
        return
    yield f"The audit is sound: {counted(count)}, each sealed to the one before it; head {verdict.head.hash.hex()}."
    if not known:
        yield "There is no checkpoint to compare with: a chain that was cut or rewritten as a whole would not show."
        yield "`manage.py audit checkpoint` makes one."
        return
    yield f"It agrees with {counted(len(known), 'signed checkpoint')}; the newest names record {verdict.vouched}."
    if last > verdict.vouched:
        yield f"{counted(last - verdict.vouched)} came after that; whether these are all, no checkpoint says yet."


def _as_json(status: int, verdict: Verdict, known: list[Checkpoint], doubt: str) -> dict[str, Any]:
    return {
        "verdict": WORDS[status],
        "records": verdict.records,
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash.hex()},
        "checkpoints": len(known),
        "vouched_to": verdict.vouched,
        "fault": asdict(verdict.fault) if verdict.fault else None,
        "doubt": doubt or None,
    }


def _watched(links: Iterator[Link]) -> Iterable[Link]:
    """The links; where it takes long and somebody looks on, with a bar."""
    console = Console(stderr=True)
    last = AuditSeal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    if not console.is_terminal or last < LONG:
        return links
    return track(links, "Following the seals", total=last, console=console, transient=True)


TAKES = {
    "verify": ("checkpoint", "public_key", "as_json"),
    "export": ("file", "since", "with_verifier"),
    "checkpoint": ("file",),
}
