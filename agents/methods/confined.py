"""Programs that read hostile text, each in a process of its own with little time, memory and room to write.

Limits by setrlimit (POSIX.1-2017), set by a first, tiny program that then becomes the wanted one: whatever breaks,
hangs or grows there ends alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_MEMORY = 1024**3  # bytes of address space
MOST_OUTPUT = 4 * 1024**2  # bytes of a file, the output's among them
ALONE = (sys.executable, "-I", "-S", "-W", "ignore")  # no settings, no packages, none of the caller's folders
ENVIRONMENT = {"RAYON_NUM_THREADS": "1"}  # each thread of ruff's takes address space
BECOME = """
import os, resource, sys
seconds, memory, output, *program = sys.argv[1:]
limits = {"CPU": seconds, "AS": memory, "FSIZE": output, "CORE": 0}
for name, most in limits.items():
    which = getattr(resource, "RLIMIT_" + name)
    hard = resource.getrlimit(which)[1]
    most = int(most) if hard == resource.RLIM_INFINITY else min(int(most), hard)
    try:
        resource.setrlimit(which, (most, most))
    except ValueError:
        pass  # macOS cannot limit the address space; the time is limited in any case
os.execv(program[0], program)
"""


@dataclass(frozen=True, slots=True)
class Output:
    """What a program wrote, whole lines only; `ended` is its status, None where its time was over."""

    lines: tuple[str, ...]
    ended: int | None


def run(program: Sequence[str], *, folder: Path, seconds: float, given: bytes = b"") -> Output:
    """Run a program in `folder` on what is given, for at most so many seconds by the clock and of the processor."""
    limits = [str(int(seconds) + 1), str(MOST_MEMORY), str(MOST_OUTPUT)]
    with tempfile.TemporaryFile() as written:
        try:
            ended = subprocess.run(
                [*ALONE, "-c", BECOME, *limits, *program],
                input=given,
                stdout=written,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=ENVIRONMENT,
                timeout=seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            ended = None
        written.seek(0)
        text = written.read().decode("utf-8", "replace")
    return Output(tuple(text.split("\n")[:-1]), ended)
