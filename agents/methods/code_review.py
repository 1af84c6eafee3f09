"""A review of code by what can be told from its text; nothing of it is executed, imported or read as settings.

Python: syntax, cyclomatic complexity and maintainability (`code_measures`), rules and security (`lints`), each in a
confined process. Every language: size, and duplication (`duplicates`). Thresholds: a complexity above 10 is much
(McCabe 1976) and above 50 untestable (Carnegie Mellon SEI, "C4 software technology reference guide", 1997); a
maintainability index below 10 is low (radon's rank C); more than 1,000 lines is long (pylint's C0302).
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Any

from agents.methods import code_measures, duplicates, lints
from agents.methods.code_measures import Look, Measures
from agents.methods.lints import Lint, Severity

SECONDS = 7  # for all of it, by the clock; whoever asks may hold a transaction, which may be idle for ten
MEASURING_SECONDS = 4.5  # of these; the rest is the linter's
UNTESTABLE = 50
LOW_INDEX = 10
LONG = 1000  # lines of a file
MOST_FINDINGS = 100
MOST_FILES = 20  # whose maintainability is told
MOST_ALIKE = 5  # findings of a rule in a file, before others come
LONGEST_MESSAGE = 200  # characters
GRAVEST: tuple[Severity, ...] = ("error", "warning")
BASIS = {
    "method": "Python's parser, ruff, radon (McCabe 1976; Oman and Hagemeister 1992), repeated lines (Ducasse and "
    "others 1999); by the text, never executed",
    "rule": "approved when no finding is an error and there is Python that was reviewed",
    "rules": list(lints.RULES),
    "errors": f"syntax, {', '.join(lints.ERRORS)} but what bandit calls low, complexity above {UNTESTABLE}, and what "
    "could not be read",
}
_PYTHON = (".py", ".pyi", ".pyw")
_SHEBANG = re.compile(r"#![^\n]{0,200}python")
_LINES = re.compile(r"\r\n?|\n")  # where Python ends a line
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)  # PEP 263
_BLANK = re.compile(r"[ \t\f]*(#|$)")
_AS_SHOWN = re.compile(r"utf[-_]?8([-_]sig)?|(us[-_])?ascii|latin[-_]?1|iso[-_]?8859[-_]?15?|cp1252", re.IGNORECASE)
_OUTSIDE = re.compile(r"^[/\\~]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a line; `line` is 1 where it is the whole file."""

    path: str
    line: int
    rule: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class File:
    """A file and its measures; `measures` is None for what is no Python or could not be measured."""

    path: str
    is_python: bool
    size: int  # bytes as UTF-8
    lines: int
    measures: Measures | None


@dataclass(frozen=True, slots=True)
class Review:
    """The gravest findings first, `left_out` more are counted in `counts` only."""

    approved: bool
    findings: tuple[Finding, ...]
    left_out: int
    counts: Mapping[Severity, int]
    files: tuple[File, ...]
    duplication_percent: float

    @property
    def measured(self) -> list[Measures]:
        """The measures there are."""
        return [each.measures for each in self.files if each.measures]

    @property
    def metrics(self) -> dict[str, Any]:
        """All of it in figures; `maintainability` is that of the least maintainable files."""
        measured = self.measured
        functions = sum(each.functions for each in measured)
        indices = [(each.path, each.measures.maintainability) for each in self.files if each.measures]
        return {
            "files": len(self.files),
            "python_files": sum(each.is_python for each in self.files),
            "measured_files": len(measured),
            "bytes": sum(each.size for each in self.files),
            "lines": sum(each.lines for each in self.files),
            "source_lines": sum(each.source for each in measured),
            "comment_lines": sum(each.comments for each in measured),
            "functions": functions,
            "complexity_mean": fsum(each.complexity for each in measured) / functions if functions else None,
            "complexity_most": max((each.most for each in measured), default=None),
            "maintainability": dict(sorted(indices, key=lambda each: each[1])[:MOST_FILES]),
            "duplication_percent": self.duplication_percent,
            "findings": dict(self.counts),
        }


def review(files: Mapping[str, str]) -> Review:
    """What is found in these texts, by path, within nine seconds whatever they hold. No path is ever opened."""
    until = time.monotonic() + SECONDS
    python = {path: text.removeprefix("\ufeff") for path, text in files.items() if _is_python(path, text)}
    with tempfile.TemporaryDirectory(prefix="review-") as private:
        folder = Path(private)
        measuring = until - SECONDS + MEASURING_SECONDS
        looks = dict(zip(python, code_measures.look([*python.values()], folder=folder, until=measuring), strict=True))
        told = _lints(python, looks, folder, until)
    copies = duplicates.find(files)
    found = [
        *_of_paths(files),
        *(each for path, text in python.items() for each in _of_encoding(path, text)),
        *(each for path, look in looks.items() for each in _of_python(path, look, told[path])),
        *(Finding(each.path, each.line, "duplication", "warning", _copy(each)) for each in copies.clones),
    ]
    counts = Counter(each.severity for each in found)
    return Review(
        approved=bool(python) and not counts["error"],
        findings=tuple(_chosen(found)),
        left_out=max(0, len(found) - MOST_FINDINGS),
        counts={severity: counts[severity] for severity in GRAVEST},
        files=tuple(
            File(
                path,
                path in python,
                len(text.encode("utf-8", "replace")),
                len(text.splitlines()),
                looks[path].measures if path in python else None,
            )
            for path, text in files.items()
        ),
        duplication_percent=copies.percent,
    )


def _chosen(found: Sequence[Finding]) -> list[Finding]:
    """As many as are told, the gravest first. What a file does again and again leaves room for what others do once."""
    times: Counter[tuple[str, str]] = Counter()
    again: list[bool] = []
    placed = sorted(found, key=lambda each: (GRAVEST.index(each.severity), each.path, each.line, each.rule))
    for each in placed:
        times[each.path, each.rule] += 1
        again.append(times[each.path, each.rule] > MOST_ALIKE)
    chosen = sorted(range(len(placed)), key=again.__getitem__)[:MOST_FINDINGS]
    return [placed[at] for at in sorted(chosen)]


def _is_python(path: str, text: str) -> bool:
    """By its name, whatever stands unseen around it, or by its first line."""
    name = "".join(c for c in path if c.isprintable()).strip().lower()
    return name.endswith(_PYTHON) or _SHEBANG.match(text) is not None


def _lints(python: Mapping[str, str], looks: Mapping[str, Look], folder: Path, until: float) -> dict[str, list[Lint]]:
    """Ruff's findings by path. It is asked first for what Python itself can read, so that nothing else is in its way;
    what is too much for Python is kept from it.
    """
    from ruff import find_ruff_bin

    paths = list(python)
    told: dict[str, list[Lint]] = {path: [] for path in paths}
    kinds = {path: look.fault.kind if look.fault else "" for path, look in looks.items()}
    for asked in ({""}, {"grammar", "syntax", "broke", "late"}):
        chosen = {place: (path, python[path]) for place, path in enumerate(paths) if kinds[path] in asked}
        for each in lints.lint(chosen, ruff=find_ruff_bin(), folder=folder, until=until):
            told[paths[each.place]].append(each)
    return told


def _of_paths(files: Mapping[str, str]) -> Iterator[Finding]:
    for path, text in files.items():
        if _OUTSIDE.search(path):
            yield Finding(path, 1, "path", "warning", "is no path within a project; the text was reviewed all the same")
        if (lines := len(text.splitlines())) > LONG:
            yield Finding(path, 1, "size", "warning", f"has {lines} lines; more than {LONG} are two subjects")


def _of_encoding(path: str, text: str) -> Iterator[Finding]:
    """Python reads a file by the encoding it names; by some, what was reviewed is not what would run."""
    name = _encoding(text)
    if name and not _AS_SHOWN.fullmatch(name):
        message = f"names the encoding {name[:40]}, by which Python would read another text than this"
        yield Finding(path, 1, "encoding", "error", message)


def _encoding(text: str) -> str:
    """What its first line names, or its second if the first is blank or a comment; '' if neither does (PEP 263)."""
    for line in _LINES.split(text, 2)[:2]:
        if cookie := _COOKIE.match(line):
            return cookie[1]
        if not _BLANK.match(line):
            break
    return ""


def _of_python(path: str, look: Look, told: Sequence[Lint]) -> Iterator[Finding]:
    fault = look.fault
    if fault is None:
        yield from (_linted(path, each) for each in told)
        yield from _of_measures(path, look.measures)
        return
    yield from (_linted(path, each) for each in told if each.rule != lints.SYNTAX)
    if fault.kind == "grammar" and not {each.rule for each in told} & {lints.SYNTAX, lints.BROKE}:
        message = f"this Python cannot read it, a newer one may: {fault.message}; its complexity is not measured"
        yield Finding(path, fault.line, "python-version", "warning", message[:LONGEST_MESSAGE])
    else:
        rule = "syntax" if fault.kind in ("grammar", "syntax") else "unreadable"
        yield Finding(path, fault.line, rule, "error", fault.message[:LONGEST_MESSAGE])


def _linted(path: str, each: Lint) -> Finding:
    rule = "syntax" if each.rule == lints.SYNTAX else each.rule
    return Finding(path, each.line, rule, lints.severity(each.rule), each.message[:LONGEST_MESSAGE])


def _of_measures(path: str, measures: Measures | None) -> Iterator[Finding]:
    if measures is None:
        yield Finding(path, 1, "unmeasured", "error", "is nested too deeply or too long for its complexity to be told")
        return
    for line, name, complexity in measures.complex:
        severity: Severity = "error" if complexity > UNTESTABLE else "warning"
        yield Finding(path, line, "complexity", severity, f"{name[:80]} has a cyclomatic complexity of {complexity}")
    if measures.more_complex:
        yield Finding(path, 1, "complexity", "warning", f"{measures.more_complex} more functions are complex")
    if measures.maintainability < LOW_INDEX:
        message = f"has a maintainability index of {measures.maintainability:g} of 100"
        yield Finding(path, 1, "maintainability", "warning", message)


def _copy(clone: duplicates.Clone) -> str:
    return f"{clone.lines} lines from here stand at line {clone.of_line} of {clone.of_path[:120]!r} as well"
