"""What Python itself and radon say of Python text: its syntax, complexity and maintainability. Nothing is executed.

Cyclomatic complexity: McCabe, "A complexity measure", IEEE TSE 2(4), 1976. Maintainability index, 0 to 100: Oman and
Hagemeister, "Metrics for assessing a software system's maintainability", ICSM 1992, as radon scales it. The work is
done by `measuring` in a confined process: one for all files, and one more after each file that breaks it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from agents.methods import confined

FILE_SECONDS = 4  # of the processor, for one file; a MiB of ordinary text takes three
PROGRAM = Path(__file__).with_name("measuring.py")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is no program. "grammar" and "syntax": Python says so; "deep": too deep or too large for Python;
    "broke": the process that read it ended; "late": no time was left to read it.
    """

    kind: Literal["grammar", "syntax", "deep", "broke", "late"]
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Measures:
    """Of a file. `complex`: line, name and complexity of the functions above the threshold, the worst first."""

    logical: int
    source: int
    comments: int
    strings: int
    functions: int
    complexity: float  # of all functions together
    most: int
    complex: tuple[tuple[int, str, int], ...]
    more_complex: int
    maintainability: float


@dataclass(frozen=True, slots=True)
class Look:
    """`measures` is None where there is a fault, or where measuring broke off."""

    fault: Fault | None
    measures: Measures | None


BROKEN = Fault("broke", 1, "took more time or memory to read than a file may")
LATE = Fault("late", 1, "was not read: the time for all files was over")


def look(texts: Sequence[str], *, folder: Path, until: float) -> list[Look]:
    """Each text's syntax and measures, in their order. `until`: of `time.monotonic`."""
    seen: list[Look] = []
    while len(seen) < len(texts):
        seconds = until - time.monotonic()
        if seconds <= 0:
            return seen + [Look(LATE, None)] * (len(texts) - len(seen))
        rest = texts[len(seen) :]
        output = _run(rest, folder, seconds)
        read = _read(output.lines)
        seen += [Look(fault, measures) for fault, measures, whole in read if whole]
        if len(read) < len(rest) or not read[-1][2]:  # it broke, on the first that it did not finish
            begun = read[-1] if read and not read[-1][2] else None
            seen.append(Look(begun[0] if begun else BROKEN, None))
    return seen


def _run(texts: Sequence[str], folder: Path, seconds: float) -> confined.Output:
    asked = {"packages": _packages(), "seconds": FILE_SECONDS, "files": list(texts)}
    return confined.run(
        [*confined.ALONE, str(PROGRAM)], folder=folder, seconds=seconds, given=json.dumps(asked).encode()
    )


def _packages() -> str:
    """The folder radon is in, which is looked up and not imported here."""
    found = find_spec("radon")
    return str(Path(found.origin).parents[1]) if found and found.origin else ""


def _read(lines: Sequence[str]) -> list[tuple[Fault | None, Measures | None, bool]]:
    """By file: its fault, its measures, and whether that is all there is to say."""
    told: dict[int, dict[str, Any]] = {}
    for line in lines:
        part = json.loads(line)
        told.setdefault(part["file"], {}).update(part)
    return [
        (Fault(**each["syntax"]) if each["syntax"] else None, _measures(each.get("measured")), "measured" in each)
        for each in told.values()
    ]


def _measures(said: dict[str, Any] | None) -> Measures | None:
    if said is None:
        return None
    return Measures(**said | {"complex": tuple((line, name, most) for line, name, most in said["complex"])})
