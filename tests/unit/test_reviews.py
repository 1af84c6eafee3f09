"""What is told of a charter before anybody publishes it."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from org.charter import SHIPPED, Charter, CharterFault, RoleRow, TypeRow, parse, read
from org.differences import Effect, between
from org.enums import Mode, Urgency
from org.reviews import review

TEXT = SHIPPED.read_text()
HIRING = 'decided_by = ["chro", "ceo"]\n'
OTHER = "[types.other]\ndecided_by = []\n"


def changed(*pairs: tuple[str, str]) -> str:
    text = TEXT
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_the_shipped_charter_has_neither_faults_nor_warnings() -> None:
    looked_at = review(TEXT)
    assert (looked_at.faults, looked_at.warnings, looked_at.charter) == ((), (), read(TEXT))


def test_everything_wrong_is_told_at_once() -> None:
    text = changed(
        ("window_days = 30", "window_day = 30"),
        ("critical = 4", "critical = 40"),
        ('reports_to = "cto"', 'reports_to = "cto_"'),
        ('reports_to = "product_manager"', 'reports_to = "uiux_engineer"'),
        ("limit_usd = 300_000", 'limit_usd = "a lot"'),
        (HIRING, 'decided_by = ["chro", "cheo"]\n'),
        ("[types.other]\ndecided_by = []", '[types.other]\ndecided_by = []\nmodes = ["autonomous"]'),
    )
    faults = review(text).faults
    for told in (
        "The charter lacks 'window_days'.",
        "unknown keys ['window_day']",
        "Did you mean 'window_days'?",
        "critical (40) must not be longer than high (24)",
        "roles.senior_architect: reports_to names 'cto_', which is no role. Did you mean 'cto'?",
        "roles.uiux_engineer: its reporting line is a circle, uiux_engineer > uiux_engineer.",
        "roles.chro.limit_usd: 'a lot' (a string)",
        "types.hiring: decided_by names 'cheo', which is no role",
        "types.other: no role decides it and its modes leave the board out",
    ):
        assert sum(told in fault for fault in faults) == 1, told
    assert len(faults) == 8, faults


def test_what_one_fault_brings_with_it_is_not_told_as_another() -> None:
    for old, new in [
        ("[deadline_hours]", "[deadlines_hours]"),
        ("critical = 4\n", "critical = -4\n"),
        ("low = 168\n", ""),
        ('reports_to = "cto"\n', ""),
        ("[types.other]\ndecided_by = []", '[types.other]\ndecided_by = []\nmodes = ["quick"]'),
        ('title = "Test Lead"\n', ""),
    ]:
        faults = review(changed((old, new))).faults
        assert len(faults) == 1 + ("deadlines" in new), faults


def test_more_clients_than_roles_that_vote_are_a_fault_of_what_is_to_be_published() -> None:
    """What was published with it goes on being read: nobody could publish another one otherwise."""
    most = len(read(TEXT).roles) - 1  # all but who asks
    assert review(changed((HIRING, HIRING + f"min_clients = {most}\n"))).faults == ()
    many = changed((HIRING, HIRING + f"min_clients = {most + 1}\n"))
    [fault] = review(many).faults
    told = f"no vote can come from {most + 1} distinct clients; {most} roles vote at most"
    assert fault.startswith(f"types.hiring.min_clients: {told}")
    assert read(many).types["hiring"].min_clients == most + 1
    lonely = TEXT.partition("[roles.cto]")[0] + '[types.policy]\ndecided_by = ["ceo"]\n'
    assert review(lonely).faults == (), "where nobody can vote, the one client that is asked for unsaid is no fault"


def test_a_type_of_no_role_that_says_nothing_of_votes_is_not_odd() -> None:
    assert review(changed((OTHER, OTHER + "final_days = 30\n"))).warnings == ()
    assert review(changed((OTHER, OTHER + 'modes = ["human"]\n'))).warnings == ()


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("limit_usd = 500_000", "limit_usd = 1_500_000")], "roles.cto: its limit of $1,500,000 is above"),
        ([("limit_usd = 0\n", "limit_usd = 5\n")], "roles.senior_architect: its limit of $5 serves nothing"),
        ([(HIRING, 'decided_by = ["test_lead"]\n')], "types.hiring: every role that decides it has a limit of $0"),
        ([(HIRING, 'decided_by = ["ceo", "test_lead", "chro"]\n')], "types.hiring: test_lead may decide it"),
        ([(HIRING, 'decided_by = ["ceo", "chro", "ceo"]\n')], "types.hiring: decided_by names 'ceo' 2 times."),
        ([(HIRING, HIRING + 'modes = ["autonomous"]\n')], "types.hiring: its modes leave out human"),
        (
            [(OTHER, OTHER + 'modes = ["collaborative", "human"]\n')],
            "types.other: no role decides it, so a vote approves",
        ),
        ([(OTHER, OTHER + 'must_include = ["ceo"]\n')], "types.other: no role decides it, so a vote approves nothing"),
        ([("two_members_from_usd = 10_000_000", "two_members_from_usd = 9")], "two_members_from_usd: ceo decides $9"),
        ([('title = "Test Lead"', 'title = "operations head"')], "roles.operations_head: people cannot tell it"),
    ],
)
def test_what_is_odd_is_a_warning_and_no_fault(pairs: list[tuple[str, str]], told: str) -> None:
    looked_at = review(changed(*pairs))
    assert looked_at.faults == ()
    odd = [warning for warning in looked_at.warnings if not warning.startswith("The workflow")]
    assert [told in warning for warning in odd] == [True]


def test_a_charter_without_leadership_is_odd() -> None:
    assert "leadership" in review(TEXT.replace("leadership = true\n", "")).warnings[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[roles.test_lead]", "[roles.Test_lead]", "lower-case letters"),
        ("[roles.test_lead]", '[roles."test lead"]', "lower-case letters"),
        ("[roles.test_lead]", '[roles."сeo"]', "lower-case letters"),  # a Cyrillic letter that looks like a c
        ('title = "Test Lead"', 'title = " "', "visible characters"),
        ('title = "Test Lead"', 'title = "Test\\u202eLead"', "visible characters"),
        ("[types.other]", "[types.Other]", "lower-case letters"),
    ],
)
def test_names_that_look_like_others_are_faults(old: str, new: str, told: str) -> None:
    faults = review(changed((old, new))).faults
    assert any(told in fault for fault in faults), faults


def test_a_longer_circle_is_told_once() -> None:
    text = changed(('reports_to = "board"', 'reports_to = "senior_architect"'))
    circles = [fault for fault in review(text).faults if "circle" in fault]
    assert len(circles) == 1
    assert "ceo > senior_architect > cto > ceo" in circles[0]


def test_reading_refuses_what_the_review_finds() -> None:
    text = changed(("window_days = 30", "window_days = 0"), (HIRING, 'decided_by = ["chief"]\n'))
    with pytest.raises(CharterFault) as fault:
        read(text)
    assert fault.value.faults == review(text).faults
    assert len(fault.value.faults) == 2


def test_a_document_that_is_no_toml_is_one_fault() -> None:
    assert parse("roles = [")[0] is None
    assert len(review("roles = [").faults) == 1
    assert len(review("a = " + "[" * 100_000).faults) == 1


def test_the_differences_say_who_may_decide_what() -> None:
    new = changed(
        ("limit_usd = 300_000", "limit_usd = 700_000"),
        (HIRING, 'decided_by = ["cto", "chro"]\n'),
        ("high = 24", "high = 48"),
        ("confidence = 0.75", "confidence = 0.9"),
        ('title = "Test Lead"\nreports_to = "cto"', 'title = "Head of Quality"\nreports_to = "ceo"'),
    )
    found = between(read(TEXT), read(new))
    assert [(each.where, each.effect) for each in found] == [
        ("roles.chro.limit_usd", Effect.MORE),
        ("roles.product_manager.confidence", Effect.LESS),
        ("roles.test_lead.title", Effect.OTHER),
        ("roles.test_lead.reports_to", Effect.OTHER),
        ("types.hiring.decided_by", Effect.OTHER),
        ("deadline_hours.high", Effect.OTHER),
    ]
    told = " ".join(each.says for each in found)
    assert "decides alone up to $700,000 instead of $300,000, and $3,500,000 instead of $1,500,000 in all" in told
    assert "The Chief Technology Officer may decide hiring alone." in told
    assert "The Chief Executive Officer may not decide hiring alone any more." in told
    assert "reports to the Chief Executive Officer instead of the Chief Technology Officer" in told


def test_roles_and_types_that_come_and_go_are_differences() -> None:
    without = TEXT.partition("[types.other]")[0]
    assert [each.says for each in between(read(TEXT), read(without))] == [
        "Other is no type any more: nobody can ask for it, and what waits can only be turned down."
    ]
    assert between(read(without), read(TEXT))[0].after == "a type"


def test_no_field_changes_unseen() -> None:
    """Whatever a charter, a role or a type has today or gets later."""
    old = read(TEXT)
    other = {
        "name": "x",
        "title": "X",
        "reports_to": "board",
        "limit_usd": Decimal(1),
        "leadership": False,
        "confidence": 0.1,
        "decided_by": (),
        "money": False,
        "approves_budget": False,
        "modes": (Mode.HUMAN,),
        "must_include": ("ceo",),
        "veto": ("ceo",),
        "quorum": 0.9,
        "threshold": 0.9,
        "min_clients": 3,
        "final_days": 3,
        "require_budget": True,
        "window_days": 1,
        "window_multiple": 1,
        "two_members_from_usd": Decimal(1),
        "approval_valid_days": 1,
        "gates": "company",
        "starters": {"hiring": ("ceo",)},
        "deadline_hours": dict.fromkeys(Urgency, 1),
    }
    role, kind = old.roles["cto"], old.types["budget_allocation"]
    for field in fields(RoleRow):
        one = replace(old, roles={**old.roles, "cto": replace(role, **{field.name: other[field.name]})})
        assert between(old, one), field.name
    for field in fields(TypeRow):
        one = replace(old, types={**old.types, kind.name: replace(kind, **{field.name: other[field.name]})})
        assert between(old, one), field.name
    for field in fields(Charter):
        if field.name not in ("roles", "types", "version"):
            assert between(old, replace(old, **{field.name: other[field.name]})), field.name


def test_who_starts_a_workflow_is_told_when_it_changes() -> None:
    old = read(TEXT)
    [told] = between(old, replace(old, starters={"hiring": ("ceo",)}))
    assert told.says == "Hiring is started by ceo instead of the roles that it names itself."
    [told] = between(replace(old, starters={"hiring": ("ceo",)}), replace(old, starters={"hiring": ()}))
    assert told.after == "nobody"


def test_starters_that_are_no_role_are_a_fault_and_workflows_that_are_none_a_warning() -> None:
    table = "\n[starters]\nhiring = ['king']\n"
    assert review(TEXT + table).faults == ("starters: hiring names 'king', which is no role.",)
    [told] = review(TEXT + "\n[starters]\nhirings = ['ceo']\n").warnings
    assert told.startswith("starters: 'hirings' is no workflow; there are feature_development,")
    [told] = review(TEXT + "\n[starters]\nhirings = 'ceo'\n").faults
    assert told == "starters.hirings must be a list."


def test_a_workflow_that_a_charter_leaves_without_what_it_needs_is_a_warning() -> None:
    [told] = review(changed(("[types.hiring]", "[types.employing]"))).warnings
    assert told == "The workflow hiring cannot be started under it: plan: hiring is no type of decision."


def test_the_same_charter_has_no_differences() -> None:
    assert between(read(TEXT, 1), read("# a comment\n" + TEXT, 2)) == []


@pytest.mark.parametrize(
    ("before", "after", "effect"), [("small", "company", Effect.LESS), ("company", "small", Effect.MORE)]
)
def test_more_gates_leave_agents_less(before: str, after: str, effect: Effect) -> None:
    charter = read(TEXT)
    [told] = between(replace(charter, gates=before), replace(charter, gates=after))
    assert (told.effect, told.says) == (effect, f"A deployment has to pass the gates “{after}” instead of “{before}”.")
