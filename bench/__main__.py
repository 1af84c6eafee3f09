"""`make bench`: how fast Echo is here and now, each figure beside its floor in the same run."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from bench import calls, memory, methods, notices, senders, starts, trail, workflows
from bench.report import Report
from bench.stack import stack

PARTS = {
    "calls": calls.measure,
    "starts": starts.measure,
    "audit": trail.measure,
    "methods": methods.measure,
    "memory": memory.measure,
    "senders": senders.measure,
    "notices": notices.measure,
    "workflows": workflows.measure,
}


def main() -> int:
    """Measure all parts, or those that are named; the exit status is 1 where something is at fault."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="How fast Echo is here and now.")
    parser.add_argument(
        "parts", nargs="*", choices=[[], *PARTS], metavar="part", help=f"of {', '.join(PARTS)}; default all"
    )
    wanted = parser.parse_args().parts or list(PARTS)
    console = Console() if sys.stdout.isatty() else Console(width=110)
    with console.status("starting a stack of its own") as status, stack() as here:
        report = Report(status.update)
        for name, measure in PARTS.items():
            if name in wanted:
                measure(here, report)
    report.print(console)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
