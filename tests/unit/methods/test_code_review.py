"""What a review tells of texts, and that no text breaks it, hangs it, or is executed."""

from __future__ import annotations

import ast
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radon.metrics import mi_visit
from radon.raw import analyze

from agents.methods import code_measures, lints, measuring
from agents.methods.code_review import MOST_FINDINGS, Review, review

ROOT = Path(__file__).resolve().parents[3]
EVAL = "x = eval(input())\n"


def rules(told: Review, path: str = "a.py") -> list[str]:
    return [each.rule for each in told.findings if each.path == path]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a = 1; b = 2\n",
            "if x: y\n",
            "if x:\n    y\n",
            "if x:  # c\n    pass\n",
            "x: int\n",
            "x[1:]\n",
        ),
        *(
            "d = {1: 2}\n",
            "lambda: 0\n",
            "def f(a: int):\n    return a\n",
            "x;\n",
            "\n\n# c\n",
        ),
        *('"""a\n\nb"""\nx = 1\n', 'x = """\n\n a\n"""\n', ""),
    ],
)
def test_lines_are_counted_as_radon_counts_them(text: str) -> None:
    raw, told = analyze(text), measuring.count(text)
    assert (told["logical"], told["source"], told["comments"], told["strings"]) == (
        raw.lloc,
        raw.sloc,
        raw.comments,
        raw.multi,
    )


def test_a_tree_without_its_empty_leaves_has_the_same_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [path.read_text() for path in sorted((ROOT / "agents/methods").glob("*.py"))]
    assert len(texts) > 30
    whole = [measuring.measure(ast.parse(text), text) for text in texts]
    monkeypatch.setattr(ast.NodeVisitor, "generic_visit", measuring.descend)
    assert [measuring.measure(ast.parse(text), text) for text in texts] == whole


def branches(count: int) -> str:
    return "def f(a):\n" + "    if a:\n        pass\n" * count


def test_a_function_without_decisions_has_complexity_one_and_each_decision_adds_one() -> None:
    """McCabe 1976: decisions and one more, a condition of two parts being two decisions."""
    text = "def f(a, b):\n    if a and b:\n        return 1\n    for c in a:\n        pass\n\n\ndef g(): pass\n"
    [measures] = review({"a.py": text}).measured
    assert (measures.functions, measures.complexity, measures.most) == (2, 5, 4)


def test_complexity_is_much_above_ten_and_untestable_above_fifty() -> None:
    """McCabe 1976; Carnegie Mellon SEI 1997."""
    told = review({str(count): f"#!python\n{branches(count)}" for count in (9, 10, 49, 50)}).findings
    found = {each.path: each.severity for each in told if each.rule == "complexity"}
    assert found == {"10": "warning", "49": "warning", "50": "error"}


@pytest.mark.parametrize("name", ["estimates", "backlogs", "dependencies", "code_review", "measuring"])
def test_the_maintainability_index_is_radons(name: str) -> None:
    text = (ROOT / "agents/methods" / f"{name}.py").read_text()
    assert measuring.measure(ast.parse(text), text)["maintainability"] == round(mi_visit(text, multi=True), 2)


def test_low_maintainability_and_long_files_are_warned_of() -> None:
    text = "\n".join(f"x{n} = {n} + y * {n}" for n in range(1001))
    assert {"maintainability", "size"} <= set(rules(review({"a.py": "y = 1\n" + text})))


def test_what_is_no_program_is_an_error_at_its_line() -> None:
    lines = {"x = (\n": 1, "a = 1\nprint 1\n": 2, "def f(a, a): pass\n": 1, "x = 1\nreturn 2\n": 2, "if x:\ny\n": 2}
    odd = {"\x00": 1, "x = '\ud800'": 1, "\x1a": 1, "x\u200b = 1": 1}
    told = review({f"{n}.py": text for n, text in enumerate(lines | odd)}).findings
    found = {(each.path, each.line) for each in told if (each.rule, each.severity) == ("syntax", "error")}
    assert found >= {(f"{n}.py", line) for n, line in enumerate((lines | odd).values())}


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="This Python reads it.")
def test_what_only_a_newer_python_reads_is_no_error() -> None:
    told = review({"a.py": "name = 'a'\nx = t'{name}'\n"})
    assert (rules(told), told.counts["error"], told.approved) == (["python-version"], 0, True)


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        *((rule, "error") for rule in ("S102", "S307", "S301", "S324", "S602", "S608", "F821", "E999", "PLE0101")),
        *(
            (rule, "warning")
            for rule in ("S101", "S105", "S110", "S311", "S404", "S603", "S607", "F401", "B006", "E711")
        ),
    ],
)
def test_errors_are_what_stops_a_build_and_what_bandit_calls_medium_or_high(rule: str, severity: str) -> None:
    assert lints.severity(rule) == severity


def test_an_assert_is_noted_but_in_tests() -> None:
    files = dict.fromkeys(["a.py", "tests/a.py", "pkg/test_a.py", "a_test.py", "conftest.py"], "x = 1\nassert x\n")
    assert [each.path for each in review(files).findings] == ["a.py"]


def test_packages_may_import_for_others_and_unused_names_are_told_elsewhere() -> None:
    told = review({"a/__init__.py": "from os import path as path\n", "a.py": "import os\n", "a.pyi": "x: int\n"})
    assert [(each.path, each.rule) for each in told.findings] == [("a.py", "F401")]


def test_no_comment_silences_a_rule() -> None:
    comments = ["# noqa", "# noqa: S307", "# ruff: ignore[S307]"]
    told = review({f"{n}.py": f"# ruff: noqa\n# flake8: noqa\nx = eval(x)  {c}\n" for n, c in enumerate(comments)})
    assert [each.path for each in told.findings if each.rule == "S307"] == ["0.py", "1.py", "2.py"]


def test_no_settings_of_the_callers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ruff.toml").write_text("[lint]\nignore = ['S']\n")
    (tmp_path / "radon.py").write_text("raise SystemExit")
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "json")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = review({"a.py": EVAL})
    assert (rules(told), len(told.measured)) == (["S307"], 1)


def test_nothing_is_executed_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch, trap = tmp_path / "scratch", tmp_path / "trap"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    touch = f"pathlib.Path({str(trap)!r}).touch()"
    text = f"import pathlib\n{touch}\nclass A(print({touch})): x = {touch}\n"
    paths = [
        f"{tmp_path}/x.py",
        "../../x.py",
        "..",
        "a\nb.py",
        "con.py",
        "a/../../b.py",
        "\ud800.py",
        "x" * 9000 + ".py",
    ]
    told = review(dict.fromkeys(paths, text))
    assert len(told.files) == len(paths)
    assert {path.name for path in tmp_path.rglob("*")} == {"scratch"}


def test_a_path_that_is_none_of_a_projects_is_told() -> None:
    odd = ["/etc/passwd", "../a", "a/../b", "C:\\a", "~/a", "a\x1b", "a\u202e"]
    told = review(dict.fromkeys([*odd, "a/b..c/…", "a b", ".a"], "x"))
    assert [each.path for each in told.findings if each.rule == "path"] == sorted(odd)


BOMBS = {
    "brackets.py": "(" * 100_000,
    "nots.py": "x = " + "not " * 100_000 + "1",
    "minuses.py": "x = " + "-" * 100_000 + "1",
    "sums.py": "x = " + "1+" * 50_000 + "1",
    "attributes.py": "x" + ".a" * 50_000,
    "lambdas.py": "x = " + "lambda:" * 100_000 + "1",
    "elifs.py": "if a:\n pass\n" + "elif a:\n pass\n" * 900,
    "numbers.py": "x = " + "9" * 100_000,
    "f-strings.py": "f'{" * 5000 + "1" + "}'" * 5000,
    "what overflows the linter's stack.py": "def\nx = " + "not " * 100_000 + "1",
}


def test_each_bomb_is_told_as_a_finding_and_the_file_beside_it_reviewed() -> None:
    told = review({**BOMBS, "a.py": EVAL})
    assert {path for path in BOMBS if not rules(told, path)} == set()
    assert "S307" in rules(told)
    assert all(each.is_python for each in told.files)


def test_odd_texts_that_are_programs_are_reviewed() -> None:
    texts = ["", "\n", "\f\f\n", "\ufeffx = 1\n", "x = 1\r\ny = 2\r"]
    told = review({f"{n}.py": text for n, text in enumerate(texts)})
    assert (told.counts["error"], len(told.measured)) == (0, len(texts))


def test_a_file_that_takes_too_long_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_measures, "FILE_SECONDS", 0.3)
    told = review({"a.py": EVAL, "slow.py": "def f():\n pass\n" * 20_000, "b.py": EVAL})
    assert "S307" in rules(told) and "S307" in rules(told, "b.py")
    assert {"unreadable", "unmeasured"} & set(rules(told, "slow.py"))
    assert len(told.measured) == 2


def test_what_there_is_no_time_for_is_told_as_not_read(tmp_path: Path) -> None:
    over = time.monotonic()
    assert code_measures.look(["x = 1"], folder=tmp_path, until=over) == [code_measures.Look(code_measures.LATE, None)]
    [told] = lints.lint({0: ("a.py", EVAL)}, ruff="ruff", folder=tmp_path, until=over)
    assert (told.rule, lints.severity(told.rule)) == (lints.BROKE, "error")


def test_findings_are_bounded_the_gravest_and_most_various_first() -> None:
    told = review({"a.py": "import os\n" * 300 + "x = eval(y)\n" * 300, "b.py": EVAL})
    assert (len(told.findings), told.findings[0].severity) == (MOST_FINDINGS, "error")
    assert told.left_out == sum(told.counts.values()) - MOST_FINDINGS
    assert {"F401", "S307", "F821", "duplication"} <= set(rules(told)) and "S307" in rules(told, "b.py")


def test_without_python_nothing_is_approved_and_copies_are_told() -> None:
    text = "".join(f"line {n} says this;\n" for n in range(8))
    told = review({"a.js": text, "b.js": text})
    assert (told.approved, told.duplication_percent, rules(told, "b.js")) == (False, 100, ["duplication"])
    assert told.metrics["python_files"] == 0
    assert review({"run": "#!/usr/bin/env python3\nx = 1\n"}).approved
    assert not review({}).approved


def test_ordinary_files_take_little_time() -> None:
    texts = [path.read_text() for path in sorted((ROOT / "agents/methods").glob("*.py"))]
    started = time.monotonic()
    told = review({f"{n}.py": texts[n % len(texts)].replace("def ", f"def n{n}_") for n in range(20)})
    assert len(told.measured) == 20
    assert time.monotonic() - started < 5


@settings(max_examples=5, deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=4))
def test_any_texts_have_a_review_that_adds_up(files: dict[str, str]) -> None:
    told = review({f"{path}.py": text for path, text in files.items()})
    assert len(told.findings) + told.left_out == sum(told.counts.values())
    assert told.approved == (bool(files) and not told.counts["error"])
    assert 0 <= told.duplication_percent <= 100


@pytest.mark.parametrize(
    "text",
    [
        "# coding: unicode_escape\nx = 1 #\\u000aeval(input())\n",
        "#!/usr/bin/python\n# -*- coding: utf-7 -*-\nx = 1\n",
        "\n# vim: set fileencoding=rot13 :\nx = 1\n",
        "# coding: utf-16\nx = 1\n",
        "# coding: none\n",
        "\r# coding: unicode_escape\nx = 1 #\\u000aeval(input())\n",
        "#\r\n\f# coding=unicode_escape\rx = 1 #\\u000aeval(input())\n",
    ],
)
def test_code_that_python_would_read_otherwise_is_not_approved(text: str) -> None:
    found = review({"a.py": text})
    assert not found.approved
    assert "encoding" in {each.rule for each in found.findings}


def test_the_usual_encodings_are_nothing_to_tell_of() -> None:
    for name in ("utf-8", "latin-1", "ascii"):
        assert review({"a.py": f"# coding: {name}\nx = 1\n"}).approved
    for said in ("x = 1\n# coding: as in PEP 8\n", '"""\n# coding: by hand\n"""\n', "#\n\n# coding: by hand\n"):
        assert review({"a.py": said}).approved  # where Python looks for none


def test_a_number_that_this_python_cannot_read_is_no_warning() -> None:
    assert not review({"a.py": f"x = {'9' * 100_000}\n"}).approved


@pytest.mark.parametrize("path", ["b.py ", "b.py\u200b", "g.cgi"])
def test_python_is_known_whatever_its_name_looks_like(path: str) -> None:
    found = review({"ok.py": "x = 1\n", path: "#!/usr/bin/env python3\neval(input())\n"})
    assert not found.approved
