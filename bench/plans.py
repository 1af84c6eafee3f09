"""What briefs, recalls, inboxes and sends read: an index each, and never a table whole."""

from __future__ import annotations

from bench.report import Report


def look(report: Report) -> None:
    """Do it all once more in this process, under the rights of each login, and undo it."""
    from django.db import transaction

    from agents.registry import NAMES
    from tests.services.plans import asked_all_the_time, watched

    statements, most, what = 0, 0, ""
    for role in NAMES:
        for name, ask in asked_all_the_time(role).items():
            with transaction.atomic(), watched() as seen:
                ask()
                transaction.set_rollback(True)
            statements += seen.statements
            if seen.most > most:
                most, what = seen.most, name
            report.faults += seen.whole
    report.note(
        f"{statements:,} statements of briefs, recalls, inboxes and answers looked at: "
        f"{len(report.faults)} read a table whole; the most rows were {most:,}, for {what}."
    )
