"""The table of attacks on authority: what each tries, how it is played, and the sentence that stops it.

An attack is a function that sets its stage with honest deeds and returns the attempt; the attempt returns what it was
told. The runner (`test_attacks.py`) plays it and then asks the database for its own account (`evidence.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.attacks.world import World

Attempt = Callable[[], str]


class Leaves(Enum):
    """What a refusal may leave behind."""

    NOTHING = "the note of the refusal, and no other change"
    NO_APPROVAL = "a matter that waits, or was rejected; nothing approved, nothing spent"
    ITS_DUE = "what the charter grants, and nothing beyond it"


@dataclass(frozen=True)
class Attack:
    """`tries`: the attempt, its id. `says`: what the refusal must say."""

    tries: str
    play: Callable[[World], Attempt]
    says: str
    leaves: Leaves

    @property
    def door(self) -> str:
        return self.play.__module__.rsplit(".", 1)[1]


ATTACKS: list[Attack] = []


def attack(
    tries: str, *, says: str, leaves: Leaves = Leaves.NOTHING
) -> Callable[[Callable[[World], Attempt]], Callable[[World], Attempt]]:
    """Enter a function into the table."""

    def enter(play: Callable[[World], Attempt]) -> Callable[[World], Attempt]:
        ATTACKS.append(Attack(tries, play, says, leaves))
        return play

    return enter
