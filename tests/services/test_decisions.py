from decimal import Decimal

import pytest

from org.enums import Mode, Status
from org.models import Escalation, LedgerAccount
from tests.people import propose

pytestmark = pytest.mark.django_db


def test_a_ceo_decides_an_initiative_within_the_limit_alone() -> None:
    decision = propose("ceo", 750_000)
    assert (decision.status, decision.mode, decision.decided_by) == (Status.APPROVED, Mode.AUTONOMOUS, "ceo")
    assert LedgerAccount.objects.get(decision=decision).balance_usd == Decimal(750_000)


def test_a_limit_is_inclusive() -> None:
    assert propose("ceo", 1_000_000).status == Status.APPROVED
    assert propose("ceo", "1000000.01").status == Status.ESCALATED


def test_what_is_over_the_limit_waits_for_the_board() -> None:
    decision = propose("ceo", 5_000_000)
    assert (decision.status, decision.mode, decision.waiting_on) == (Status.ESCALATED, Mode.HUMAN, ["board"])
    assert Escalation.objects.get(decision=decision).ruling["rule"] == "over_limit"
