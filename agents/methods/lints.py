"""What ruff says of Python text, by one set of rules that neither the text nor the caller's settings change.

Ruff (https://docs.astral.sh/ruff) with pyflakes' F, pycodestyle's E4, E7, E9 and W6, bugbear's B, bandit's S, pylint's
PLE. How grave: an error is what stops a build in GitHub's Python workflow (E9, F63, F7, F82) or pylint (PLE), and what
bandit (https://bandit.readthedocs.io/en/latest/plugins) calls of medium or high severity; the rest are warnings.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from agents.methods import confined

Severity = Literal["error", "warning"]
RULES = ("E4", "E7", "E9", "W6", "F", "B", "S", "PLE")
ERRORS = ("E9", "F63", "F7", "F82", "PLE", "S")
# Of low severity by bandit: asserts, passwords by their look, silent excepts, random, imports, processes, no shell.
LOW = re.compile(r"S(101|10[567]|11[02]|311|40[3-9]|60[367])")
SYNTAX = "invalid-syntax"
BROKE = "ruff-broke-off"
NEWEST = "py314"  # so that what an older Python cannot read yet is read
LEAST_SECONDS = 0.05
_LINE = re.compile(r"(\d+)/[a-z_]+\.pyi?:(\d+):\d+: ([A-Za-z0-9-]+):? (.*)")
_TEST = re.compile(r"(^|/)(tests?/|conftest\.py$|test_[^/]*$|[^/]*_tests?\.py$)")


@dataclass(frozen=True, slots=True)
class Lint:
    """What a rule finds in the text at `place`."""

    place: int
    line: int
    rule: str
    message: str


def severity(rule: str) -> Severity:
    """How grave what a rule finds is."""
    if rule in (SYNTAX, BROKE):
        return "error"
    return "error" if rule.startswith(ERRORS) and not LOW.fullmatch(rule) else "warning"


def lint(files: Mapping[int, tuple[str, str]], *, ruff: str, folder: Path, until: float) -> list[Lint]:
    """Ruff's findings on the (path, text) of each place. `until`: of `time.monotonic`; `folder`: empty, private.

    A path is only looked at: files are written under names of their own. Ruff is asked for all at once; where it
    breaks, for each half on its own, so that a text that breaks it is told alone.
    """
    names = {place: _write(folder, place, path, text) for place, (path, text) in files.items()}
    tests = {place for place, (path, _) in files.items() if _TEST.search(path.replace("\\", "/"))}
    found = _ask(list(names), names, ruff, folder, until)
    return [each for each in found if not (each.rule == "S101" and each.place in tests)]  # a test is made of asserts


def _write(folder: Path, place: int, path: str, text: str) -> str:
    """The name it is written under: of its own but for what rules go by, a package's `__init__` and stubs."""
    stem, suffix = PurePosixPath(path).stem, PurePosixPath(path).suffix
    name = f"{place}/{'__init__' if stem == '__init__' else 'module'}{'.pyi' if suffix == '.pyi' else '.py'}"
    (folder / str(place)).mkdir()
    (folder / name).write_bytes(text.encode("utf-8", "replace"))
    return name


def _ask(places: Sequence[int], names: Mapping[int, str], ruff: str, folder: Path, until: float) -> list[Lint]:
    left = until - time.monotonic()
    if not places or left < LEAST_SECONDS:
        return [Lint(place, 1, BROKE, "was not looked at: the time was over") for place in places]
    options = ["--isolated", "--no-cache", "--ignore-noqa", "--no-respect-gitignore", "--output-format=concise"]
    program = [ruff, "check", "--quiet", *options, f"--target-version={NEWEST}", f"--select={','.join(RULES)}", "--"]
    output = confined.run([*program, *(names[place] for place in places)], folder=folder, seconds=left / 2)
    if output.ended in (0, 1):
        return _read(output.lines)
    if len(places) == 1:
        broke = Lint(places[0], 1, BROKE, "makes the linter break off; what it would find further is not known")
        return [broke, *_read(output.lines)]
    half = len(places) // 2
    return [each for part in (places[:half], places[half:]) for each in _ask(part, names, ruff, folder, until)]


def _read(lines: Sequence[str]) -> list[Lint]:
    told = [found for line in lines if (found := _LINE.fullmatch(line))]
    return [Lint(int(each[1]), int(each[2]), each[3], each[4].removeprefix("[*] ")) for each in told]
