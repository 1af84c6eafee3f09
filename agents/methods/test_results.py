"""Results of test runs in JUnit's XML: what passed, what failed, what cannot be trusted, and whether the gate is open.

The format as the runners' dialects write it, by junitparser; read by defusedxml, so that no document type, no entity
and nothing from outside is ever looked at (CWE-611, CWE-776). Flaky, passed and failed without a change: Luo, Hariri,
Eloussi and Marinov, "An empirical analysis of flaky tests", FSE, 2014.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import FlakyError, FlakyFailure, TestCase

from agents.methods.faults import Impossible

MOST_BYTES = 1024 * 1024  # of all runs together
MOST_RUNS = 100
SLOWEST = 10
LONGEST_MESSAGE = 200
LONGEST_NAME = 300
MOST_LEVELS = 50  # of elements; suites, cases and what went wrong nest a few deep
SUITES = ("testsuites", "testsuite")
BAD = ("failure", "error")
SAID_BAD = ("fail", "failed", "failure", "error", "errored", "broken")  # of a case, as some runners write it
SAID_IN = ("status", "result")


class Outcome(StrEnum):
    """From best to worst; an error counts as failed. A test told of several times in a run has the worst of them."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


_WORSE = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Test:
    """A test by class and name, in the newest run that tells of it. `seconds` None: not told."""

    name: str
    outcome: Outcome
    seconds: float | None
    message: str

    __test__ = False  # to pytest


class Verdict(StrEnum):
    """Whether a release may go on these results; unknown: they tell too little of it."""

    PASSES = "pass"
    FAILS = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict, and every reason for it; there is always one."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A suite that lists fewer tests than it counts, as one does that broke off."""

    suite: str
    counted: int
    listed: int


@dataclass(frozen=True, slots=True)
class Results:
    """Counts are of distinct tests in their newest run. `flaky` passed in one run and failed in another, or said so."""

    runs: int
    passed: int
    failed: int
    skipped: int
    failures: tuple[Test, ...]
    flaky: tuple[str, ...]
    slowest: tuple[Test, ...]
    gate: Gate
    incomplete: tuple[Incomplete, ...]  # of the newest run
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """One run, read: its tests by name, those it calls flaky itself, suites that lack cases, cases without a time, and
    where it contradicts itself.
    """

    tests: dict[str, Test]
    flaky: set[str]
    incomplete: list[Incomplete]
    untimed: list[str]
    doubts: list[str]


def analyze(runs: Sequence[str]) -> Results:
    """What the runs tell, given as XML texts with the oldest first. Seconds are those the runner wrote.

    The gate is fail where a test failed in its newest run or is flaky; unknown where none passed, a suite lists fewer
    tests than it counts, or the newest run contradicts itself; else pass. Raises Impossible for what is no JUnit XML,
    has a document type, or is too large.
    """
    if not 0 < len(runs) <= MOST_RUNS:
        raise Impossible("junit_xml", f"has {len(runs)} runs, and must have 1 to {MOST_RUNS}.")
    if sum(map(_bytes, runs)) > MOST_BYTES:
        raise Impossible(
            "junit_xml", f"is longer than {MOST_BYTES} bytes in all; send fewer runs, without their output."
        )
    read = [_run(_parse(text, at)) for at, text in enumerate(runs)]
    newest: dict[str, Test] = {}
    for run in read:
        newest.update(run.tests)
    flaky = sorted({name for run in read for name in run.flaky} | _changing(read))
    tests = list(newest.values())
    timed = [test for test in tests if test.seconds is not None]
    failures = tuple(test for test in tests if test.outcome is Outcome.FAILED)
    passed = sum(test.outcome is Outcome.PASSED for test in tests)
    return Results(
        len(read),
        passed,
        len(failures),
        len(tests) - passed - len(failures),
        failures,
        tuple(flaky),
        tuple(sorted(timed, key=lambda test: -(test.seconds or 0))[:SLOWEST]),
        _gate(passed, len(failures), flaky, read[-1].incomplete, read[-1].doubts),
        tuple(read[-1].incomplete),
        (f"time of {untimed} test cases",) if (untimed := sum(len(run.untimed) for run in read)) else (),
    )


def _bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise Impossible("junit_xml", "contains half a surrogate pair, which is no character.") from None


def _parse(text: str, at: int) -> Any:
    """The root element, its names without namespaces."""
    where = f"junit_xml[{at}]"
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Impossible(where, "has a document type or entities, which results of tests need not have.") from None
    except (ParseError, ValueError, LookupError) as error:
        raise Impossible(where, f"is no XML: {error}. Send the file as the test runner wrote it.") from None
    _flatten(root, where)
    if root.tag not in SUITES:
        raise Impossible(where, f"begins with <{root.tag[:40]}>; JUnit's XML begins with <testsuites> or <testsuite>.")
    return root


def _flatten(root: Any, where: str) -> None:
    """Take the namespaces off all names, and the capitals off those that are read.

    Raises Impossible for elements in elements beyond MOST_LEVELS.
    """
    level = [root]
    for _ in range(MOST_LEVELS):
        for element in level:
            name = element.tag.rpartition("}")[2]
            element.tag = name.casefold() if name.casefold() in (*SUITES, "testcase", "skipped", *BAD) else name
        level = [child for element in level for child in element]
        if not level:
            return
    raise Impossible(where, f"is nested deeper than {MOST_LEVELS} elements; no test runner writes that.")


def _run(root: Any) -> _Run:
    """The cases of all suites, however they are nested."""
    run = _Run({}, set(), [], [], _doubts(root))
    for suite in _suites(root):
        cases = [TestCase.fromelem(child) for child in suite if child.tag == "testcase"]  # type: ignore[no-untyped-call]
        for case in cases:
            entries = list(case)
            test = _test(case, entries)
            known = run.tests.get(test.name, test)
            run.tests[test.name] = max(known, test, key=lambda each: _WORSE.index(each.outcome))
            if test.seconds is None:
                run.untimed.append(test.name)
            if test.outcome is Outcome.PASSED and any(isinstance(each, FlakyFailure | FlakyError) for each in entries):
                run.flaky.add(test.name)
        listed = sum(1 for _ in suite.iter("testcase"))
        if (told := _count(suite, "tests") or 0) > listed:
            run.incomplete.append(Incomplete(suite.get("name", "")[:LONGEST_NAME], told, listed))
    return run


def _suites(root: Any) -> Iterator[Any]:
    """The suites that are read: the outermost, and those right within one, in their order."""
    stack = [root]
    while stack:
        suite = stack.pop()
        yield suite
        stack += reversed([child for child in suite if child.tag in SUITES])


def _count(suite: Any, name: str) -> int | None:
    """What a suite counts; None where it says nothing, or no number."""
    told = suite.get(name, "")
    return int(told) if re.fullmatch(r"[0-9]{1,9}", told) else None


def _doubts(root: Any) -> list[str]:
    """Where a run's counts and its cases cannot both be true, so that what failed may stand nowhere."""
    suites = [each for each in root.iter() if each.tag in SUITES]
    counts = [
        (suite, name) for suite in suites for name in ("tests", "failures", "errors") if suite.get(name) is not None
    ]
    odd = sum(_count(suite, name) is None for suite, name in counts)
    more = 0
    for suite in suites:
        told = sum(_count(suite, name) or 0 for name in ("failures", "errors"))
        more += bool(told) and told > sum(_is_bad(case) for case in suite.iter("testcase"))
    read = [child for suite in _suites(root) for child in suite if child.tag == "testcase"]
    apart = sum(1 for _ in root.iter("testcase")) - len(read)
    loose = sum(each.tag in BAD for each in root.iter()) - sum(child.tag in BAD for case in read for child in case)
    return [
        *((f"{odd} counts that are no numbers",) if odd else ()),
        *((f"more failures counted than listed in {more} of the suites",) if more else ()),
        *((f"{apart} test cases outside of the suites",) if apart else ()),
        *((f"{loose} failures of no test case",) if loose else ()),
    ]


def _is_bad(case: Any) -> bool:
    return any(child.tag in BAD for child in case) or _says_bad(case)


def _says_bad(case: Any) -> bool:
    return any(case.get(name, "").strip().casefold() in SAID_BAD for name in SAID_IN)


def _test(case: TestCase, entries: Sequence[Any]) -> Test:
    bad = [each for each in entries if isinstance(each, Failure | Error)]
    if bad or _says_bad(case._elem):
        outcome = Outcome.FAILED
    elif any(isinstance(each, Skipped) for each in entries) or case._elem.get("status") == "notrun":
        outcome = Outcome.SKIPPED
    else:
        outcome = Outcome.PASSED
    name = "::".join(part for part in (case.classname, case.name) if part)
    message = (bad[0].message or bad[0].text or "").strip() if bad else ""
    return Test(name[:LONGEST_NAME], outcome, _seconds(case), message[:LONGEST_MESSAGE])


def _seconds(case: TestCase) -> float | None:
    try:
        seconds = case.time
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds < math.inf else None


def _changing(runs: Sequence[_Run]) -> set[str]:
    """Tests that passed in one run and failed in another."""
    passed, failed = (
        {test.name for run in runs for test in run.tests.values() if test.outcome is outcome}
        for outcome in (Outcome.PASSED, Outcome.FAILED)
    )
    return passed & failed


def _gate(
    passed: int, failed: int, flaky: Sequence[str], incomplete: Sequence[Incomplete], doubts: Sequence[str]
) -> Gate:
    against = (*((f"{failed} failed",) if failed else ()), *((f"{len(flaky)} flaky",) if flaky else ()))
    unclear = (
        *(() if passed else ("no test passed",)),
        *((f"fewer tests listed than counted in {len(incomplete)} of the suites",) if incomplete else ()),
        *doubts,
    )
    if against:
        return Gate(Verdict.FAILS, against + unclear)
    return Gate(Verdict.UNKNOWN, unclear) if unclear else Gate(Verdict.PASSES, (f"{passed} passed and none failed",))
