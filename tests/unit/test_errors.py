"""What an error tells: the rule, that nothing was done, the next step."""

import pytest

from org.errors import InvalidInput, KeyConflict, NotFound, OrgError, Refused, Unavailable, Uncertain


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            InvalidInput("amount", "it is negative."),
            "amount: it is negative. Nothing was done. Mend it and call again.",
        ),
        (InvalidInput("to", "it is you.", "Use another."), "to: it is you. Nothing was done. Use another."),
        (
            NotFound("id", "D-9", ["D-1"], "Use a ref."),
            "id: nothing is called 'D-9'. Known: D-1. Nothing was done. Use a ref.",
        ),
        (
            NotFound("to", "architect", ["ceo", "cto", "test_lead", "senior_architect"], "Use one."),
            "to: nothing is called 'architect'. Did you mean senior_architect? Known: ceo, cto, test_lead, "
            "senior_architect. Nothing was done. Use one.",
        ),
        (Refused("over", "Too much.", "Ask for less."), "Too much. Nothing was done. Ask for less."),
    ],
)
def test_the_rule_then_that_nothing_was_done_then_the_next_step(error: OrgError, told: str) -> None:
    assert str(error) == told


def test_that_nothing_was_done_is_said_once() -> None:
    assert str(InvalidInput("tool", "unknown.", "Nothing was done.")) == "tool: unknown. Nothing was done."
    assert str(KeyConflict("C-1")).count("Nothing was done") == 1


def test_what_is_not_known_never_passes_for_what_was_not_done() -> None:
    assert not issubclass(Uncertain, Unavailable)
    assert "othing was done" not in str(Uncertain())
    assert "nothing was done" in str(Unavailable())
