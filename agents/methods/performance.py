"""A review from counts: how often what was done stood, was in time, and was done at all.

Three measures, each a share of its cases: decisions that stood (neither revoked nor overridden), requests answered in
time, ballots cast. One with fewer than `LEAST` cases is not judged. The score is 100 times the mean of the judged
shares; the rating follows from the score and from the worst of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from agents.methods.faults import Impossible

LEAST = 3  # cases; fewer tell nothing of a habit
STRONG, SOUND = 0.9, 0.7  # shares
METHOD = (
    f"mean of up to three shares (decisions that stood, requests in time, ballots cast), each from {LEAST} cases on; "
    f"strong from {STRONG:.0%} with none below {SOUND:.0%}, sound from {SOUND:.0%}, else weak"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What is judged: counts, and a median time to answer beside the time that is expected, in hours."""

    decided: int = 0
    reversed: int = 0
    on_time: int = 0
    late: int = 0
    cast: int = 0
    missed: int = 0
    answer_hours: float | None = None
    expected_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One share: `good` of `total` cases; None where there are too few."""

    name: str
    good: int
    total: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Review:
    """A judgement. `rating`: strong, sound or weak; it and `score` (0 to 100) are None where the record is too thin."""

    rating: str | None
    score: int | None
    measures: tuple[Measure, ...]
    strengths: tuple[str, ...]
    concerns: tuple[str, ...]
    goals: tuple[str, ...]
    missing: tuple[str, ...]


_SUBJECTS = {
    "decisions": (
        "of its decisions stood",
        "Let {least} of {total} decisions stand: ask first.",
    ),
    "requests": ("of its requests were answered in time", "Answer {least} of {total} requests by when they are due."),
    "ballots": ("of the ballots it was asked for were cast", "Cast {least} of {total} ballots that are asked for."),
}


def review(counts: Counts) -> Review:
    """Judge a role's counts. Raises Impossible for a count below 0 or times that are none."""
    _require_counts(counts)
    stood = max(0, counts.decided - counts.reversed)  # what was decided earlier can be reversed now
    measures = (
        _measure("decisions", stood, max(counts.decided, counts.reversed)),
        _measure("requests", counts.on_time, counts.on_time + counts.late),
        _measure("ballots", counts.cast, counts.cast + counts.missed),
    )
    shares = [each.share for each in measures if each.share is not None]
    mean = sum(shares) / len(shares) if shares else None
    return Review(
        rating=None if mean is None else _rating(mean, min(shares)),
        score=None if mean is None else round(100 * mean),
        measures=measures,
        strengths=tuple(_told(each) for each in measures if each.share is not None and each.share >= STRONG),
        concerns=(*(_told(each) for each in measures if _falls_short(each)), *_slow(counts)),
        goals=(*(_goal(each) for each in measures if _falls_short(each)), *_quicker(counts)),
        missing=tuple(
            f"{LEAST - each.total} more {each.name} to judge them by" for each in measures if each.share is None
        ),
    )


def _require_counts(counts: Counts) -> None:
    for name in ("decided", "reversed", "on_time", "late", "cast", "missed"):
        if getattr(counts, name) < 0:
            raise Impossible(name, "must not be below 0.")
    for name in ("answer_hours", "expected_hours"):
        hours = getattr(counts, name)
        if hours is not None and not 0 <= hours < float("inf"):
            raise Impossible(name, "must be hours, 0 or more.")


def _measure(name: str, good: int, total: int) -> Measure:
    return Measure(name, good, total, good / total if total >= LEAST else None)


def _rating(mean: float, worst: float) -> str:
    if mean >= STRONG and worst >= SOUND:
        return "strong"
    return "sound" if mean >= SOUND else "weak"


def _falls_short(measure: Measure) -> bool:
    return measure.share is not None and measure.share < STRONG


def _told(measure: Measure) -> str:
    says, _ = _SUBJECTS[measure.name]
    return f"{measure.good} of {measure.total} {says}."


def _goal(measure: Measure) -> str:
    _, says = _SUBJECTS[measure.name]
    return says.format(least=ceil(STRONG * measure.total), total=measure.total)


def _slow(counts: Counts) -> Iterator[str]:
    if _is_slow(counts):
        took, expected = counts.answer_hours, counts.expected_hours
        yield f"Half of its answers took longer than {took:g} h; {expected:g} h is expected."


def _quicker(counts: Counts) -> Iterator[str]:
    if _is_slow(counts):
        yield f"Answer half of the requests within {counts.expected_hours:g} h."


def _is_slow(counts: Counts) -> bool:
    hours, expected, answers = counts.answer_hours, counts.expected_hours, counts.on_time + counts.late
    return hours is not None and expected is not None and answers >= LEAST and hours > expected
