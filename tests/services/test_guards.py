"""What the database refuses, whoever asks it: integrity that no code can forget."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from org import money
from org.actors import Actor
from org.clock import database_clock
from org.enums import Mode, Urgency
from org.models import Allocation, Decision, Escalation, LedgerAccount
from org.services import budgets, messages
from tests.people import acting, board_member, propose, put_to_vote
from tests.services.database import execute, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        "decision_type = 'policy'",
        "amount_usd = 1",
        "amount_usd = NULL",
        "title = 'Something else'",
        "context = '{}'",
        "initiative = 'x'",
        "initiative_key = 'x'",
        "initiator_role = 'cto'",
        "confidence = 1",
        "confidential = true",
        "charter_version_id = charter_version_id + 1",
        "ruling = '{}'",
        "content_hash = repeat('0', 64)",
        "created_at = created_at - interval '1 day'",
        "number = 0",
        "call_id = NULL, timer = 'x'",
    ],
)
def test_the_content_of_a_decision_never_changes(change: str) -> None:
    decision = propose("ceo", 5_000_000)
    with refused("Cannot update"):
        execute(f"UPDATE decisions SET {change} WHERE id = %s", decision.pk)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Mode.HUMAN, Mode.HIERARCHICAL),
        (Mode.HUMAN, Mode.AUTONOMOUS),
        (Mode.HIERARCHICAL, Mode.COLLABORATIVE),
        (Mode.HIERARCHICAL, Mode.AUTONOMOUS),
        (Mode.COLLABORATIVE, Mode.AUTONOMOUS),
    ],
)
def test_a_mode_never_becomes_looser(before: Mode, after: Mode) -> None:
    decision = put_to_vote() if before is Mode.COLLABORATIVE else propose("cto", 750_000, "budget_allocation")
    if before is Mode.HUMAN:
        Decision.objects.filter(pk=decision.pk).update(mode=before)
    assert Decision.objects.get(pk=decision.pk).mode == before
    with refused("Cannot update"):
        Decision.objects.filter(pk=decision.pk).update(mode=after)


@pytest.mark.parametrize(
    ("before", "after"), [(Urgency.CRITICAL, "high"), (Urgency.HIGH, "normal"), (Urgency.NORMAL, "low")]
)
def test_a_decision_never_becomes_less_urgent(before: Urgency, after: str) -> None:
    decision = propose("cto", 750_000, "budget_allocation", urgency=before)
    with refused("Cannot update"):
        Decision.objects.filter(pk=decision.pk).update(urgency=after)


def test_a_settled_decision_becomes_no_more_urgent() -> None:
    decision = propose("ceo", 1_000)
    with refused("Cannot update"):
        Decision.objects.filter(pk=decision.pk).update(urgency=Urgency.CRITICAL)


@pytest.mark.parametrize(
    "change", ["status = 'rejected'", "outcome = '{}'", "decided_by = 'cto'", "completed_at = now()"]
)
def test_what_is_settled_stays_as_it_is(change: str) -> None:
    decision = propose("ceo", 1)
    with refused("Cannot update"):
        execute(f"UPDATE decisions SET {change} WHERE id = %s", decision.pk)


@pytest.mark.parametrize(
    "change",
    [
        "status = 'approved', awaiting_role = NULL, due_at = NULL",
        "status = 'approved', awaiting_role = NULL, due_at = NULL, completed_at = now()",
        "completed_at = now()",
        "status = 'rejected', awaiting_role = NULL, due_at = NULL, completed_at = now(), decided_by = 'ceo'",
        "outcome = '{}'",
        "decided_by = 'ceo'",
    ],
)
def test_a_decision_is_settled_exactly_when_it_is_completed(change: str) -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    with refused("settled_when_completed", IntegrityError):
        execute(f"UPDATE decisions SET {change} WHERE id = %s", decision.pk)


def test_what_the_board_has_is_approved_by_members_votes_alone() -> None:
    decision = propose("ceo", 5_000_000)
    with refused("by its members' votes alone"):
        execute(
            "UPDATE decisions SET status = 'approved', completed_at = now(), outcome = '{}', decided_by = 'board'"
            " WHERE id = %s",
            decision.pk,
        )


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ("status = 'elsewhere'", "decisions_status_known"),
        ("mode = 'quick'", "decisions_mode_only_stricter"),
        ("urgency = 'soon'", "decisions_urgency_known"),
        ("amount_usd = -1", "decisions_content_is_fixed"),
        ("awaiting_role = 'ceo'", "decisions_escalated_is_human"),
        ("used_at = now()", "decisions_used_only_if_approved"),
    ],
)
def test_a_decision_before_the_board_holds_no_nonsense(change: str, because: str) -> None:
    decision = propose("ceo", 5_000_000)
    with refused(because):
        execute(f"UPDATE decisions SET {change} WHERE id = %s", decision.pk)


@pytest.mark.parametrize(
    ("cause", "because"), [("NULL, NULL, NULL", "one_cause"), ("CALL, NULL, 'sweep'", "no deed of system")]
)
def test_every_deed_has_exactly_one_cause(cause: str, because: str) -> None:
    by = acting("ceo")
    assert by.call is not None
    actor = "system" if "sweep" in cause else "ceo"
    with refused(because):
        execute(
            "INSERT INTO audit (call_id, person_id, timer, body, at, actor, action, subject, data)"
            f" VALUES ({cause.replace('CALL', repr(str(by.call.pk)))}, '', now(), '{actor}', 'x', 'x', '{{}}')"
        )


def test_a_persons_deed_is_recorded_under_no_other_name() -> None:
    ada, bob = board_member("ada"), board_member("bob")
    record = (
        "INSERT INTO audit (person_id, body, at, actor, action, subject, data)"
        " VALUES (%s, '', now(), %s, 'board.answered', 'E-1', '{}')"
    )
    for actor in ("person:bob", "ada", "person:ADA", "person:", "board", "ceo", "system", "person:nobody"):
        with refused("a record of a person names that person as its actor"):
            execute(record, ada.pk, actor)
    execute(record, ada.pk, "person:ada")
    execute(record, bob.pk, "person:bob")


@pytest.mark.parametrize("actor", ["ceo", "board", "person:ada", ""])
def test_what_the_clock_did_is_recorded_under_no_other_name(actor: str) -> None:
    with refused("is no deed of it"):
        execute(
            "INSERT INTO audit (timer, body, at, actor, action, subject, data)"
            " VALUES ('deadline', '', now(), %s, 'decision.settled', 'D-1', '{}')",
            actor,
        )


def everything() -> None:
    """At least one row of every kind that may not be deleted."""
    member = board_member()
    decision = propose("ceo", 750_000)
    budgets.allocate(
        amount_usd=decision.amount_usd or money.ZERO,
        department="R&D",
        justification="x",
        by=acting("ceo"),
        clock=database_clock,
    )
    escalation = Escalation.objects.get(decision=propose("ceo", 5_000_000))
    escalation.votes.create(member=member, answer="approve", seen_hash="x", voted_at=database_clock())
    messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)


@pytest.mark.parametrize(
    "table",
    [
        "decisions",
        "escalations",
        "board_votes",
        "ledger_entries",
        "ledger_accounts",
        "allocations",
        "messages",
        "audit",
    ],
)
def test_the_record_is_never_deleted(table: str) -> None:
    everything()
    with refused("pgtrigger: Cannot "):
        execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        ("UPDATE audit SET actor = 'cto'", "Cannot update"),
        ("DELETE FROM audit", "Cannot update or delete"),
        ("TRUNCATE audit CASCADE", "only ever grows"),
    ],
)
def test_the_audit_only_ever_grows(statement: str, because: str) -> None:
    propose("ceo", 1)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # what COMMIT does
    with refused(because):
        execute(statement)


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        ("UPDATE audit_seal SET hash = prev", "Cannot update"),
        ("DELETE FROM audit_seal", "Cannot update or delete"),
        ("TRUNCATE audit_seal", "only ever grows"),
    ],
)
def test_the_seals_only_ever_grow(statement: str, because: str) -> None:
    propose("ceo", 1)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # what COMMIT does
    assert execute("SELECT 1 FROM audit_seal") == 2
    with refused(because):
        execute(statement)


def test_only_an_entry_moves_a_balance() -> None:
    propose("ceo", 750_000)
    for change in ("balance_usd + 1", "balance_usd - 1", "0"):
        with refused("only a ledger entry moves a balance"):
            execute(f"UPDATE ledger_accounts SET balance_usd = {change}")
    with refused("opens empty"):
        LedgerAccount.objects.create(name="department:pocket", balance_usd=5)


def enter(source: str, target: str, amount: object, **more: object) -> None:
    """Write an entry of the ledger past every service."""
    row = {"source_id": source, "target_id": target, "amount_usd": amount, "created_at": database_clock(), **more}
    execute(f"INSERT INTO ledger_entries ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())


def test_no_bounded_account_goes_below_zero() -> None:
    ada = board_member()
    budgets.set_treasury(amount_usd=Decimal(100), by=Actor.member(ada), clock=database_clock)
    with refused("never_negative", IntegrityError):
        enter("treasury", "board", "100.01", person_id=ada.pk)
    with refused("positive", IntegrityError):
        enter("treasury", "board", 0, person_id=ada.pk)
    enter("treasury", "board", 100, person_id=ada.pk)


def test_dollars_move_only_where_something_calls_for_it() -> None:
    ada, by = board_member(), acting("ceo")
    assert by.call is not None
    call: dict[str, object] = {"call_id": by.call.pk}
    approved, waits = propose("ceo", 750_000), propose("ceo", 5_000_000)
    given, _ = budgets.allocate(
        amount_usd=Decimal(10), department="X", justification="x", decision=approved, by=by, clock=database_clock
    )
    own, others = f"decision:{approved.pk}", f"decision:{waits.pk}"
    LedgerAccount.objects.create(name=others, decision=waits)
    for source, target, amount, cause in [
        ("board", "treasury", 10, call),  # only a person sets the treasury
        ("board", "department:x", 10, {"person_id": ada.pk}),  # what nobody approved
        ("treasury", others, 5_000_000, call | {"decision_id": waits.pk}),  # what waits is no budget
        ("treasury", own, 10, call | {"decision_id": approved.pk}),  # an approval is posted whole
        (own, "department:x", 10, call | {"decision_id": approved.pk}),  # without an allocation
        (own, "department:x", 10, call | {"decision_id": approved.pk, "allocation_id": given.pk}),  # beyond it
        ("department:x", own, 10, call | {"decision_id": approved.pk, "allocation_id": given.pk}),  # and back
        (own, "treasury", 10, {"person_id": ada.pk, "decision_id": approved.pk}),  # what is not revoked
        (own, own, 10, call | {"decision_id": approved.pk}),
    ]:
        with refused("nothing calls for moving"):
            enter(source, target, amount, **cause)
    with refused("ledger_entries_approved_once", IntegrityError):
        enter("treasury", own, 750_000, decision_id=approved.pk, **call)


def test_an_allocation_draws_what_it_says() -> None:
    by = acting("ceo")
    with refused("an allocation is the sum of what it draws"):
        Allocation.objects.create(
            department="X", amount_usd=5, justification="x", created_at=database_clock(), call=by.call
        )
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # what COMMIT does


def test_only_the_treasury_and_where_its_dollars_come_from_may_have_no_bound() -> None:
    propose("ceo", 750_000)
    with refused("ledger_only_the_boards_unbounded", IntegrityError):
        execute("UPDATE ledger_accounts SET bounded = false WHERE decision_id IS NOT NULL")
    with refused("ledger_only_the_boards_unbounded", IntegrityError):
        LedgerAccount.objects.create(name="department:pocket", bounded=False)


@pytest.mark.parametrize(
    "change", ["amount_usd = 1", "target_id = 'board'", "source_id = 'board'", "created_at = now()"]
)
def test_a_ledger_entry_is_immutable(change: str) -> None:
    propose("ceo", 750_000)
    with refused("pgtrigger: Cannot update"):
        execute(f"UPDATE ledger_entries SET {change}")


def test_an_allocation_is_immutable() -> None:
    everything()
    with refused("Cannot update"):
        execute("UPDATE allocations SET department = 'pocket'")


def test_a_board_member_answers_an_escalation_once() -> None:
    everything()
    with refused("one_a_member", IntegrityError):
        execute(
            "INSERT INTO board_votes (escalation_id, member_id, answer, note, seen_hash, voted_at)"
            " SELECT escalation_id, member_id, 'reject', '', 'x', now() FROM board_votes"
        )


def test_no_temporary_table_stands_in_for_a_real_one_in_a_trigger() -> None:
    assert execute("SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger%%' AND proconfig IS NULL") == 0
    assert execute("SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger%%'") > 20


@pytest.mark.parametrize("table", ["decisions", "escalations", "board_votes", "ledger_entries", "messages", "calls"])
def test_what_only_grows_is_not_emptied(table: str) -> None:
    with refused("only ever grows"):
        execute(f"TRUNCATE {table} CASCADE")
