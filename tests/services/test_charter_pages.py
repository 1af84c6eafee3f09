"""The page on which the charter is changed, without a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

from org.charter import SHIPPED
from org.models import CharterApproval, CharterDraft, CharterVersion, Member
from tests.people import FIRST_VERSION, PASSWORD, amend_charter, board_member, shift_clock
from tests.services.boardroom import Visitor, text_of

pytestmark = pytest.mark.django_db

ADD = "/admin/org/charterdraft/add/"
TEXT = SHIPPED.read_text()
MORE = TEXT.replace("limit_usd = 1_000_000", "limit_usd = 2_000_000")
LESS = TEXT.replace("limit_usd = 1_000_000", "limit_usd = 900_000")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def page_of(draft: CharterDraft) -> str:
    return f"/admin/org/charterdraft/{draft.pk}/change/"


def does(who: Visitor, deed: str, text: str = MORE, draft: CharterDraft | None = None, **fields: str) -> Any:
    """Post the form as the page shows it now; browsers send lines with CR LF."""
    path = page_of(draft) if draft else ADD
    seen = re.search(r'name="seen_hash" value="(\w*)"', who.read(path))
    posted = {"deed": deed, "document": text.replace("\n", "\r\n"), "seen_hash": seen[1] if seen else "", **fields}
    return who.post(path, posted)


def begun(who: Visitor, text: str = MORE) -> CharterDraft:
    assert does(who, "save", text).status_code == 302
    return CharterDraft.objects.latest("pk")


def test_a_member_checks_saves_and_publishes() -> None:
    ada = Visitor(board_member("ada"))
    assert "limit_usd = 1_000_000" in text_of(ada.get(ADD))
    seen = text_of(does(ada, "check"))
    assert "decides alone up to $2,000,000 instead of $1,000,000" in seen
    assert "agents may do more" in seen
    assert not CharterDraft.objects.exists()
    draft = begun(ada)
    assert draft.document == MORE
    page = does(ada, "publish", draft=draft)
    assert page.status_code == 302, text_of(page)
    newest = CharterVersion.objects.latest("version")
    assert (newest.document, newest.published_by) == (MORE, "ada")
    after = text_of(ada.get(page_of(draft)))
    assert f"Published as charter {newest.version} by ada" in after
    assert "who published it alone" in after
    assert 'name="deed"' not in ada.read(page_of(draft))


def test_two_members_publish_together_and_a_change_voids_the_first_approval() -> None:
    ada, bob = Visitor(board_member("ada")), Visitor(board_member("bob"))
    draft = begun(ada)
    assert "first of two approvals" in text_of(ada.get(page_of(draft)))
    does(ada, "publish", draft=draft)
    assert "You have approved this text." in text_of(ada.get(page_of(draft)))
    does(bob, "save", MORE + "# a word\n", draft)
    assert "0 of 2 given" in text_of(ada.get(page_of(draft)))
    for member in (bob, ada):
        does(member, "publish", MORE + "# a word\n", draft)
    assert CharterVersion.objects.latest("version").published_by == "bob and ada"


def test_publishing_asks_for_the_password_after_five_minutes() -> None:
    ada = Visitor(board_member())
    draft = begun(ada)
    shift_clock(minutes=6)
    assert 'name="password"' in ada.read(page_of(draft))
    page = does(ada, "publish", draft=draft)
    assert (page.status_code, "Type it to publish" in text_of(page)) == (403, True)
    assert does(ada, "publish", draft=draft, password="wrong").status_code == 403
    assert does(ada, "publish", draft=draft, password=PASSWORD).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "published"


def test_typed_and_unsaved_text_is_kept_on_the_page_and_not_published() -> None:
    ada = Visitor(board_member())
    draft = begun(ada)
    other = MORE.replace("2_000_000", "9_000_000")
    page = does(ada, "publish", other, draft)
    assert page.status_code == 409
    assert "is not saved" in text_of(page)
    assert "limit_usd = 9_000_000" in text_of(page)
    draft.refresh_from_db()
    assert (draft.status, draft.document) == ("draft", MORE)


def test_a_stale_tab_changes_and_publishes_nothing() -> None:
    ada = Visitor(board_member())
    draft = begun(ada)
    stale = draft.shown_hash
    does(ada, "save", TEXT, draft)
    for deed, text in (("save", MORE), ("publish", MORE)):
        assert does(ada, deed, text, draft, seen_hash=stale).status_code == 409
    draft.refresh_from_db()
    assert (draft.status, draft.document) == ("draft", TEXT)


def test_a_text_that_came_back_is_not_published_from_the_page_that_showed_it_first() -> None:
    ada, bob = Visitor(board_member("ada")), Visitor(board_member("bob"))
    draft = begun(ada)
    stale = draft.shown_hash
    does(bob, "save", LESS, draft)
    does(bob, "save", MORE, draft)
    for visitor in (ada, bob):  # two would be enough to publish it
        page = does(visitor, "publish", MORE, draft, seen_hash=stale)
        assert page.status_code == 409
        says = "The draft is not what you were shown any more. Nothing was done. Read it again, then do it."
        assert says in text_of(page)
    assert CharterVersion.objects.count() == FIRST_VERSION
    assert not CharterApproval.objects.exists()
    does(ada, "publish", MORE, draft)
    does(bob, "publish", MORE, draft)
    assert CharterVersion.objects.count() == FIRST_VERSION + 1


def test_faults_and_warnings_are_all_shown_and_there_is_nothing_to_publish_with() -> None:
    ada = Visitor(board_member())
    bad = MORE.replace('decided_by = ["ceo"]', 'decided_by = ["boss"]').replace("high = 24", "high = 2")
    draft = begun(ada, bad)
    seen = text_of(ada.get(page_of(draft)))
    assert "'boss', which is no role" in seen
    assert "critical (4) must not be longer than high (2)" in seen
    assert 'value="publish"' not in ada.read(page_of(draft))
    assert does(ada, "publish", bad, draft).status_code == 409
    odd = MORE.replace("limit_usd = 500_000", "limit_usd = 5_000_000")
    assert "is above the" in text_of(does(ada, "check", odd, draft))


def test_a_draft_that_is_behind_offers_to_rebase() -> None:
    ada = Visitor(board_member())
    draft = begun(ada)
    amend_charter("window_multiple = 5", "window_multiple = 4")
    assert "came into force since" in text_of(ada.get(page_of(draft)))
    assert does(ada, "publish", draft=draft).status_code == 409
    assert does(ada, "rebase", draft=draft).status_code == 302
    seen = text_of(ada.get(page_of(draft)))
    assert "at most 5 instead of 4 times its limit" in seen
    assert does(ada, "publish", draft=draft).status_code == 302


def test_others_read_and_do_not_write() -> None:
    ada = Visitor(board_member())
    draft = begun(ada)
    boss = Member.objects.create_superuser("boss", password=PASSWORD)
    superuser = Visitor(boss)
    assert "Only active members of the board change the charter." in text_of(superuser.get(page_of(draft)))
    assert superuser.get(ADD).status_code == 403
    assert superuser.post(page_of(draft), {"deed": "discard", "document": "x"}).status_code == 403
    assert superuser.post(ADD, {"deed": "save", "document": "x"}).status_code == 403
    outsider = Member.objects.create_user("eve", password=PASSWORD, is_staff=True)
    assert Visitor(outsider).get(page_of(draft)).status_code == 403


def test_a_discarded_draft_stays_readable() -> None:
    ada = Visitor(board_member())
    draft = begun(ada)
    assert does(ada, "discard", draft=draft).status_code == 302
    assert "Discarded" in text_of(ada.get(page_of(draft)))
    assert does(ada, "save", TEXT, draft).status_code == 409


def test_what_is_typed_is_shown_and_not_run() -> None:
    ada = Visitor(board_member())
    draft = begun(ada, MORE + "# </textarea><script>alert(1)</script>\n")
    assert "<script>alert" not in ada.read(page_of(draft))
