"""Changes of what runs: what must hold before one is approved.

After ITIL 4, "Change enablement", practice guide, 2020: a way back for every change, a window for what is risky,
emergency changes that mend an incident. The house's own: while a critical incident is open, nothing changes but what
mends it. Times are aware. Words and steps are counted; their sense is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Risk = Literal["low", "medium", "high", "critical"]
RISKY = ("high", "critical")
FEWEST_WORDS = 3  # different ones: fewer cannot say what is done to what
FEWEST_STEPS = 2  # of a risky change: going back, and one more, as seeing that it worked
MOST_NAMED = 3  # incidents in a sentence
ELSEWHERE = {  # whatever is called otherwise counts as production
    *("ci", "demo", "dev", "develop", "development", "lab", "local", "preview", "qa", "sandbox", "stage", "staging"),
    *("test", "testing", "tests", "uat", "preprod"),
}
LIVE = {"customer", "customers", "live", "prd", "prod", "production"}  # one of these, and people live by it
WHERE = {  # says where or what it is, and not whether people live by it
    *("africa", "america", "asia", "central", "cluster", "de", "east", "env", "environment", "eu", "europe", "north"),
    *("region", "server", "site", "south", "uk", "us", "west", "zone"),
}
_NOT_LIVE = re.compile(r"\b(?:non|pre)[-_ ]?prod(?:uction)?\b")
_WORD = re.compile(r"[^\W\d_]+")
_STEP = re.compile(r"\n|;|[.!?](?:\s|$)|(?:^|\s)\d{1,3}[.)]\s|,?\s(?:and )?then\s")


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it is asked for, now. `window`: from and to; `holds_until`: the end of an approval of today.

    `environments` are normalised names. `mends`: the severity of the open incident it mends, or ''; `critical`: the
    names of the critical incidents that are open.
    """

    environments: Sequence[str]
    risk: Risk
    rollback_plan: str
    now: datetime
    holds_until: datetime
    window: tuple[datetime, datetime] | None = None
    mends: str = ""
    critical: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold, whether it does, and what would meet it where it does not."""

    name: Literal["rollback", "window", "incidents"]
    met: bool
    says: str
    meet: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """`emergency`: it mends a high or critical incident, and waits for no window and no vote.

    `to_vote`: more than one head is to decide it.
    """

    conditions: tuple[Condition, ...]
    production: tuple[str, ...]
    steps: tuple[str, ...]
    emergency: bool
    to_vote: bool

    @property
    def unmet(self) -> tuple[Condition, ...]:
        return tuple(each for each in self.conditions if not each.met)


def judge(change: Change) -> Judged:
    """The conditions of a change, by its risk and by where it is made."""
    production = tuple(name for name in change.environments if is_production(name))
    emergency = change.mends in RISKY
    found = steps(change.rollback_plan)
    return Judged(
        conditions=(
            _rollback(change, found),
            _window(change, bool(production), emergency),
            _incidents(change),
        ),
        production=production,
        steps=found,
        emergency=emergency,
        to_vote=change.risk == "critical" and bool(production) and not emergency,
    )


def is_production(environment: str) -> bool:
    """Whether people live by it: whatever is called so, or has a word in it that says neither staging nor a place."""
    words = set(_WORD.findall(_NOT_LIVE.sub("preprod", environment.casefold())))
    return bool(words & LIVE) or not (words & ELSEWHERE and words <= ELSEWHERE | WHERE)


def steps(plan: str) -> tuple[str, ...]:
    """What a plan says is done one after another: its lines, sentences or numbers, of two words and more."""
    parts = (" ".join(part.split()) for part in _STEP.split(plan))
    return tuple(part for part in parts if len(_WORD.findall(part)) > 1)


def _rollback(change: Change, found: Sequence[str]) -> Condition:
    words = len({word.casefold() for word in _WORD.findall(change.rollback_plan)})
    if words < FEWEST_WORDS:
        says = f"A rollback plan of fewer than {FEWEST_WORDS} different words says no way back."
        return Condition("rollback", False, says, "say in rollback_plan what is done, step by step, to get back")
    if change.risk in RISKY and len(found) < FEWEST_STEPS:
        says = f"The rollback plan names {len(found)} step; of a change of {change.risk} risk it names {FEWEST_STEPS}."
        return Condition(
            "rollback", False, says, "name in rollback_plan the steps, one a line, the last how to see it worked"
        )
    return Condition("rollback", True, f"The rollback plan names {len(found)} steps.")


def _window(change: Change, in_production: bool, emergency: bool) -> Condition:
    if change.window is None:
        if change.risk not in RISKY or not in_production or emergency:
            why = "it mends an incident" if emergency else "its risk, where it is made, asks for none"
            return Condition("window", True, f"It needs no window: {why}.")
        says = f"A change of {change.risk} risk in production needs a window."
        return Condition("window", False, says, "send window {from, to}")
    begins, ends = change.window
    if ends <= change.now:
        says = f"The window was over at {_shown(ends)}; it is {_shown(change.now)}."
        return Condition("window", False, says, "send a window that lies ahead")
    if ends > change.holds_until:
        says = f"The window ends after {_shown(change.holds_until)}, when an approval of today holds no more."
        return Condition("window", False, says, "send a window that ends before, or ask later")
    return Condition("window", True, f"It is made from {_shown(begins)} to {_shown(ends)}.")


def _incidents(change: Change) -> Condition:
    if not change.critical:
        return Condition("incidents", True, "No critical incident is open.")
    if change.mends == "critical":
        return Condition("incidents", True, "It mends a critical incident that is open.")
    more = f" and {len(change.critical) - MOST_NAMED} more" if len(change.critical) > MOST_NAMED else ""
    says = f"A critical incident is open: {', '.join(change.critical[:MOST_NAMED])}{more}."
    return Condition("incidents", False, says, "resolve it first, or name it in mends if this change mends it")


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
