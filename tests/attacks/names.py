"""Names: one initiative spelled in many ways, so that its amounts would not add up."""

from __future__ import annotations

from functools import partial

from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.world import World, fresh

ADDED_UP = "$700,000 on top of $700,000 already approved for this initiative"
SPELLINGS = {
    "in capitals": str.upper,
    "with double and ideographic spaces": lambda name: name.replace(" ", " \u3000 "),
    "with a zero-width space": lambda name: name.replace("fi", "f\u200bi"),
    "with a soft hyphen": lambda name: name.replace("fi", "f\u00adi"),
    "with a word joiner and a byte-order mark": lambda name: "\ufeff" + name.replace("fi", "f\u2060i"),
    "with marks that turn the direction of text": lambda name: "\u202e" + name[:3] + "\u2066" + name[3:] + "\u2069",
    "with a combining grapheme joiner": lambda name: name.replace("fi", "f\u034fi"),
    "with variation selectors": lambda name: name.replace("e", "e\ufe0f"),
    "with Hangul fillers and a blank of Braille": lambda name: name.replace("fi", "f\u3164i\u2800"),
    "with letters of Unicode's tags": lambda name: name + "\U000e0041\U000e007f",
    "with a ligature": lambda name: name.replace("fi", "\ufb01"),
    "in full-width letters": lambda name: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name),
    "in mathematical letters": lambda name: "".join(chr(ord(c) + 0x1D3B9) if "a" <= c <= "z" else c for c in name),
    "with accents taken apart": lambda name: name.replace("é", "e\u0301"),
    "with a long s and ss for ß": lambda name: name.replace("s", "\u017f").replace("ß", "ss"),
    "with raised digits": lambda name: name.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")),
}


def _spell(how: str) -> None:
    @attack(f"splits an initiative by writing its name {how}", says=ADDED_UP, leaves=Leaves.NO_APPROVAL)
    def split(world: World) -> Attempt:
        name = fresh("Großes café first office")
        other = SPELLINGS[how](name)
        assert other != name
        world.approved(700_000, name)
        return partial(world.initiative, 700_000, other)


for how in SPELLINGS:
    _spell(how)


@attack("splits an initiative between two types that become budget", says=ADDED_UP, leaves=Leaves.NO_APPROVAL)
def two_types(world: World) -> Attempt:
    name = fresh("Office")
    world.approved(700_000, name, decision_type="budget_allocation")
    return partial(world.initiative, 700_000, name)


@attack("hides an initiative under another title", says=ADDED_UP, leaves=Leaves.NO_APPROVAL)
def another_title(world: World) -> Attempt:
    name = fresh("Office")
    world.approved(700_000, name)
    asked = {"decision_type": "hiring", "title": fresh("Something else"), "initiative": name, "context": "x"}
    return partial(world.told, "ceo", "propose_decision", **asked, amount_usd=700_000)


@attack("has another role go on where one has filled an initiative", says="already approved for this initiative",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def another_role(world: World) -> Attempt:
    name = fresh("Office")
    world.approved(700_000, name)
    asked = {"decision_type": "budget_allocation", "title": name, "context": "x", "amount_usd": 500_000}
    return partial(world.told, "cto", "propose_decision", **asked)


@attack("lets two requests for room of one wait on a manager, who approves both", says="waits for the board",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def two_that_wait(world: World) -> Attempt:
    name = fresh("Office")
    refs = [world.proposed("cto", amount_usd=700_000, title=name, context=f"part {part}") for part in (1, 2)]
    first = world.done("ceo", "resolve_decision", decision_id=refs[0], approve=True, rationale="go")
    assert first["status"] == "approved"
    return partial(world.told, "ceo", "resolve_decision", decision_id=refs[1], approve=True, rationale="go")


@attack("gives an initiative a name of which nothing can be seen", says="at least one visible character")
def invisible(world: World) -> Attempt:
    asked = {"decision_type": "budget_allocation", "title": "Office", "initiative": "\u3164\u200b", "context": "x"}
    return partial(world.told, "ceo", "propose_decision", **asked, amount_usd=5)
