"""Every rule of authority, one case a line. What no caller can ever reach is in `test_authority_bounds`."""

from decimal import Decimal

import pytest

from org.authority import Request, Rule, Standing, bound, judge, members_needed, overdraws
from org.charter import SHIPPED, read
from org.enums import Mode

CHARTER = read(SHIPPED.read_text())
ALONE, UP, BOARD = Mode.AUTONOMOUS, Mode.HIERARCHICAL, Mode.HUMAN


def usd(amount: int | str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


@pytest.mark.parametrize(
    ("role", "decision_type", "amount", "mode", "decider", "rule"),
    [
        ("ceo", "strategic_initiative", 750_000, ALONE, "ceo", Rule.WITHIN_AUTHORITY),
        ("ceo", "strategic_initiative", 0, ALONE, "ceo", Rule.WITHIN_AUTHORITY),
        ("ceo", "strategic_initiative", 1_000_000, ALONE, "ceo", Rule.WITHIN_AUTHORITY),
        ("ceo", "strategic_initiative", "1000000.01", BOARD, "board", Rule.OVER_LIMIT),
        ("ceo", "strategic_initiative", 5_000_000, BOARD, "board", Rule.OVER_LIMIT),
        ("cto", "budget_allocation", 500_000, ALONE, "cto", Rule.WITHIN_AUTHORITY),
        ("cto", "budget_allocation", "500000.01", UP, "ceo", Rule.OVER_LIMIT),
        ("cto", "budget_allocation", 1_000_000, UP, "ceo", Rule.OVER_LIMIT),
        ("cto", "budget_allocation", "1000000.01", BOARD, "board", Rule.OVER_LIMIT),
        ("cto", "strategic_initiative", 1, UP, "ceo", Rule.NOT_MY_TYPE),
        ("cto", "strategic_initiative", 2_000_000, BOARD, "board", Rule.NOT_MY_TYPE),
        ("chro", "hiring", 300_000, ALONE, "chro", Rule.WITHIN_AUTHORITY),
        ("chro", "hiring", 300_001, UP, "ceo", Rule.OVER_LIMIT),
        ("cto", "hiring", 1, UP, "ceo", Rule.NOT_MY_TYPE),
        ("operations_head", "vendor_contract", 400_000, ALONE, "operations_head", Rule.WITHIN_AUTHORITY),
        ("product_manager", "budget_allocation", 200_000, ALONE, "product_manager", Rule.WITHIN_AUTHORITY),
        ("product_manager", "budget_allocation", 200_001, UP, "ceo", Rule.OVER_LIMIT),
        ("senior_developer", "budget_allocation", 500_000, UP, "cto", Rule.NOT_MY_TYPE),
        ("senior_developer", "budget_allocation", 500_001, UP, "ceo", Rule.NOT_MY_TYPE),
        ("senior_developer", "budget_allocation", 1_000_001, BOARD, "board", Rule.NOT_MY_TYPE),
        ("test_lead", "vendor_contract", 400_000, UP, "cto", Rule.NOT_MY_TYPE),
        ("uiux_engineer", "budget_allocation", 200_000, UP, "product_manager", Rule.NOT_MY_TYPE),
        ("senior_architect", "architecture", None, ALONE, "senior_architect", Rule.WITHIN_AUTHORITY),
        ("senior_developer", "architecture", None, UP, "senior_architect", Rule.NOT_MY_TYPE),
        ("ceo", "architecture", None, BOARD, "board", Rule.NOT_MY_TYPE),
        ("product_manager", "architecture", None, BOARD, "board", Rule.NOT_MY_TYPE),
        ("test_lead", "release", None, ALONE, "test_lead", Rule.WITHIN_AUTHORITY),
        ("test_lead", "deployment", None, UP, "cto", Rule.NOT_MY_TYPE),
        ("product_manager", "feature", None, ALONE, "product_manager", Rule.WITHIN_AUTHORITY),
        ("uiux_engineer", "feature", None, UP, "product_manager", Rule.NOT_MY_TYPE),
        ("chro", "policy", None, ALONE, "chro", Rule.WITHIN_AUTHORITY),
        ("ceo", "other", None, BOARD, "board", Rule.NOT_MY_TYPE),
        ("senior_developer", "other", None, BOARD, "board", Rule.NOT_MY_TYPE),
    ],
)
def test_who_decides(
    role: str, decision_type: str, amount: int | str | None, mode: Mode, decider: str, rule: Rule
) -> None:
    ruling = judge(CHARTER, Request(role, decision_type, usd(amount)), Standing())
    assert (ruling.mode, ruling.decider, ruling.rule) == (mode, decider, rule)


@pytest.mark.parametrize(
    ("amount", "approved", "window", "decider", "rule"),
    [
        (500_000, 500_000, 500_000, "ceo", Rule.WITHIN_AUTHORITY),
        (500_001, 500_000, 500_000, "board", Rule.OVER_INITIATIVE),
        (1, 1_000_000, 0, "board", Rule.OVER_INITIATIVE),
        (1, 7_000_000, 0, "board", Rule.OVER_INITIATIVE),
        (1_000_000, 0, 4_000_000, "ceo", Rule.WITHIN_AUTHORITY),
        (1_000_000, 0, "4000000.01", "board", Rule.OVER_WINDOW),
        (1, 0, 5_000_000, "board", Rule.OVER_WINDOW),
        (0, 0, 5_000_000, "ceo", Rule.WITHIN_AUTHORITY),
    ],
)
def test_sums_of_initiative_and_window_are_inclusive_bounds(
    amount: int, approved: int, window: int | str, decider: str, rule: Rule
) -> None:
    standing = Standing(Decimal(approved), {"ceo": Decimal(window)})
    ruling = judge(CHARTER, Request("ceo", "strategic_initiative", Decimal(amount)), standing)
    assert (ruling.decider, ruling.rule) == (decider, rule)


def test_a_managers_full_window_passes_the_request_on() -> None:
    request = Request("cto", "budget_allocation", Decimal(600_000))
    full = Standing(window_usd={"ceo": Decimal(4_500_000)})
    assert judge(CHARTER, request, Standing()).decider == "ceo"
    assert judge(CHARTER, request, full).decider == "board"


def test_anothers_window_does_not_matter() -> None:
    request = Request("cto", "budget_allocation", Decimal(500_000))
    assert judge(CHARTER, request, Standing(window_usd={"chro": Decimal(10**9)})).alone


@pytest.mark.parametrize(
    ("role", "decision_type", "confidence", "decider"),
    [
        ("cto", "budget_allocation", 0.69, "ceo"),
        ("cto", "budget_allocation", 0.7, "cto"),
        ("cto", "budget_allocation", None, "cto"),
        ("product_manager", "feature", 0.74, "ceo"),
        ("product_manager", "feature", 0.75, "product_manager"),
        ("senior_architect", "architecture", 0.59, "cto"),
        ("senior_architect", "architecture", 0.6, "senior_architect"),
        ("ceo", "policy", 0.0, "board"),
    ],
)
def test_low_confidence_goes_up(role: str, decision_type: str, confidence: float | None, decider: str) -> None:
    amount = Decimal(1) if CHARTER.types[decision_type].money else None
    ruling = judge(CHARTER, Request(role, decision_type, amount, confidence=confidence), Standing())
    assert ruling.decider == decider
    assert ruling.rule == (Rule.WITHIN_AUTHORITY if decider == role else Rule.LOW_CONFIDENCE)


@pytest.mark.parametrize(
    ("role", "mode", "decider", "rule"),
    [
        ("cto", Mode.AUTONOMOUS, "cto", Rule.WITHIN_AUTHORITY),
        ("cto", Mode.HIERARCHICAL, "ceo", Rule.ASKED_FOR_MORE),
        ("cto", Mode.HUMAN, "board", Rule.ASKED_FOR_MORE),
        ("ceo", Mode.HIERARCHICAL, "board", Rule.ASKED_FOR_MORE),
    ],
)
def test_a_stricter_mode_is_honoured(role: str, mode: Mode, decider: str, rule: Rule) -> None:
    ruling = judge(CHARTER, Request(role, "budget_allocation", Decimal(1), mode), Standing())
    assert (ruling.decider, ruling.rule) == (decider, rule)


def test_a_type_of_the_charter_can_demand_the_board() -> None:
    strict = read(SHIPPED.read_text().replace("[types.policy]\n", '[types.policy]\nmodes = ["human"]\n'))
    for mode in (None, Mode.AUTONOMOUS, Mode.HIERARCHICAL):
        assert judge(strict, Request("ceo", "policy", None, mode), Standing()).decider == "board"


@pytest.mark.parametrize(
    ("decision_type", "left", "decider"),
    [
        ("strategic_initiative", 100, "ceo"),
        ("strategic_initiative", "99.99", "board"),
        ("budget_allocation", 0, "board"),
        ("strategic_initiative", None, "ceo"),
        ("hiring", 0, "ceo"),
        ("vendor_contract", 0, "ceo"),
    ],
)
def test_budget_beyond_the_treasury_is_the_boards(decision_type: str, left: int | str | None, decider: str) -> None:
    ruling = judge(CHARTER, Request("ceo", decision_type, Decimal(100)), Standing(treasury_left_usd=usd(left)))
    assert ruling.decider == decider
    assert ruling.rule == (Rule.OVER_TREASURY if decider == "board" else Rule.WITHIN_AUTHORITY)


@pytest.mark.parametrize(
    ("decision_type", "amount", "left", "short"),
    [
        ("strategic_initiative", 100, 100, False),
        ("strategic_initiative", "100.01", 100, True),
        ("strategic_initiative", 10**9, None, False),
        ("budget_allocation", 1, 0, True),
        ("hiring", 100, 0, False),
        ("policy", None, 0, False),
        ("of an older charter", 100, 0, False),
    ],
)
def test_only_what_becomes_budget_overdraws_the_treasury(
    decision_type: str, amount: int | str | None, left: int | None, short: bool
) -> None:
    assert overdraws(CHARTER, decision_type, usd(amount), usd(left)) == short


@pytest.mark.parametrize(
    ("amount", "initiative", "members", "needed"),
    [
        (10_000_000, 0, 2, 2),
        ("9999999.99", 0, 2, 1),
        ("0.01", "9999999.99", 2, 2),
        (0, 10_000_000, 3, 2),
        (10_000_000, 0, 1, 1),
        (10_000_000, 0, 0, 1),
        (None, 10_000_000, 2, 1),
    ],
)
def test_a_second_member_is_needed_from_the_threshold_where_there_is_one(
    amount: int | str | None, initiative: int | str, members: int, needed: int
) -> None:
    assert members_needed(CHARTER, usd(amount), Decimal(initiative), members) == needed


def test_what_remains_is_the_smaller_of_initiative_and_window() -> None:
    request = Request("ceo", "strategic_initiative", Decimal(1))
    assert bound(CHARTER, "ceo", request, Standing()).remaining_usd == 1_000_000
    assert bound(CHARTER, "ceo", request, Standing(Decimal(400_000))).remaining_usd == 600_000
    narrow = Standing(Decimal(400_000), {"ceo": Decimal(4_900_000)})
    assert bound(CHARTER, "ceo", request, narrow).remaining_usd == 100_000
    assert bound(CHARTER, "ceo", request, Standing(Decimal(9_000_000))).remaining_usd == 0
    assert bound(CHARTER, "test_lead", request, Standing()).remaining_usd == 0


@pytest.mark.parametrize(
    ("request_", "standing", "says"),
    [
        (Request("ceo", "strategic_initiative", Decimal(5_000_000)), Standing(), ["$5,000,000", "$1,000,000"]),
        (
            Request("ceo", "strategic_initiative", Decimal(2)),
            Standing(Decimal(999_999)),
            ["$2", "$999,999", "$1,000,000"],
        ),
        (
            Request("ceo", "strategic_initiative", Decimal(2)),
            Standing(window_usd={"ceo": Decimal(4_999_999)}),
            ["$2", "$4,999,999", "30 days", "$5,000,000"],
        ),
        (
            Request("cto", "strategic_initiative", Decimal(1)),
            Standing(),
            ["Chief Technology Officer", "strategic_initiative"],
        ),
        (Request("cto", "policy", confidence=0.1), Standing(), ["policy"]),
        (Request("chro", "policy", confidence=0.1), Standing(), ["0.1", "0.7"]),
        (
            Request("ceo", "strategic_initiative", Decimal(7)),
            Standing(treasury_left_usd=Decimal(5)),
            ["$7", "$5", "treasury"],
        ),
        (Request("chro", "policy", mode=Mode.HUMAN), Standing(), ["human"]),
    ],
)
def test_the_reason_names_the_figures(request_: Request, standing: Standing, says: list[str]) -> None:
    told = judge(CHARTER, request_, standing).says
    assert [word for word in says if word not in told] == []


@pytest.mark.parametrize(
    ("modes", "first", "decider"),
    [
        ('["hierarchical", "human"]', "board", "ceo"),
        ('["collaborative"]', "electorate", "ceo"),
        ('["human"]', "board", "board"),
    ],
)
def test_deciding_what_was_handed_up_is_hierarchical_enough(modes: str, first: str, decider: str) -> None:
    strict = read(SHIPPED.read_text().replace("[types.policy]\n", f"[types.policy]\nmodes = {modes}\n"))
    assert judge(strict, Request("ceo", "policy"), Standing()).decider == first
    assert judge(strict, Request("ceo", "policy"), Standing(), handed_up=True).decider == decider
