"""The charter's life: drafted, approved by the board's members, in force at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import DraftStatus, Status
from org.errors import InvalidInput, Refused
from org.models import AuditRecord, CharterApproval, CharterDraft, CharterVersion, Member, Message
from org.services import charters
from tests.people import amend_charter, board_member, propose, racers
from tests.services.database import execute, refused

TEXT = SHIPPED.read_text()
db = pytest.mark.django_db


def with_limit(dollars: str) -> str:
    return TEXT.replace("limit_usd = 1_000_000", f"limit_usd = {dollars}")


MORE = with_limit("2_000_000")


def begin(member: Member, document: str = MORE) -> CharterDraft:
    return charters.begin(document=document, member=member, clock=database_clock)


def change(draft: CharterDraft, member: Member, document: str, seen: str = "") -> CharterDraft:
    return charters.change(
        draft=draft, document=document, seen_hash=seen or stored(draft).shown_hash, member=member, clock=database_clock
    )


def approve(draft: CharterDraft, member: Member, seen: str = "") -> CharterDraft:
    return charters.approve(
        draft=draft, seen_hash=seen or stored(draft).shown_hash, member=member, clock=database_clock
    )


def rebase(draft: CharterDraft, member: Member) -> CharterDraft:
    return charters.rebase(draft=draft, seen_hash=stored(draft).shown_hash, member=member, clock=database_clock)


def stored(draft: CharterDraft) -> CharterDraft:
    return CharterDraft.objects.get(pk=draft.pk)


def in_force() -> CharterVersion:
    return CharterVersion.objects.latest("version")


def told(action: str) -> dict[str, Any]:
    return dict(AuditRecord.objects.filter(action=action).latest("pk").data)


@db
def test_a_sole_member_publishes_alone_and_the_record_says_so() -> None:
    ada, before = board_member("ada"), in_force().version
    decided = propose("ceo", 900_000)
    published = approve(begin(ada), ada)
    assert (published.status, published.published_as) == (DraftStatus.PUBLISHED, in_force())
    assert (in_force().version, in_force().document, in_force().published_by) == (before + 1, MORE, "ada")
    record = told("charter.published")
    assert (record["members"], record["sole_member"]) == (["ada"], True)
    assert record["document_hash"] == published.hash
    assert "decides alone up to $2,000,000 instead of $1,000,000" in record["differences"][0]
    decided.refresh_from_db()
    assert decided.charter_version_id == before, "what was decided keeps the charter it was judged by"


@db
def test_every_role_is_told_of_a_published_charter_and_what_it_changes() -> None:
    ada = board_member("ada")
    approve(begin(ada), ada)
    letters = Message.objects.filter(from_role="board", subject=f"Charter {in_force().version} is in force")
    assert {letter.to_role for letter in letters} == set(in_force().charter.roles)
    for letter in letters:
        assert letter.content["published_by"] == "ada"
        assert "decides alone up to $2,000,000 instead of $1,000,000" in letter.content["changes"][0]


@db
def test_a_published_charter_is_in_force_for_the_next_call() -> None:
    ada = board_member()
    assert propose("ceo", 1_500_000).status == Status.ESCALATED
    approve(begin(ada), ada)
    after = propose("ceo", 1_500_000)
    assert (after.status, after.charter_version_id) == (Status.APPROVED, in_force().version)


@db
def test_two_members_publish_where_the_board_has_two() -> None:
    ada, bob, before = board_member("ada"), board_member("bob"), in_force().version
    draft = begin(ada)
    assert approve(draft, ada).status == DraftStatus.DRAFT
    assert in_force().version == before
    with pytest.raises(Refused, match="waits for a second member"):
        approve(draft, ada)
    assert approve(draft, bob).status == DraftStatus.PUBLISHED
    assert in_force().published_by == "ada and bob"
    assert (told("charter.published")["members"], told("charter.published")["sole_member"]) == (["ada", "bob"], False)
    assert AuditRecord.objects.filter(action="charter.approved").count() == 2


@db
def test_changed_content_voids_the_first_approval_even_when_it_is_changed_back() -> None:
    ada, bob, before = board_member(), board_member(), in_force().version
    draft = begin(ada)
    approve(draft, ada)
    change(draft, bob, with_limit("3_000_000"))
    assert charters.approvals_missing(stored(draft)) == 2
    change(draft, bob, MORE)
    assert approve(draft, bob).status == DraftStatus.DRAFT
    assert in_force().version == before
    assert approve(draft, ada).status == DraftStatus.PUBLISHED


@db
def test_what_was_shown_is_what_is_approved() -> None:
    ada, bob = board_member(), board_member()
    draft = begin(ada)
    seen = draft.shown_hash
    change(draft, bob, with_limit("900_000_000"))
    with pytest.raises(Refused, match="not what you were shown"):
        approve(draft, ada, seen)
    with pytest.raises(Refused, match="not what you were shown"):
        change(draft, ada, MORE, seen)
    assert not CharterApproval.objects.exists()


@db
def test_a_draft_that_was_rebased_since_is_not_what_was_shown() -> None:
    ada, bob = board_member(), board_member()
    draft = begin(ada, f"{SHIPPED.read_text()}\n# a comment\n")
    seen = draft.shown_hash  # a comment more than charter 1
    amend_charter("limit_usd = 1_000_000", "limit_usd = 10_000")
    approve(rebase(draft, bob), bob)  # the limits of charter 2 taken back
    with pytest.raises(Refused, match="not what you were shown"):
        approve(draft, ada, seen)
    assert in_force().charter.roles["ceo"].limit_usd == 10_000


@db
def test_a_member_who_left_the_board_counts_no_more() -> None:
    ada, bob, eve = board_member(), board_member(), board_member()
    draft = begin(ada)
    approve(draft, eve)
    Member.objects.filter(pk=eve.pk).update(is_active=False)
    assert approve(draft, ada).status == DraftStatus.DRAFT
    assert approve(draft, bob).status == DraftStatus.PUBLISHED


@db
def test_only_active_members_of_the_board_write_and_publish() -> None:
    ada = board_member()
    draft = begin(ada)
    root = Member.objects.create(username="root", is_superuser=True, is_staff=True)
    for deed in (
        lambda: begin(root),
        lambda: change(draft, root, TEXT),
        lambda: approve(draft, root),
        lambda: rebase(draft, root),
        lambda: charters.discard(draft=draft, seen_hash=draft.shown_hash, member=root, clock=database_clock),
    ):
        with pytest.raises(Refused, match="Only active members of the board"):
            deed()


@db
def test_a_draft_whose_base_is_no_longer_in_force_says_the_way_out() -> None:
    ada = board_member()
    behind = begin(ada)
    approve(begin(ada, with_limit("750_000")), ada)
    with pytest.raises(Refused, match=f"Rebase it on charter {in_force().version}") as refusal:
        approve(behind, ada)
    assert refusal.value.rule == "not_in_force"
    rebase(behind, ada)
    assert approve(behind, ada).status == DraftStatus.PUBLISHED
    assert "up to $2,000,000 instead of $750,000" in told("charter.published")["differences"][0]


@db
def test_rebasing_voids_approvals_since_other_things_change() -> None:
    ada, bob = board_member(), board_member()
    draft = begin(ada)
    approve(draft, ada)
    amend_charter("window_multiple = 5", "window_multiple = 4")
    rebase(draft, bob)
    assert approve(draft, bob).status == DraftStatus.DRAFT


@db
def test_faults_and_nothing_new_are_not_published() -> None:
    ada = board_member()
    with pytest.raises(Refused, match="It has faults"):
        approve(begin(ada, TEXT.replace('decided_by = ["ceo"]', 'decided_by = ["boss"]')), ada)
    with pytest.raises(Refused, match="word for word"):
        approve(begin(ada, TEXT), ada)
    for unusable in ("a\0b", "x" * 300_000):
        with pytest.raises(InvalidInput, match="document"):
            begin(ada, unusable)


@db
def test_a_closed_draft_stays_as_it_is() -> None:
    ada = board_member()
    draft = begin(ada)
    charters.discard(draft=draft, seen_hash=draft.shown_hash, member=ada, clock=database_clock)
    for deed in (change, approve):
        with pytest.raises(Refused, match="discarded already"):
            deed(draft, ada, *([TEXT] if deed is change else []))
    assert told("charter.discarded")["document_hash"] == draft.hash


GUARDS = {
    "DELETE FROM charter_drafts": "charter_drafts_stay",
    "TRUNCATE charter_drafts CASCADE": "only ever grows",
    "DELETE FROM charter_approvals": "charter_approvals_stay",
    "UPDATE charter_approvals SET document_hash = 'x'": "charter_approvals_stay",
    "UPDATE charter_drafts SET document = document || ' '": "charter_drafts_new_text_new_revision",
    "UPDATE charter_drafts SET revision = revision - 1": "charter_drafts_new_text_new_revision",
    "UPDATE charter_drafts SET created_at = now()": "charter_drafts_new_text_new_revision",
    "UPDATE charter_drafts SET status = 'published', closed_at = now()": "charter_drafts_published_as_a_version",
    "UPDATE charter_drafts SET status = 'draught'": "charter_drafts_closed_when_done",
    "UPDATE charter_drafts SET status = 'published', closed_at = now(), published_as_id = 1": (
        "published by the board's members alone"
    ),
    "INSERT INTO charter_approvals (draft_id, member_id, revision, document_hash, approved_at)"
    " SELECT draft_id, member_id, revision, repeat('0', 64), now() FROM charter_approvals": (
        "for the text of an open draft"
    ),
    "INSERT INTO charter_approvals (draft_id, member_id, revision, document_hash, approved_at)"
    " SELECT draft_id, member_id, revision + 1, document_hash, now() FROM charter_approvals": (
        "for the text of an open draft"
    ),
    "INSERT INTO charter_versions SELECT max(version) + 2, max(document), now(), 'me' FROM charter_versions": (
        "a charter follows the one in force"
    ),
}


@db
@pytest.mark.parametrize(("statement", "because"), GUARDS.items())
def test_the_database_refuses_what_the_services_never_do(statement: str, because: str) -> None:
    ada, _ = board_member(), board_member()
    approve(begin(ada), ada)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # what COMMIT does
    with refused(because):
        execute(statement)


@db
def test_a_closed_draft_is_final_in_the_database_too() -> None:
    ada = board_member()
    approve(begin(ada), ada)
    with refused("charter_drafts_closed_is_final"):
        execute("UPDATE charter_drafts SET updated_at = now()")


def test_of_two_who_publish_different_drafts_at_once_one_is_told_to_rebase(committed: str) -> None:
    ada, before = board_member("ada"), in_force().version
    drafts = [begin(ada, with_limit(f"{n}_000_000")) for n in (2, 3, 4, 5)]
    with racers(4) as running:
        ends = running.race([partial(approve, draft, ada, draft.shown_hash) for draft in drafts])
    beaten = [end for end in ends if isinstance(end, Refused)]
    assert len(beaten) == 3, ends
    assert {refusal.rule for refusal in beaten} == {"not_in_force"}
    assert in_force().version == before + 1


def test_two_members_who_approve_in_the_same_moment_publish_once(committed: str) -> None:
    ada, bob, before = board_member("ada"), board_member("bob"), in_force().version
    with racers(2) as running:
        for n in range(2, 12):
            draft = begin(ada, with_limit(f"{n}_000_000"))
            running.race([partial(approve, draft, member, draft.shown_hash) for member in (ada, bob)])
            assert stored(draft).status == DraftStatus.PUBLISHED
    assert in_force().version == before + 10
