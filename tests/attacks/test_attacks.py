"""Every attack of the table is played through the front doors, and none passes."""

from __future__ import annotations

import re

import pytest

from tests.attacks import board, logins, money, names, processes, rings, roles, stops, time, votes, words  # fill TABLE
from tests.attacks.evidence import assert_left, assert_sound, snapshot
from tests.attacks.table import ATTACKS, Attack
from tests.attacks.world import NOT_REFUSED, World
from tests.people import shift_clock
from tests.stack import ROOT

DOORS = (words, names, time, money, roles, votes, stops, board, rings, logins, processes)
TABLE = [attack for door in DOORS for attack in ATTACKS if attack.play.__module__ == door.__name__]
DOCUMENT = ROOT / "docs" / "SECURITY.md"
HEADING = "## Attacks that are tried in the tests"


@pytest.mark.parametrize("attack", TABLE, ids=lambda attack: f"{attack.door}: {attack.tries}")
def test_no_attack_passes_and_each_refusal_says_why(world: World, attack: Attack) -> None:
    shift_clock(days=40)
    try:
        attempt = attack.play(world)
        before = snapshot()
        told = attempt()
        assert told != NOT_REFUSED
        assert attack.says in told
        assert_left(attack.leaves, before, snapshot())
    finally:
        world.put_right()
    assert_sound()


def test_no_attack_is_in_the_table_twice() -> None:
    assert len(TABLE) == len(ATTACKS)
    tries = [attack.tries for attack in TABLE]
    assert len(set(tries)) == len(tries) >= 60


def test_the_document_names_every_attack() -> None:
    """`docs/SECURITY.md` lists them door by door."""
    _, _, section = DOCUMENT.read_text().partition(HEADING)
    listed = re.findall(r"^- (.+)$", section.partition("\n## ")[0], re.MULTILINE)
    assert listed == [line_of(attack) for attack in TABLE]


def line_of(attack: Attack) -> str:
    return f"{attack.tries[0].upper()}{attack.tries[1:]}."
