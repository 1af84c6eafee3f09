"""The pages a member decides from, without a browser."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from org.actors import Actor
from org.admin.texts import when
from org.clock import database_clock
from org.models import (
    AuditRecord,
    BoardVote,
    Call,
    CharterVersion,
    Decision,
    LedgerAccount,
    LedgerEntry,
    Member,
    Message,
)
from org.queries.standing import budget
from org.services import budgets, decisions
from tests.people import PASSWORD, acting, board_member, page_of, propose, shift_clock
from tests.services.boardroom import (
    APPROVE,
    Visitor,
    answer,
    decision_of,
    hash_of,
    put_before_the_board,
    status_of,
    text_of,
)

pytestmark = pytest.mark.django_db

TREASURY = "/admin/org/ledgeraccount/treasury/change/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_the_page_shows_what_a_member_decides_by() -> None:
    matter = put_before_the_board(title="Lab", context={"business_value": "twice the sales"})
    seen = text_of(Visitor(board_member()).get(page_of(matter)))
    for said in ("$5,000,000", "Lab", "limit of $1,000,000", "twice the sales", "answer due in 3 days", "no ceiling"):
        assert said in seen
    for leads_to in ("becomes budget", "Nothing is decided", "Final.", "Silence never approves"):
        assert leads_to in seen


def test_a_page_opens_by_ref_as_well() -> None:
    matter = put_before_the_board()
    assert Visitor(board_member()).get(f"/admin/org/escalation/{matter.ref}/change/").status_code == 200


def test_an_approval_is_recorded_and_shown() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member("ada"))
    page = ada.answers(matter, "approve", "go ahead")
    assert page.status_code == 302
    seen = text_of(ada.get(page["Location"]))
    assert "Approved" in seen
    assert "ada approved" in seen
    assert "go ahead" in seen
    assert "Initiative in all" in seen
    assert decision_of(matter).status == "approved"


@pytest.mark.parametrize(("choice", "status"), [("reject", "rejected"), ("request_revision", "revision_requested")])
def test_saying_no_wants_a_note_and_is_recorded_with_one(choice: str, status: str) -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    assert "Say why" in text_of(ada.answers(matter, choice, ""))
    assert status_of(matter) == "open"
    ada.answers(matter, choice, "too dear")
    assert status_of(matter) == status


def test_a_refusal_keeps_the_note() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    page = ada.answers(matter, "approve", "after <b>talking</b>", seen_hash="0" * 64)
    assert page.status_code == 409
    assert "Read it again" in text_of(page)
    assert "after &lt;b&gt;talking&lt;/b&gt;</textarea>" in page.content.decode()


def test_reading_never_answers() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    query = {"answer": "approve", "seen_hash": hash_of(matter), "note": "x"}
    assert ada.get(page_of(matter), query).status_code == 200
    assert ada.head(page_of(matter), query).status_code == 200
    assert not BoardVote.objects.exists()


def test_a_form_of_another_site_is_refused() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    ada.handler.enforce_csrf_checks = True
    assert ada.answers(matter, "approve").status_code == 403
    assert not BoardVote.objects.exists()


def test_clicking_twice_is_harmless() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    seen = hash_of(matter)
    ada.answers(matter, "approve", seen_hash=seen)
    page = ada.answers(matter, "approve", seen_hash=seen)
    assert "The first answer stands" in text_of(page)
    assert BoardVote.objects.count() == 1


def test_what_agents_write_is_escaped_and_made_visible() -> None:
    title = "Lab <script>alert(1)</script> \u202egnp.exe \u200bok"
    matter = put_before_the_board(title=title, context={"<img src=x>": "a\u2066b<script>\u0007"}, initiative="x")
    ada = Visitor(board_member())
    pages = [page_of(matter), "/admin/", "/admin/org/escalation/", "/admin/org/decision/"]
    for page in [*pages, f"/admin/org/decision/{matter.decision_id}/change/"]:
        seen = ada.read(page)
        assert "<script>alert" not in seen
        assert "<img src=x>" not in seen
        assert not set("\u202e\u200b\u2066\u0007") & set(seen), page
        assert "[U+202E]" in seen


def test_the_page_allows_no_script_or_style_in_itself() -> None:
    ada = Visitor(board_member())
    page = ada.get(page_of(put_before_the_board()))
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.content.decode())


def test_after_five_minutes_approving_asks_for_the_password() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    shift_clock(minutes=4)
    assert 'name="password"' not in ada.read(page_of(matter))
    shift_clock(minutes=2)
    page = ada.answers(matter, "approve", "go ahead")
    assert page.status_code == 403
    assert "Type it to approve" in text_of(page)
    assert "go ahead</textarea>" in page.content.decode()
    assert "not your password" in text_of(ada.answers(matter, "approve", password="wrong"))
    assert not BoardVote.objects.exists()
    assert ada.answers(matter, "approve", password=PASSWORD).status_code == 302
    assert decision_of(matter).status == "approved"


def test_a_password_just_typed_holds_for_five_minutes() -> None:
    first, second, ada = put_before_the_board(), put_before_the_board(), Visitor(board_member())
    shift_clock(minutes=6)
    ada.answers(first, "approve", password=PASSWORD)
    ada.answers(second, "approve")
    assert decision_of(second).status == "approved"


def test_rejecting_asks_for_no_password() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    shift_clock(minutes=60)
    ada.answers(matter, "reject", "no")
    assert status_of(matter) == "rejected"


def test_guessing_the_password_ends_the_session() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    shift_clock(minutes=6)
    for guess in range(5):
        page = ada.answers(matter, "approve", password=f"guess {guess}")
    assert page["Location"].startswith("/admin/login/")
    assert ada.get(page_of(matter)).status_code == 302


def test_a_superuser_outside_the_board_reads_and_is_told_why() -> None:
    root = Visitor(Member.objects.create_superuser("root", password=PASSWORD))
    board_member()
    matter = put_before_the_board()
    assert "not one of the board" in text_of(root.get(page_of(matter)))
    assert 'name="answer"' not in root.read(page_of(matter))
    assert root.answers(matter, "approve").status_code == 403
    assert not BoardVote.objects.exists()


def test_other_staff_see_nothing() -> None:
    clerk = Visitor(Member.objects.create_user("clerk", password=PASSWORD, is_staff=True))
    matter = put_before_the_board(title="Secret lab")
    assert clerk.get(page_of(matter)).status_code == 403
    assert "Secret lab" not in clerk.read("/admin/")


def test_too_few_members_for_an_approval_is_said() -> None:
    ada, grace = board_member(), board_member()
    matter = put_before_the_board(12_000_000)
    Member.objects.filter(pk=grace.pk).update(is_active=False)
    assert "too few active members" in text_of(Visitor(ada).get(page_of(matter)))


def test_a_first_approval_waits_for_a_second_member() -> None:
    ada, grace = board_member("ada"), board_member()
    matter = put_before_the_board(12_000_000)
    page = Visitor(ada).answers(matter, "approve")
    assert page.status_code == 302
    seen = text_of(Visitor(grace).get(page_of(matter)))
    assert "1 of 2 approvals given" in seen
    assert "ada approved" in seen


def test_the_list_puts_what_is_open_and_due_first() -> None:
    ada = board_member()
    late = put_before_the_board(title="Late one", urgency="low")
    answer(put_before_the_board(title="Closed one"), ada, APPROVE)
    put_before_the_board(title="Urgent one", urgency="critical")
    seen = Visitor(ada).read("/admin/org/escalation/")
    assert seen.index("Urgent one") < seen.index("Late one") < seen.index("Closed one")
    assert "Closed one" not in Visitor(ada).read("/admin/org/escalation/?status__exact=open")
    assert late.ref in Visitor(ada).read(f"/admin/org/escalation/?q={late.ref}")


def test_history_is_read_only() -> None:
    ada = Visitor(board_member())
    answer(put_before_the_board(), ada.member)
    propose("ceo", 1_000)
    records = "decision escalation boardvote message call ledgeraccount ledgerentry allocation auditrecord"
    for name in [*records.split(), "charterversion", "memory", "decisionvote", "agentstatus"]:
        assert ada.get(f"/admin/org/{name}/").status_code == 200, name
        assert ada.get(f"/admin/org/{name}/add/").status_code == (200 if name == "message" else 403), name
    for row in (Decision, BoardVote, AuditRecord, LedgerAccount, LedgerEntry, Message, Call, CharterVersion):
        where = f"/admin/org/{row._meta.model_name}/{row.objects.first().pk}"
        assert ada.get(f"{where}/change/").status_code == 200
        answered = ada.post(f"{where}/change/", {"status": "approved"}).status_code
        assert answered == (400 if row in (Decision, Message) else 403)  # pages with buttons, of which this is none
        assert ada.post(f"{where}/delete/", {"post": "yes"}).status_code == 403


def test_a_member_sets_and_removes_the_treasury() -> None:
    ada = Visitor(board_member())
    assert ada.post(TREASURY, {"deed": "set", "amount": "$5,000,000.50"}).status_code == 302
    assert budget().treasury_left_usd == Decimal("5000000.50")
    assert "$5,000,000.50" in ada.read(TREASURY)
    ada.post(TREASURY, {"deed": "remove"})
    assert budget().treasury_left_usd is None


@pytest.mark.parametrize(
    ("amount", "fault"),
    [
        ("", "No amount was typed."),
        ("five", "It is not an amount of US dollars."),
        ("1e9", "It is not an amount of US dollars."),
        ("1,5", "It is not an amount of US dollars."),
        ("5.000.000", "It is not an amount of US dollars."),
        ("-5", "It is negative."),
        ("0.001", "It has more than two decimals."),
        ("1" + "0" * 12, "It is not below a trillion US dollars."),
    ],
)
def test_a_treasury_that_is_no_amount_is_refused_with_the_reason(amount: str, fault: str) -> None:
    page = Visitor(board_member()).post(TREASURY, {"deed": "set", "amount": amount})
    assert page.status_code == 400
    assert f"{fault} Nothing was done. Write it like 5,000,000 or 1250.50." in text_of(page)
    assert budget().treasury_left_usd is None


def test_a_treasury_below_what_is_approved_is_refused() -> None:
    ada = Visitor(board_member())
    propose("ceo", 700_000)
    page = ada.post(TREASURY, {"deed": "set", "amount": "600000"})
    assert page.status_code == 409
    assert "$700,000 is approved already" in text_of(page)


def test_a_short_treasury_is_said_before_anyone_approves() -> None:
    ada, matter = Visitor(board_member()), put_before_the_board()
    budgets.set_treasury(amount_usd=Decimal(1), by=Actor.member(ada.member), clock=database_clock)
    assert "The treasury has $1 left" in text_of(ada.get(page_of(matter)))


def test_superusers_manage_members_and_the_audit_knows() -> None:
    root = Visitor(Member.objects.create_superuser("root", password=PASSWORD))
    new = {
        "username": "ada",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "on_the_board": "on",
    }
    assert root.post("/admin/org/member/add/", new).status_code == 302
    ada = Member.board.on_the_board().get(username="ada")
    change = {"username": "ada", "is_active": "on", "email": "ada@example.org"}
    assert root.post(f"/admin/org/member/{ada.pk}/change/", change).status_code == 302
    assert not Member.board.on_the_board().exists()
    password = {"usable_password": "true", "password1": PASSWORD[::-1], "password2": PASSWORD[::-1]}
    assert root.post(f"/admin/org/member/{ada.pk}/password/", password).status_code == 302
    assert list(AuditRecord.objects.filter(subject="ada").order_by("id").values_list("action", flat=True)) == [
        "member.added",
        "member.changed",
        "member.password_set",
    ]
    assert root.post(f"/admin/org/member/{ada.pk}/delete/", {"post": "yes"}).status_code == 403


def test_members_do_not_manage_members() -> None:
    assert Visitor(board_member()).get("/admin/org/member/").status_code == 403


def test_lists_speak_as_the_card_does() -> None:
    matter, ada = put_before_the_board(), Visitor(board_member())
    decision = propose("ceo", 700_000, title="Lab")
    budgets.allocate(
        amount_usd=Decimal(50_000),
        department="IT",
        justification="why",
        by=acting("ceo"),
        clock=database_clock,
    )
    listed = text_of(ada.get("/admin/org/decision/"))
    assert "Chief Executive Officer" in listed
    assert "Strategic initiative" in listed
    assert "strategic_initiative" not in listed
    assert when(decision.created_at) in listed
    assert f"{decision.ref} → IT" in text_of(ada.get("/admin/org/ledgerentry/"))
    assert f"{decision.ref} Lab" in text_of(ada.get("/admin/org/ledgeraccount/"))
    assert decision.ref in text_of(ada.get("/admin/org/allocation/"))
    entry = LedgerEntry.objects.get(allocation__isnull=False)
    assert f"{decision.ref} → IT, $50,000" in text_of(ada.get(f"/admin/org/ledgerentry/{entry.pk}/change/"))
    waiting = ada.read("/admin/org/escalation/")
    assert '<span class="tag open">open</span>' in waiting
    assert "waiting</span>" not in waiting
    decisions.withdraw(decision=decision_of(matter).ref, reason="not needed", by=acting("ceo"), clock=database_clock)
    assert "No member answered." in text_of(ada.get(page_of(matter)))
