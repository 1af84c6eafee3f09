"""What a usability test says: the System Usability Scale, task success with its interval, and times.

SUS: Brooke, "SUS: a quick and dirty usability scale", 1996. Its curved grades: Sauro and Lewis, "Quantifying the User
Experience", 2nd ed., 2016. Adjusted-Wald intervals: Agresti and Coull, The American Statistician 52(2), 1998;
for completion rates Sauro and Lewis, "Estimating completion rates from small samples using binomial confidence
intervals", HFES, 2005. Small samples: Laplace's rule of succession, "Essai philosophique sur les probabilités", 1814,
which Lewis and Sauro, "When 100% really isn't 100%", Journal of Usability Studies 1(3), 2006, choose where most succeed
or nothing is known before. Geometric means of times: Sauro and Lewis, "Average task times in usability tests: what to
report?", CHI, 2010. Twelve respondents: Tullis and Stetson, "A comparison of questionnaires for assessing website
usability", UPA, 2004. Averages: Sauro, "A practical guide to the System Usability Scale" and measuringu.com, 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist, fmean, median, stdev

from agents.methods.faults import Impossible
from agents.methods.quantities import LEAST_ABOVE_ZERO, possible
from org.names import normalize

ITEMS = 10
MOST_ROWS = 10_000
ENOUGH_RESPONDENTS = 12
AVERAGE_SUS = 68.0  # of some 500 studies (Sauro 2011)
AVERAGE_SUCCESS = 0.78  # of 1,189 tasks (Sauro 2011)
GRADES = (  # from that score on
    (84.1, "A+"),
    (80.8, "A"),
    (78.9, "A-"),
    (77.2, "B+"),
    (74.1, "B"),
    (72.6, "B-"),
    (71.1, "C+"),
    (65.0, "C"),
    (62.7, "C-"),
    (51.7, "D"),
    (0.0, "F"),
)


@dataclass(frozen=True, slots=True)
class Sus:
    """Scores 0 to 100, one a respondent, their mean and its grade; `deviation` is None for a single respondent."""

    scores: tuple[float, ...]
    mean: float
    deviation: float | None
    grade: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One user at one task. Seconds above 0."""

    task: str
    succeeded: bool
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """The `rate` that was seen, 0 to 1, the `estimate` of all users', and its interval.

    `seconds`: the geometric mean of the `timed` successful attempts, which fits fewer than 25 times best, and `median`,
    theirs, for more (Sauro and Lewis 2010).
    """

    task: str
    attempts: int
    successes: int
    rate: float
    estimate: float
    low: float
    high: float
    seconds: float | None
    median: float | None
    timed: int


@dataclass(frozen=True, slots=True)
class Tasks:
    """All attempts together, and by task in the order given, a task by any spelling of its name. `findings`: a task
    and what is to be said of it.
    """

    overall: Success
    by_task: tuple[Success, ...]
    findings: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def sus(responses: Sequence[Sequence[int]]) -> Sus:
    """The SUS after Brooke: of odd items the answer − 1, of even ones 5 − the answer, summed, times 2.5.

    Raises Impossible without respondents, for other than ten answers, and for answers other than whole 1 to 5.
    """
    if not 0 < len(responses) <= MOST_ROWS:
        raise Impossible("sus_responses", f"are {len(responses)}, and must be 1 to {MOST_ROWS}, ten answers each.")
    for at, answers in enumerate(responses):
        if len(answers) != ITEMS:
            raise Impossible(f"sus_responses[{at}]", f"has {len(answers)} answers, and SUS has {ITEMS}.")
        for item, answer in enumerate(answers):
            if isinstance(answer, bool) or answer not in (1, 2, 3, 4, 5):
                raise Impossible(f"sus_responses[{at}][{item}]", "must be a whole number from 1 to 5.")
    scores = tuple(2.5 * sum(a - 1 if item % 2 == 0 else 5 - a for item, a in enumerate(each)) for each in responses)
    mean = fmean(scores)
    findings = []
    if len(scores) < ENOUGH_RESPONDENTS:
        findings.append(f"Of fewer than {ENOUGH_RESPONDENTS} respondents, here {len(scores)}, a mean still moves much.")
    if same := [at + 1 for at, answers in enumerate(responses) if len(set(answers)) == 1]:
        who = f"{', '.join(map(str, same[:10]))}{' …' if same[10:] else ''}"
        findings.append(f"One answer to items that contradict each other was given by no. {who}.")
    if mean < AVERAGE_SUS:
        findings.append(f"{mean:.1f} is below the average of {AVERAGE_SUS:g} of published studies.")
    return Sus(scores, mean, stdev(scores) if len(scores) > 1 else None, grade(mean), tuple(findings))


def grade(score: float) -> str:
    """The Sauro-Lewis grade of a SUS score, A+ to F, rounded to one decimal as their table is. Raises Impossible."""
    rounded = round(possible("sus_score", score, most=100.0), 1)
    return next(name for least, name in GRADES if rounded >= least)


def adjusted_wald(successes: int, attempts: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval around (x + z²/2) ÷ (n + z²), within 0 to 1 (Agresti and Coull 1998).

    Raises Impossible for no attempts, for more successes than attempts, and for a confidence not between 0 and 1.
    """
    possible("attempts", attempts, least=1)
    possible("successes", successes, most=attempts)
    possible("confidence", confidence, least=LEAST_ABOVE_ZERO, most=1 - LEAST_ABOVE_ZERO)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    trials = attempts + z * z
    middle = (successes + z * z / 2) / trials
    margin = z * sqrt(middle * (1 - middle) / trials)
    return max(0.0, middle - margin), min(1.0, middle + margin)


def laplace(successes: int, attempts: int) -> float:
    """The rate to be expected after so many attempts, (x + 1) ÷ (n + 2): no few make it 0 or 1 (Laplace 1814)."""
    return (successes + 1) / (attempts + 2)


def geometric_mean(seconds: Sequence[float]) -> float:
    """The times' geometric mean, in seconds. Raises Impossible without times, and for one that is not above 0."""
    if not seconds:
        raise Impossible("seconds", "has no times.")
    return exp(fmean(log(possible("seconds", each, least=LEAST_ABOVE_ZERO)) for each in seconds))


def tasks(attempts: Sequence[Attempt]) -> Tasks:
    """Success rates with 95 % adjusted-Wald intervals, and geometric means of the times of successful attempts.

    Raises Impossible without attempts, and for a time that is not above 0.
    """
    if not 0 < len(attempts) <= MOST_ROWS:
        raise Impossible("task_results", f"are {len(attempts)}, and must be 1 to {MOST_ROWS}.")
    for at, each in enumerate(attempts):
        if each.seconds is not None:
            possible(f"task_results[{at}].seconds", each.seconds, least=LEAST_ABOVE_ZERO)
    grouped: dict[str, list[Attempt]] = {}
    for each in attempts:
        grouped.setdefault(normalize(each.task), []).append(each)
    by_task = tuple(_success(group[0].task, group) for group in grouped.values())
    untimed = sum(each.seconds is None for each in attempts)
    return Tasks(
        _success("all tasks", attempts),
        by_task,
        tuple((each.task, sentence) for each in by_task if (sentence := _judged(each))),
        (f"seconds of {untimed} of {len(attempts)} attempts",) if untimed else (),
    )


def _success(task: str, attempts: Sequence[Attempt]) -> Success:
    successes = sum(each.succeeded for each in attempts)
    times = [each.seconds for each in attempts if each.succeeded and each.seconds is not None]
    low, high = adjusted_wald(successes, len(attempts))
    return Success(
        task=task,
        attempts=len(attempts),
        successes=successes,
        rate=successes / len(attempts),
        estimate=laplace(successes, len(attempts)),
        low=low,
        high=high,
        seconds=geometric_mean(times) if times else None,
        median=median(times) if times else None,
        timed=len(times),
    )


def _judged(task: Success) -> str:
    told = f"{task.successes} of {task.attempts}, between {task.low:.0%} and {task.high:.0%}"
    if task.high < AVERAGE_SUCCESS:
        return f"{told}: below the average of {AVERAGE_SUCCESS:.0%} of published tasks. Watch where users fail."
    if task.low < AVERAGE_SUCCESS <= task.estimate:
        return f"{told}: good so far; more attempts would tell whether it is above {AVERAGE_SUCCESS:.0%}."
    if task.estimate < AVERAGE_SUCCESS:
        return f"{told}: may be below the average of {AVERAGE_SUCCESS:.0%} of published tasks; test with more users."
    return ""
