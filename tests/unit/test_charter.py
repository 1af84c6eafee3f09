from decimal import Decimal

import pytest

from org.charter import SHIPPED, Charter, CharterFault, read
from org.enums import Mode, Urgency

TEXT = SHIPPED.read_text()


@pytest.fixture
def shipped() -> Charter:
    return read(TEXT)


# name: title, reports to, limit, leadership, confidence
ROLES = {
    "ceo": ("Chief Executive Officer", "board", 1_000_000, True, 0.7),
    "cto": ("Chief Technology Officer", "ceo", 500_000, True, 0.7),
    "chro": ("Chief Human Resources Officer", "ceo", 300_000, True, 0.7),
    "operations_head": ("Operations Head", "ceo", 400_000, True, 0.7),
    "product_manager": ("Product Manager", "ceo", 200_000, False, 0.75),
    "senior_architect": ("Senior Architect", "cto", 0, False, 0.6),
    "uiux_engineer": ("UI/UX Engineer", "product_manager", 0, False, 0.65),
    "senior_developer": ("Senior Developer", "senior_architect", 0, False, 0.6),
    "test_lead": ("Test Lead", "cto", 0, False, 0.7),
}
# type: decided by, money, approves budget
TYPES = {
    "strategic_initiative": ("ceo", True, True),
    "budget_allocation": ("ceo cto chro operations_head product_manager", True, True),
    "hiring": ("chro ceo", True, False),
    "vendor_contract": ("operations_head cto ceo", True, False),
    "architecture": ("cto senior_architect", False, False),
    "technology_selection": ("cto senior_architect", False, False),
    "infrastructure_change": ("operations_head cto", False, False),
    "deployment": ("cto", False, False),
    "feature": ("product_manager ceo", False, False),
    "release": ("test_lead cto", False, False),
    "policy": ("ceo chro", False, False),
    "other": ("", False, False),
}


def test_the_shipped_roles_are_those_of_the_product(shipped: Charter) -> None:
    assert {
        name: (row.title, row.reports_to, row.limit_usd, row.leadership, row.confidence)
        for name, row in shipped.roles.items()
    } == ROLES


def test_the_shipped_rights_are_those_of_the_product(shipped: Charter) -> None:
    assert {name: (set(row.decided_by), row.money, row.approves_budget) for name, row in shipped.types.items()} == {
        name: (set(roles.split()), money, approves) for name, (roles, money, approves) in TYPES.items()
    }


def test_the_shipped_bounds_are_those_of_the_product(shipped: Charter) -> None:
    assert (shipped.window_days, shipped.window_multiple) == (30, 5)
    assert shipped.two_members_from_usd == 10_000_000
    assert shipped.approval_valid_days == 30
    assert shipped.deadline_hours == {Urgency.CRITICAL: 4, Urgency.HIGH: 24, Urgency.NORMAL: 72, Urgency.LOW: 168}


def test_the_reporting_line_ends_below_the_board(shipped: Charter) -> None:
    assert list(shipped.managers("senior_developer")) == ["senior_architect", "cto", "ceo"]
    assert list(shipped.managers("ceo")) == []


def test_leadership_is_the_charters(shipped: Charter) -> None:
    assert shipped.leadership == ("ceo", "cto", "chro", "operations_head")


def test_a_window_is_a_multiple_of_the_single_limit(shipped: Charter) -> None:
    assert shipped.window_limit_usd("cto") == Decimal(2_500_000)
    assert shipped.window_limit_usd("test_lead") == 0


def test_modes_of_a_type_can_be_narrowed() -> None:
    narrowed = read(TEXT + 'modes = ["human"]\n')  # the last entry is types.other
    assert narrowed.types["other"].modes == (Mode.HUMAN,)
    assert narrowed.types["policy"].modes == tuple(Mode)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("window_days = 30", "window_days = ", "not TOML"),
        ("window_days = 30", "", "window_days"),
        ("window_days = 30", "window_days = 0", "window_days"),
        ("window_days = 30", "window_days = 30.5", "window_days"),
        ("window_days = 30", "window_day = 30\nwindow_days = 30", "window_day'"),
        ("window_multiple = 5", "window_multiple = -1", "window_multiple"),
        ("two_members_from_usd = 10_000_000", "two_members_from_usd = -1", "two_members_from_usd"),
        ("two_members_from_usd = 10_000_000", "two_members_from_usd = nan", "two_members_from_usd"),
        ("approval_valid_days = 30", "approval_valid_days = 0", "approval_valid_days"),
        ("critical = 4\n", "", "deadline_hours"),
        ("critical = 4\n", "critical = 4\nurgent = 1\n", "urgent"),
        ("critical = 4\n", "critical = -4\n", "deadline_hours"),
        ("limit_usd = 1_000_000\n", "", "roles.ceo"),
        ("limit_usd = 1_000_000\n", "limit_usd = -1\n", "roles.ceo"),
        ("limit_usd = 1_000_000\n", "limit_usd = nan\n", "roles.ceo"),
        ("limit_usd = 1_000_000\n", "limit_usd = inf\n", "roles.ceo"),
        ("limit_usd = 1_000_000\n", "limit_usd = true\n", "roles.ceo"),
        ("limit_usd = 1_000_000\n", 'limit_usd = "a million"\n', "roles.ceo"),
        ("limit_usd = 1_000_000\n", "limit_usd = 0.001\n", "roles.ceo"),
        ("leadership = true\n\n[roles.cto]", 'leadership = "no"\n\n[roles.cto]', "roles.ceo"),
        ("confidence = 0.75\n", "confidence = 1.5\n", "roles.product_manager"),
        ("confidence = 0.75\n", "confidence = nan\n", "roles.product_manager"),
        ("confidence = 0.75\n", 'confidence = "high"\n', "roles.product_manager"),
        ('reports_to = "product_manager"\n', 'reports_to = "chief"\n', "roles.uiux_engineer"),
        ('reports_to = "board"\n', 'reports_to = "cto"\n', "circle"),
        ('reports_to = "board"\n', 'reports_to = "ceo"\n', "circle"),
        ("[roles.test_lead]", "[roles.board]", "reserved"),
        ("[roles.test_lead]", "[roles.all]", "reserved"),
        ("limit_usd = 1_000_000\n", "limit_usd = 1_000_000\nlimit = 5\n", "roles.ceo has unknown keys ['limit']"),
        ('decided_by = ["ceo"]\n', 'decided_by = ["boss"]\n', "types.strategic_initiative"),
        ('decided_by = ["ceo"]\n', 'decided_by = "ceo"\n', "types.strategic_initiative"),
        ('"operations_head"]\nmoney = true\n', '"operations_head"]\n', "types.strategic_initiative"),
        ('"operations_head"]\nmoney = true\n', '"operations_head"]\nmoney = "yes"\n', "types.strategic_initiative"),
        ("[types.other]\n", '[types.other]\nmodes = ["quick"]\n', "types.other"),
        ("[types.other]\n", "[types.other]\nmodes = []\n", "types.other"),
        ("[types.other]\n", "[types.other]\nvote = 1\n", "types.other has unknown keys ['vote']"),
        ("[types.other]\n", "[types.other]\nveto = 1\n", "types.other.veto must be a list"),
        ("[types.other]\n", '[types.other]\nveto = ["boss"]\n', "types.other: veto names 'boss'"),
        ("[types.other]\n", '[types.other]\nmust_include = ["boss"]\n', "types.other: must_include names 'boss'"),
        ("[types.other]\n", "[types.other]\nquorum = 1\n", "types.other: more than a quorum of 1"),
        ("[types.other]\n", "[types.other]\nthreshold = 1.1\n", "types.other.threshold"),
        ("[types.other]\n", "[types.other]\nmin_clients = 0\n", "types.other.min_clients"),
        ("[types.other]\ndecided_by = []\n", "[types.other]\n", "types.other"),
    ],
)
def test_a_fault_is_named(old: str, new: str, named: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(CharterFault) as fault:
        read(TEXT.replace(old, new, 1))
    assert named in str(fault.value)


def test_a_document_without_tables_is_refused() -> None:
    with pytest.raises(CharterFault, match="The charter lacks"):
        read("window_days = 30")
    with pytest.raises(CharterFault, match="roles must be a table"):
        read("roles = 1\n" + TEXT.partition("[roles.ceo]")[0])


def test_versions_do_not_make_charters_differ() -> None:
    assert read(TEXT, version=1) == read(TEXT, version=2)
    assert read(TEXT, version=7).version == 7


def test_the_gates_of_a_deployment_are_small_unless_the_charter_says_otherwise() -> None:
    text = SHIPPED.read_text()
    assert read(text).gates == "small"
    assert read(f'gates = "company"\n{text}').gates == "company"
    with pytest.raises(CharterFault, match=r"gates: 'compny' is none of small, company. Did you mean 'company'\?"):
        read(f'gates = "compny"\n{text}')


@pytest.mark.parametrize("value", ["3", '["small"]', "true", '""', '"Company"'])
def test_gates_that_are_no_word_of_the_two_are_a_fault(value: str) -> None:
    with pytest.raises(CharterFault, match="gates"):
        read(f"gates = {value}\n{SHIPPED.read_text()}")
