"""Success criteria of WCAG 2.2 as rules, what was checked by them, and what that makes in all.

Score: of each rule that applied, the share of what it was asked of that passed; their mean, weighted by level (A 3,
AA 2, AAA 1), times 100. Level: the highest at which, and below which, nothing that was checked failed. Neither is
conformance: most of WCAG is to be seen by people only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Level = Literal["A", "AA", "AAA"]
WEIGHTS: Mapping[Level, int] = {"A": 3, "AA": 2, "AAA": 1}
MOST_LISTED = 100  # violations told one by one
MOST_OF_A_RULE = 20


class Placed(Protocol):
    """What can be told where it is."""

    @property
    def where(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A test of a success criterion; `mend` is what makes it pass."""

    criterion: str
    level: Level
    name: str
    mend: str


@dataclass(frozen=True, slots=True)
class Violation:
    criterion: str
    level: Level
    rule: str
    where: str
    why: str
    mend: str


@dataclass(slots=True)
class Findings:
    """What rules were asked, how often, and what failed them; not more of a rule is listed than is of use."""

    checked: Counter[Rule] = field(default_factory=Counter)
    failed: Counter[Rule] = field(default_factory=Counter)
    listed: list[Violation] = field(default_factory=list)

    def check(self, rule: Rule, passed: bool, at: Placed | str, why: str, mend: str = "") -> None:
        """Note one thing that a rule was asked of; `mend` where it is more exact than the rule's."""
        self.checked[rule] += 1
        if passed:
            return
        self.failed[rule] += 1
        if self.failed[rule] <= MOST_OF_A_RULE:
            where = at if isinstance(at, str) else at.where
            self.listed.append(Violation(rule.criterion, rule.level, rule.name, where, why, mend or rule.mend))

    @property
    def violations(self) -> list[Violation]:
        """Those of the lowest level first, at most MOST_LISTED."""
        return sorted(self.listed, key=lambda each: len(each.level))[:MOST_LISTED]

    @property
    def level(self) -> Literal["AAA", "AA", "A", "none"]:
        """The highest level with nothing failed at it or below; "none" too where nothing was checked."""
        failed = {rule.level for rule in self.failed}
        if "A" in failed or not self.checked:
            return "none"
        return "A" if "AA" in failed else "AA" if "AAA" in failed else "AAA"

    @property
    def score(self) -> float:
        """0 to 100; 0 where nothing was checked."""
        weight = sum(WEIGHTS[rule.level] for rule in self.checked)
        passed = sum(WEIGHTS[rule.level] * (1 - self.failed[rule] / asked) for rule, asked in self.checked.items())
        return 100 * passed / weight if weight else 0.0
