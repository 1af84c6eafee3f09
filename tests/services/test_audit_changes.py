"""What each record of a change says: under which charter, and what was before and after; and that it is true."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from org import workflows
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change, state
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import ArtifactKind, BoardAnswer, Mode, Status, Urgency, VoteChoice
from org.errors import Refused
from org.models import BOARD_GROUP, AuditRecord, Call, CharterVersion, Decision, Escalation, Member, Message
from org.models.decisions import MOVING
from org.services import (
    artifacts,
    board_mail,
    budgets,
    calls,
    charters,
    decisions,
    factors,
    interventions,
    members,
    memories,
    message_times,
    messages,
    overdue,
    proposals,
    run_interventions,
    runs,
    sign_ins,
    stops,
    work,
)
from org.workflows.definition import Workflow
from tests import authenticator
from tests.people import (
    PASSWORD,
    acting,
    amend_charter,
    answer,
    board_member,
    propose,
    publish_charter,
    put_to_vote,
    request_revision,
    shift_clock,
    start_run,
    store,
    vote,
)
from tests.services.boardroom import Visitor, put_before_the_board, text_of
from tests.services.database import execute
from tests.tasks.flows import ask, do

SERVICES = Path(calls.__file__).parent
NOTES = {  # what was said and changed nothing
    *("call.refused", "decision.outgrown", "member.recovery_code_used"),
    *("sign_in.done", "sign_in.ended", "sign_in.failed", "sign_in.locked", "sign_in.released"),
}
db = pytest.mark.django_db


def actions_in_the_source() -> set[str]:
    """Every word like `decision.settled` in the services."""
    words = set()
    for path in SERVICES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= {node.value} if re.fullmatch(r"[a-z_]+\.[a-z_]+", node.value) else set()
    return words


def play() -> None:
    """A story in which everything happens that the audit tells of."""
    people()
    charter_is_amended()
    board_decides()
    roles_decide()
    calls_end()
    a_run_is_stopped()
    a_run_is_undone()
    time_passes()


def people() -> None:
    root = Actor.member(Member.objects.create_superuser("root"))
    for groups in ([BOARD_GROUP], []):
        who = Member.objects.filter(username="eve").first() or Member(username="eve")
        members.keep(member=who, groups=groups, changed=["on_the_board"], by=root, clock=database_clock)
    members.set_password(member=who, password=PASSWORD, clock=database_clock)
    comes_and_goes(who)


def comes_and_goes(who: Member) -> None:
    visit = sign_ins.Visit("127.0.0.1")
    enrol(who)
    recovery = enrol(who)  # in place of the first
    sign_ins.try_code(member=who, typed=recovery[0], visit=visit, clock=database_clock)
    factors.make_recovery_codes(member=who, clock=database_clock)
    sign_ins.note_sign_in(member=who, factor="", visit=visit, clock=database_clock)
    sign_ins.note_sign_out(member=who, visit=visit, clock=database_clock)
    with suppress(sign_ins.Locked):
        for _ in range(5):
            sign_ins.try_password(name="eve", password="guess", visit=visit, clock=database_clock)
    sign_ins.release(name="eve", clock=database_clock)
    factors.remove(member=who, clock=database_clock)
    enrol(who)
    factors.reset(name="eve", clock=database_clock)


def enrol(who: Member) -> list[str]:
    device = factors.begin(member=who)
    typed = authenticator.code(device.bin_key)
    return factors.confirm(member=who, device=device, typed=typed, clock=database_clock)


def charter_is_amended() -> None:
    ada, text = board_member("ada"), SHIPPED.read_text()
    draft = charters.begin(document="x", member=ada, clock=database_clock)
    charters.discard(draft=draft, seen_hash=draft.shown_hash, member=ada, clock=database_clock)
    draft = charters.begin(document=text, member=ada, clock=database_clock)
    draft = charters.change(
        draft=draft, document=f"{text}\n# more\n", seen_hash=draft.shown_hash, member=ada, clock=database_clock
    )
    charters.approve(draft=draft, seen_hash=draft.shown_hash, member=ada, clock=database_clock)


def board_decides() -> None:
    ada = Actor.member(Member.objects.get(username="ada"))
    budgets.set_treasury(amount_usd=Decimal(90_000_000), by=ada, clock=database_clock)
    why: dict[str, Any] = {"reason": "because", "by": ada, "clock": database_clock}
    stops.lift(stop=stops.freeze(**why), **why)
    stops.lift(stop=stops.suspend(role="chro", **why), **why)
    answer(propose("ceo", 5_000_000), BoardAnswer.APPROVE)
    answer(propose("ceo", 5_000_000), BoardAnswer.REJECT)
    sent_back = propose("ceo", 5_000_000, title="Lab")
    request_revision(sent_back)
    propose("ceo", 6_000_000, title="Lab", revises=sent_back.ref)
    twice = propose("ceo", 12_000_000, title="Tower")
    answer(twice, BoardAnswer.APPROVE)
    propose("ceo", 400_000, title="Tower")
    answer(twice, BoardAnswer.APPROVE)
    steps_in(why)
    raised = propose("ceo", 7_000_000)
    decisions.escalate(decision=raised.ref, reason="soon", urgency=Urgency.HIGH, by=acting("ceo"), clock=database_clock)
    withdrawn = propose("ceo", 8_000_000)
    decisions.withdraw(decision=withdrawn.ref, reason="no", by=acting("ceo"), clock=database_clock)


def steps_in(why: dict[str, Any]) -> None:
    """A member withdraws, takes over, revokes, overrides."""
    interventions.withdraw(decision=propose("cto", 750_000, "budget_allocation"), **why)
    interventions.release(decision=put_to_vote(), **why)
    revoked = interventions.revoke(decision=propose("ceo", 300_000), **why)
    interventions.override(decision=revoked.decision, **why)


def roles_decide() -> None:
    memories.remember(key="x", content="y", by=acting("cto"), clock=database_clock)
    artifacts.make(kind=ArtifactKind.FEATURE, name="x", content={}, by=acting("cto"), clock=database_clock)
    approved = propose("ceo", 500_000)
    budgets.allocate(
        amount_usd=Decimal(1000),
        department="IT",
        justification="x",
        decision=approved,
        by=acting("ceo"),
        clock=database_clock,
    )
    outgrown = propose("cto", 750_000, "budget_allocation", title="Hall")
    propose("ceo", 900_000, title="Hall")
    decisions.resolve(decision=outgrown.ref, approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    passed_on = propose("senior_developer", None, "architecture")
    decisions.escalate(
        decision=passed_on.ref, reason="up", urgency=Urgency.HIGH, by=acting("senior_architect"), clock=database_clock
    )
    voted = put_to_vote()
    vote(voted, "cto")
    vote_until_over(voted, VoteChoice.APPROVE)
    vote_until_over(put_to_vote(), VoteChoice.REJECT)
    [asked] = messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)
    messages.acknowledge(message=asked.ref, note="on it", by=acting("cto"), clock=database_clock)
    board_asks()


def board_asks() -> None:
    """A member writes to a role, which answers, and opens the answer."""
    ada: dict[str, Any] = {"by": Actor.member(Member.objects.get(username="ada")), "clock": database_clock}
    [asked] = board_mail.write(to="cto", subject="x", content="x", **ada).rows
    [answered] = messages.send(
        to="board", reply_to=asked.ref, subject="x", content="y", by=acting("cto"), clock=database_clock
    )
    board_mail.note_read(numbers=[answered.number], **ada)
    board_mail.acknowledge(answer=answered, **ada)


def vote_until_over(decision: Decision, choice: VoteChoice) -> None:
    for role in decision.participants or []:
        if not Decision.objects.get(pk=decision.pk).is_settled:
            vote(decision, role, choice)


def refuse(call: Call) -> object:
    raise Refused("rule", "No.", "Leave it.")


def calls_end() -> None:
    for _ in range(3):
        store("ceo")
    for run in (refuse, None):
        claimed = calls.claim(["ceo"], "worker")
        assert claimed is not None
        if run is not None:
            calls.perform(claimed, run, database_clock)
        else:
            calls.fail(claimed, "It broke.", database_clock)
    execute("UPDATE calls SET claimable_until = clock_timestamp() - interval '1 hour' WHERE status = 'queued'")
    calls.drop_unclaimed(database_clock)


def a_run_is_stopped() -> None:
    ada: dict[str, Any] = {"by": Actor.member(Member.objects.get(username="ada")), "clock": database_clock}
    run = start_run()
    assert work.claim(work=None, by=acting("chro"), clock=database_clock)
    run_interventions.pause(run=run, reason="x", **ada)
    run_interventions.cancel(run=run, reason="x", **ada)


def a_run_is_undone() -> None:
    steps = (ask("a", asks="Do it.", undo=ask("undo_a", asks="Undo it.")), ask("b", "a", asks="Do it."))
    flow = Workflow(name="flow", version=1, title="F", purpose="x", starters=("ceo",), inputs={}, steps=steps)
    with patch.object(workflows, "SHIPPED", (flow,)):
        run = runs.start(name="flow", inputs={}, by=acting("ceo"), clock=database_clock)
        do("cto")
        by = Actor.member(Member.objects.get(username="ada"))
        run_interventions.cancel(run=run, reason="x", by=by, clock=database_clock)
        do("cto")


def time_passes() -> None:
    propose("ceo", 9_000_000)
    propose("senior_developer", None, "architecture")
    put_to_vote()
    soon = database_clock() + timedelta(minutes=1)
    messages.send(to="cto", subject="x", content="x", ack_by=soon, by=acting("ceo"), clock=database_clock)
    shift_clock(minutes=2)
    message_times.tell_missed(database_clock)
    shift_clock(days=31)
    overdue.act(database_clock)
    overdue.remind(database_clock)
    message_times.expire_due(database_clock)


def recorded() -> Iterator[tuple[AuditRecord, dict[str, Any]]]:
    """Each record with what was sealed of it."""
    for row in AuditRecord.objects.order_by("id"):
        body = json.loads(bytes(row.body))
        assert body["data"] == row.data
        yield row, body["data"]


def told() -> dict[str, dict[str, Any]]:
    """What becomes of each subject if one believes the records; each must begin where the ones before it ended."""
    known: dict[str, dict[str, Any]] = defaultdict(dict)
    rows = AuditRecord.objects.exclude(action__in=NOTES).order_by("id")
    # asking and what follows at once are one deed, written the other way round
    for row in sorted(rows, key=lambda row: (row.at, row.action != "decision.proposed", row.pk)):
        steps = [(row.subject, row.data["before"], row.data["after"])]
        steps += [
            (ref, row.data["before"][ref], part) for ref, part in row.data["after"].items() if isinstance(part, dict)
        ]
        for subject, before, after in steps:
            if subject.startswith("D-") and row.action not in ("vote.cast", "vote.closed"):
                for name in set(before or {}) & set(MOVING):
                    assert known[subject].get(name) == before[name], (row.action, subject, name)
            known[subject] |= after
    return known


@db
def test_every_change_is_recorded_with_its_charter_and_with_before_and_after() -> None:
    play()
    seen = set()
    for row, data in recorded():
        seen.add(row.action)
        assert data["charter"] >= 1, row
        assert ("before" in data) == ("after" in data) == (row.action not in NOTES), row
        if row.action not in NOTES:
            assert data["after"], row
            assert data["before"] is None or set(data["before"]) == set(data["after"]), row
            assert data["before"] != data["after"], row
    assert seen == actions_in_the_source()


@db
def test_the_records_of_a_decision_lead_from_nothing_to_where_it_stands() -> None:
    play()
    known, found = told(), Decision.objects.all()
    assert {each.status for each in found} > {Status.APPROVED, Status.PENDING}
    for decision in found:
        stands = {name: known[decision.ref].get(name) for name in MOVING}
        assert stands == state(decision, *MOVING), decision


@db
def test_the_records_of_a_message_lead_to_where_it_stands() -> None:
    [row] = messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)
    messages.acknowledge(message=row.ref, note="on it", by=acting("cto"), clock=database_clock)
    shift_clock(days=31)
    message_times.expire_due(database_clock)
    fields = ("from_role", "sent_to", "acknowledged_at", "acknowledge_note", "expired_at")
    stands = state(Message.objects.get(pk=row.pk), *fields)
    assert {name: told()[row.ref].get(name) for name in fields} == stands


@db
def test_an_answer_of_the_board_tells_what_it_moved() -> None:
    decision = propose("ceo", 5_000_000)
    matter = request_revision(decision)
    data = AuditRecord.objects.get(action="board.answered").data
    assert data["before"][decision.ref] == {"status": "escalated", "awaiting_role": None}
    assert data["after"][decision.ref] == {"status": "pending", "awaiting_role": "ceo"}
    assert (data["before"]["status"], data["after"]["status"]) == ("open", "revision_requested")
    assert data["after"]["closed_at"] == state(Escalation.objects.get(pk=matter.pk), "closed_at")["closed_at"]
    assert (data["before"]["answer"], data["after"]["answer"]) == (None, "request_revision")


@db
def test_a_treasury_tells_what_it_was() -> None:
    ada = Actor.member(board_member())
    for amount in (Decimal(5_000_000), Decimal(6_000_000), None):
        budgets.set_treasury(amount_usd=amount, by=ada, clock=database_clock)
        propose("ceo", 1_000)
    rows = AuditRecord.objects.filter(action="treasury.set").order_by("id")
    steps = [(row.data["before"]["amount_usd"], row.data["after"]["amount_usd"]) for row in rows]
    assert steps == [(None, 5_000_000), (5_000_000, 6_000_000), (6_000_000, None)]


@db
def test_a_changed_vote_tells_both_ballots() -> None:
    decision = put_to_vote()
    vote(decision, "cto", VoteChoice.APPROVE, 0.9, "good")
    vote(decision, "cto", VoteChoice.REJECT, 0.9, "bad")
    first, second = AuditRecord.objects.filter(action="vote.cast").order_by("id")
    assert (first.data["before"], first.data["after"]["vote"]) == (None, "approve")
    assert second.data["before"] == {"vote": "approve", "rationale": "good", "voted_at": first.at.isoformat()}
    assert second.data["after"] == {"vote": "reject", "rationale": "bad", "voted_at": second.at.isoformat()}


@db
def test_a_record_names_the_charter_in_force_and_not_the_one_it_was_asked_under() -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    before = CharterVersion.objects.in_force().version
    amend_charter("limit_usd = 1_000_000", "limit_usd = 2_000_000")
    decisions.resolve(decision=decision.ref, approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    by_action = {row.action: row.data["charter"] for row in AuditRecord.objects.filter(subject=decision.ref)}
    assert by_action == {"decision.proposed": before, "decision.settled": before + 1}


@db
def test_a_published_charter_is_recorded_under_the_one_it_follows() -> None:
    before = CharterVersion.objects.in_force().version
    charter_is_amended()
    data = AuditRecord.objects.get(action="charter.published").data
    assert (data["charter"], data["before"]["in_force"], data["after"]["in_force"]) == (before, before, before + 1)


@db
def test_no_password_is_in_the_audit() -> None:
    people()
    hashed = Member.objects.get(username="eve").password
    rows = [row for row, _ in recorded()]
    assert {"member.added", "member.password_set"} <= {row.action for row in rows}
    for row in rows:
        assert PASSWORD not in bytes(row.body).decode()
        assert hashed not in bytes(row.body).decode()


@db
def test_a_call_reads_the_charter_once_with_its_lock() -> None:
    def run(call: Call) -> object:
        by = Actor.role(call)
        proposals.propose(
            decision_type="policy", title="x", context="x", mode=Mode.HIERARCHICAL, by=by, clock=database_clock
        )
        return {"charter": charter_of(by).version}

    store("ceo")
    claimed = calls.claim(["ceo"], "worker")
    assert claimed is not None
    with CaptureQueriesContext(connection) as queries:
        assert calls.perform(claimed, run, database_clock)
    read = [query["sql"] for query in queries if "charter_versions" in query["sql"] and "document" in query["sql"]]
    assert len(read) == 1
    assert "lock_call" in read[0]


@db
def test_a_later_call_is_judged_by_the_charter_published_meanwhile() -> None:
    def version() -> int:
        store("ceo")
        claimed = calls.claim(["ceo"], "worker")
        assert claimed is not None
        calls.perform(claimed, lambda call: charter_of(Actor.role(call)).version, database_clock)
        answered = Call.objects.get(pk=claimed.call_id).result
        assert answered is not None
        return int(answered["answer"])

    first = version()
    publish_charter(SHIPPED.read_text() + "\n# anew\n")
    assert version() == first + 1


values = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=2))


@given(
    before=st.dictionaries(st.sampled_from("abcd"), values, min_size=4), after=st.lists(values, min_size=4, max_size=4)
)
def test_a_change_holds_what_differs_and_nothing_else(before: dict[str, Any], after: list[Any]) -> None:
    whole = dict(zip("abcd", after, strict=True))
    change = Change.between(before, whole)
    assert change.before is not None
    assert set(change.before) == set(change.after)
    assert before | change.after == whole
    assert whole | change.before == before
    assert all(change.before[name] != change.after[name] for name in change.after)


HOSTILE = "<script>alert(1)</script>\u202e"


@db
def test_pages_show_before_and_after_and_run_nothing() -> None:
    ada = Visitor(board_member())
    [row] = messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)
    messages.acknowledge(message=row.ref, note=HOSTILE, by=acting("cto"), clock=database_clock)
    record = AuditRecord.objects.get(action="message.acknowledged")
    page = ada.get(f"/admin/org/auditrecord/{record.pk}/change/")
    assert "<script>alert" not in page.content.decode()
    said = text_of(page)
    assert "none → <script>alert(1)</script>[U+202E]" in said
    assert "\u202e" not in said


@db
def test_a_card_tells_how_its_decision_moved() -> None:
    matter = put_before_the_board()
    answer(matter.decision, BoardAnswer.APPROVE)
    said = text_of(Visitor(board_member()).get(f"/admin/org/escalation/{matter.pk}/change/"))
    assert "Status: escalated → approved" in said
    assert "Decided by: none → The board" in said


@db
def test_a_card_tells_that_its_decision_was_sent_back() -> None:
    matter = put_before_the_board()
    request_revision(matter.decision)
    said = text_of(Visitor(board_member()).get(f"/admin/org/escalation/{matter.pk}/change/"))
    assert f"{matter.decision.ref} status: escalated → pending" in said
    assert f"{matter.decision.ref} awaiting role: none → Chief Executive Officer" in said
    assert "Status: open → revision requested" in said


@db
def test_pages_show_records_of_earlier_releases_as_they_are() -> None:
    matter = put_before_the_board()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE audit DISABLE TRIGGER USER")
    execute("UPDATE audit SET data = data - 'charter' - 'before' - 'after'")
    ada = Visitor(board_member())
    assert "How it came here" in ada.read(f"/admin/org/escalation/{matter.pk}/change/")
    for row in AuditRecord.objects.exclude(action__startswith="sign_in."):
        assert "not told" in text_of(ada.get(f"/admin/org/auditrecord/{row.pk}/change/"))


def test_an_act_is_fixed() -> None:
    act = Act(Actor("ceo"), CharterVersion(version=1, document=SHIPPED.read_text()).charter, None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        act.by = Actor("cto")  # type: ignore[misc]
