"""How severe a defect is, by one table of its impact and frequency, and how soon somebody answers.

The matrix of impact and urgency is that of incident priorities in ITIL (Axelos, "ITIL Foundation", ITIL 4 edition,
2019); severity and probability as attributes of a defect: IEEE 1044-2009, 4.2. The cells and times are this module's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from agents.methods.faults import Impossible

FREQUENCIES = ("rare", "sometimes", "often", "always")
TABLE: Mapping[str, tuple[int, int, int, int]] = {  # impact: the severity at each frequency
    "blocking": (1, 1, 0, 0),
    "major": (3, 2, 1, 1),
    "minor": (4, 3, 3, 2),
    "none": (4, 4, 4, 4),
}


class Severity(StrEnum):
    """P0 is the worst."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


RESPOND_WITHIN: Mapping[Severity, timedelta] = {
    Severity.P0: timedelta(hours=1),
    Severity.P1: timedelta(hours=4),
    Severity.P2: timedelta(hours=24),
    Severity.P3: timedelta(hours=72),
    Severity.P4: timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class Classification:
    """`rule` says the cell and what the workaround changed; `missing` names what was not told."""

    severity: Severity
    rule: str
    respond_within: timedelta
    missing: tuple[str, ...]


def classify(impact: str, frequency: str, workaround: bool | None = None) -> Classification:
    """The severity of TABLE; a workaround makes it one step milder. None: not told, which counts as no workaround.

    Raises Impossible for a word that is none of the table's.
    """
    for field, value, words in (("impact", impact, tuple(TABLE)), ("frequency", frequency, FREQUENCIES)):
        if value not in words:
            raise Impossible(field, f"is {value[:40]!r}, and must be one of {', '.join(words)}.")
    cell = TABLE[impact][FREQUENCIES.index(frequency)]
    steps = list(Severity)
    severity = steps[min(cell + bool(workaround), len(steps) - 1)]
    rule = f"impact {impact} × frequency {frequency}: {steps[cell]}"
    if workaround:
        rule += f"; a workaround is known: {severity}"
    return Classification(severity, rule, RESPOND_WITHIN[severity], ("workaround",) if workaround is None else ())
