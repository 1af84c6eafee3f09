"""JUnit's XML in the dialects of its writers; what is flaky over runs; XML that would do harm."""

from __future__ import annotations

import time
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.test_results import MOST_BYTES, MOST_LEVELS, Incomplete, analyze

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="3" time="0.1">
<testcase classname="tests.test_a" name="test_ok" time="0.01"/>
<testcase classname="tests.test_a" name="test_bad" time="0.02"><failure message="assert 1 == 2">trace</failure>
</testcase>
<testcase classname="tests.test_a" name="test_later" time="0.00"><skipped type="pytest.skip" message="later"/>
</testcase>
</testsuite></testsuites>"""
SUREFIRE = """<testsuite name="A" tests="2"><testcase classname="A" name="b" time="1.5">
<flakyFailure message="once" type="x"><stackTrace>t</stackTrace></flakyFailure></testcase>
<testcase classname="A" name="c"><error message="NPE" type="x"/></testcase></testsuite>"""
GTEST = """<testsuites tests="1"><testsuite name="S" tests="1"><testcase name="t" status="notrun" time="0"
classname="S"/></testsuite></testsuites>"""


def suite(**outcomes: str) -> str:
    marks = {"passed": "", "failed": "<failure/>", "error": "<error/>", "skipped": "<skipped/>"}
    cases = "".join(f"<testcase name={quoteattr(name)}>{marks[each]}</testcase>" for name, each in outcomes.items())
    return f'<testsuite name="s" tests="{len(outcomes)}">{cases}</testsuite>'


@pytest.mark.parametrize(
    ("xml", "counts"),
    [(PYTEST, (1, 1, 1)), (SUREFIRE, (1, 1, 0)), (GTEST, (0, 0, 1))],
    ids=["pytest", "maven", "gtest"],
)
def test_each_dialect_is_counted(xml: str, counts: tuple[int, int, int]) -> None:
    told = analyze([xml])
    assert (told.passed, told.failed, told.skipped) == counts


def test_failures_say_what_they_said_and_the_slowest_stand_first() -> None:
    told = analyze([PYTEST])
    assert [(each.name, each.message) for each in told.failures] == [("tests.test_a::test_bad", "assert 1 == 2")]
    assert [each.seconds for each in told.slowest] == [0.02, 0.01, 0.0]
    assert (told.gate.verdict, told.gate.reasons) == ("fail", ("1 failed",))


def test_what_maven_calls_flaky_is_flaky() -> None:
    assert analyze([SUREFIRE]).flaky == ("A::b",)


def test_what_passed_and_failed_over_runs_is_flaky_and_counts_by_its_newest_run() -> None:
    told = analyze([suite(a="failed", b="passed"), suite(a="passed")])
    assert (told.passed, told.failed, told.flaky, told.gate.reasons) == (2, 0, ("a",), ("1 flaky",))
    assert told.gate.verdict == "fail"


def test_what_was_skipped_in_one_run_and_passed_in_another_is_not_flaky() -> None:
    assert analyze([suite(a="skipped"), suite(a="passed")]).gate.verdict == "pass"


def test_all_passed_is_a_pass_that_says_how_many() -> None:
    told = analyze([suite(a="passed", b="skipped")])
    assert (told.gate.verdict, told.gate.reasons) == ("pass", ("1 passed and none failed",))


def test_a_suite_that_broke_off_leaves_it_unknown() -> None:
    told = analyze([suite(a="passed").replace('tests="1"', 'tests="5"')])
    assert told.gate.verdict == "unknown"
    assert told.gate.reasons == ("fewer tests listed than counted in 1 of the suites",)
    assert told.incomplete == (Incomplete("s", 5, 1),)
    assert analyze([suite(a="failed").replace('tests="1"', 'tests="5"')]).gate.verdict == "fail"


@pytest.mark.parametrize("xml", [suite(a="skipped"), "<testsuites/>", '<testsuite tests="0"/>'])
def test_where_nothing_passed_or_failed_it_is_unknown(xml: str) -> None:
    told = analyze([xml])
    assert (told.gate.verdict, told.gate.reasons) == ("unknown", ("no test passed",))


def test_a_test_told_of_twice_in_a_run_has_the_worse_outcome() -> None:
    both = suite(a="passed").replace("</testsuite>", '<testcase name="a"><failure/></testcase></testsuite>')
    assert (analyze([both]).failed, analyze([both]).passed) == (1, 0)


def test_names_of_a_namespace_are_read_and_times_that_are_none_are_missing() -> None:
    xml = '<testsuite xmlns="urn:x"><testcase name="a" time="nan"/><testcase name="b" time="soon"/></testsuite>'
    told = analyze([xml])
    assert (told.passed, told.slowest, told.missing) == (2, (), ("time of 2 test cases",))


OUTCOMES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.sampled_from(["passed", "failed", "error", "skipped"]), max_size=8
)


@settings(max_examples=50, deadline=None)
@given(st.lists(OUTCOMES, min_size=1, max_size=4))
def test_every_test_is_counted_once_by_its_newest_run(runs: list[dict[str, str]]) -> None:
    told = analyze([suite(**run) for run in runs])
    newest: dict[str, str] = {}
    for run in runs:
        newest |= run
    bad = sum(each in ("failed", "error") for each in newest.values())
    assert told.passed + told.failed + told.skipped == len(newest)
    assert (told.failed, told.skipped) == (bad, sum(each == "skipped" for each in newest.values()))
    assert told.gate.reasons
    assert (told.gate.verdict == "fail") == bool(bad or told.flaky)
    assert told.gate.verdict != "pass" or told.passed > 0


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><testsuite>&j;</testsuite>"
)


@pytest.mark.parametrize(
    "xml",
    [
        LAUGHS,
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&a;"/></testsuite>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><testsuite/>',
        "<testsuite>" * 200_000,
        "<x/>",
        "",
        "\x00",
        "\ud800",
        "<testsuite" + " a" * 400_000,
        "y" * (MOST_BYTES + 1),
    ],
    ids=["laughs", "file", "net", "deep", "other", "empty", "nul", "surrogate", "attributes", "long"],
)
def test_xml_that_would_do_harm_is_refused_at_once(xml: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Impossible) as fault:
        analyze([xml])
    assert fault.value.field.startswith("junit_xml")
    assert time.perf_counter() - began < 5  # a search that has no end, not a speed


def nested(depth: int) -> str:
    return "<testsuite>" * depth + '<testcase name="x"/>' + "</testsuite>" * depth


def test_suites_in_suites_are_read_and_a_tower_of_them_is_refused() -> None:
    assert analyze([nested(MOST_LEVELS - 1)]).passed == 1
    for depth in (MOST_LEVELS, 40_000):
        with pytest.raises(Impossible, match="nested deeper than 50"):
            analyze([nested(depth)])
    inside = "<testsuite><testcase>" + "<a>" * 100_000 + "</a>" * 100_000 + "</testcase></testsuite>"
    with pytest.raises(Impossible, match="nested deeper"):
        analyze([inside])


def test_as_many_tests_as_fit_are_read_at_once() -> None:
    began = time.perf_counter()
    assert analyze(["<testsuite>" + '<testcase name="x"/>' * 52_000 + "</testsuite>"]).passed == 1
    assert len(analyze(["<testsuites>" + '<testsuite tests="9"/>' * 40_000 + "</testsuites>"]).incomplete) == 40_000
    assert time.perf_counter() - began < 10  # a search that has no end, not a speed


@pytest.mark.parametrize("count", [0, 101])
def test_no_run_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(Impossible, match="1 to 100"):
        analyze(["<testsuite/>"] * count)


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ('<testsuite tests="1" failures="1" errors="3"><testcase name="a"/></testsuite>', "more failures counted"),
        (
            '<testsuites failures="2"><testsuite tests="1"><testcase name="a"/></testsuite></testsuites>',
            "more failures counted than listed in 1",
        ),
        ('<testsuites tests="9"><testsuite><testcase name="a"/></testsuite></testsuites>', "fewer tests listed"),
        ('<testsuite tests="1,000"><testcase name="a"/></testsuite>', "1 counts that are no numbers"),
        ('<testsuite tests="99999999999"><testcase name="a"/></testsuite>', "1 counts that are no numbers"),
        ('<testsuite><testcase name="a"/><error message="boom"/></testsuite>', "1 failures of no test case"),
        (
            '<testsuite><testcase name="a"/><group><testcase name="b"><failure/></testcase></group></testsuite>',
            "1 test cases outside",
        ),
        (
            '<testsuites><testsuite><testcase name="a"/></testsuite><group><testsuite><testcase name="b"><failure/>'
            "</testcase></testsuite></group></testsuites>",
            "1 test cases outside",
        ),
    ],
)
def test_a_run_that_contradicts_itself_is_no_pass(xml: str, why: str) -> None:
    gate = analyze([xml]).gate
    assert gate.verdict == "unknown"
    assert any(each.startswith(why) for each in gate.reasons), gate.reasons


@pytest.mark.parametrize("said", ['status="failed"/', 'status="FAIL"/', 'result="failed"/', "><Failure/></testcase"])
def test_a_case_that_says_so_has_failed(said: str) -> None:
    told = analyze([f'<testsuite><testcase name="a" {said}><testcase name="b"/></testsuite>'])
    assert (told.failed, told.gate.verdict) == (1, "fail")
