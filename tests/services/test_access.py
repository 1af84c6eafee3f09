"""Who may open and do what: every address of the pages, for everybody, against the table of rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from org.admin import rights
from org.admin.rights import AUDITOR, BOARD, MANAGER, NOBODY, OPERATOR, PAGES, Holder
from org.clock import database_clock
from org.models import AuditRecord, BoardVote, CharterDraft, CharterVersion, LedgerAccount, Member, Message
from org.services import sign_ins
from tests.people import PASSWORD, board_member, page_of, put_to_vote, store, vote
from tests.services.boardroom import Visitor, answer, hash_of, put_before_the_board, text_of
from tests.services.test_messages import send
from tests.services.test_sign_ins import fails

pytestmark = pytest.mark.django_db

HANDBOOK = Path(__file__).resolve().parents[2] / "docs/PEOPLE.md"

VISITORS: dict[str, frozenset[Holder]] = {
    "staff without group": NOBODY,
    "superuser without group": frozenset({MANAGER}),
    "board": frozenset({BOARD}),
    "operator": frozenset({OPERATOR}),
    "auditor": frozenset({AUDITOR}),
    "board and superuser": frozenset({BOARD, MANAGER}),
}
LETTER = {"to": "cto", "subject": "x", "content": "x", "type": "request", "priority": "normal"}
OWN = ("index", "password_change", "password_change_done", "second_factor", "jsi18n")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def full_house() -> None:
    """An organisation where something of most kinds has happened, a name locked among it."""
    first = board_member("first")
    board_member("second")
    answer(put_before_the_board(title="Lab", confidential=True), first)
    put_before_the_board(title="Second lab", initiative="x", confidential=True)
    vote(put_to_vote(), "cto")
    send("ceo", "cto")
    store("ceo", "brief_me")
    fails("locked", 5)


def person(who: str) -> Member:
    held = VISITORS[who]
    member = Member.objects.create_user("visitor", password=PASSWORD, is_staff=True, is_superuser=MANAGER in held)
    member.groups.set(Group.objects.filter(name__in=held))
    return member


def records() -> Iterator[tuple[str, str, str]]:
    """(page, kind, address) of every page of every model, for its newest record."""
    for model in admin.site._registry:
        page, path = str(model._meta.model_name), f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield page, "read", reverse(f"{path}_changelist")
        yield page, "add", reverse(f"{path}_add")
        record = model._default_manager.order_by("-pk").first()
        if record is not None:
            yield page, "read", reverse(f"{path}_change", args=[record.pk])
            yield page, "read", reverse(f"{path}_history", args=[record.pk])
            yield page, "delete", reverse(f"{path}_delete", args=[record.pk])
    first = Member.objects.get(username="first")
    yield "member", "act", reverse("admin:auth_user_password_change", args=[first.pk])
    yield "ledgeraccount", "read", "/admin/org/ledgeraccount/treasury/change/"
    yield "sign_ins", "read", reverse("admin:sign_ins")


def may_get(held: frozenset[Holder], page: str, kind: str) -> bool:
    if kind == "delete":
        return False
    if kind == "add":
        return page in ("charterdraft", "member", "message") and rights.acts(held, page)
    return rights.acts(held, page) if kind == "act" else rights.reads(held, page)


def test_every_page_there_is_has_its_row() -> None:
    assert {str(model._meta.model_name) for model in admin.site._registry} | {"sign_ins"} == set(PAGES)


def test_only_who_reads_a_page_acts_on_it_and_auditors_act_nowhere() -> None:
    for name, row in PAGES.items():
        assert row.acts <= row.reads, name
        assert AUDITOR not in row.acts, name
        assert bool(row.deed) == bool(row.acts), name
        assert AUDITOR in row.reads and OPERATOR in row.reads, name


def test_operators_answer_nothing_and_write_no_charter() -> None:
    assert {name for name, row in PAGES.items() if OPERATOR in row.acts} == {"sign_ins"}
    boards = {"escalation", "decision", "charterdraft", "ledgeraccount", "stop", "run", "message"}
    assert {name for name, row in PAGES.items() if BOARD in row.acts} == boards


@pytest.mark.parametrize("who", VISITORS)
def test_every_page_opens_for_whom_the_table_says(full_house: None, who: str) -> None:
    visitor, held = Visitor(person(who)), VISITORS[who]
    opened = 0
    for page, kind, address in records():
        for method in ("get", "head"):
            status = getattr(visitor, method)(address).status_code
            assert status == (200 if may_get(held, page, kind) else 403), (who, method, address)
        opened += status == 200
    assert bool(opened) == bool(held)
    for name in OWN:
        assert visitor.get(reverse(f"admin:{name}")).status_code == 200, name


def state() -> list[Any]:
    """What a deed on a page would change."""
    return [
        BoardVote.objects.count(),
        CharterDraft.objects.count(),
        CharterVersion.objects.count(),
        sorted(LedgerAccount.objects.values_list("name", "bounded", "balance_usd")),
        sorted(Member.objects.values_list("username", "password", "is_active", "is_superuser", "email")),
        sorted(Member.groups.through.objects.values_list("member_id", "group_id")),
        AuditRecord.objects.count(),
    ]


def posts(matter: Any) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """A valid deed on each page that has one."""
    first = Member.objects.get(username="first")
    text = CharterVersion.objects.latest("version").document.replace("low = 168", "low = 336")
    sent = Message.objects.latest("pk")
    password = {"usable_password": "true", "password1": PASSWORD[::-1], "password2": PASSWORD[::-1]}
    return {
        "escalation": [(page_of(matter), {"answer": "reject", "note": "no", "seen_hash": hash_of(matter)})],
        "charterdraft": [("/admin/org/charterdraft/add/", {"deed": "save", "document": text})],
        "ledgeraccount": [("/admin/org/ledgeraccount/treasury/change/", {"amount": "900,000,000", "deed": "set"})],
        "member": [
            ("/admin/org/member/add/", {"username": "new", **password, "on_the_board": "on"}),
            (f"/admin/org/member/{first.pk}/change/", {"username": "first", "is_active": "on", "email": "a@b.example"}),
            (f"/admin/org/member/{first.pk}/password/", password),
        ],
        "message": [("/admin/org/message/add/", LETTER), (f"/admin/org/message/{sent.pk}/change/", LETTER)],
        "sign_ins": [("/admin/sign-ins/", {"name": "locked"})],
    }


@pytest.mark.parametrize("who", VISITORS)
def test_every_deed_is_done_by_whom_the_table_says_and_by_nobody_else(full_house: None, who: str) -> None:
    visitor, held = Visitor(person(who)), VISITORS[who]
    matter = put_before_the_board(initiative="of the test")
    for page, deeds in posts(matter).items():
        for address, form in deeds:
            before = state()
            status = visitor.post(address, form).status_code
            if rights.acts(held, page):
                assert (status, state() != before) == (302, True), (who, address)
            else:
                assert (status, state() == before) == (403, True), (who, address)


@pytest.mark.parametrize("who", VISITORS)
def test_a_post_anywhere_else_changes_nothing(full_house: None, who: str) -> None:
    visitor, held = Visitor(person(who)), VISITORS[who]
    before = state()
    for page, kind, address in records():
        if rights.acts(held, page) and kind != "delete":
            continue
        for method in ("post", "put", "delete", "patch"):
            status = getattr(visitor, method)(address, {"post": "yes", "action": "delete_selected"}).status_code
            assert status in (200, 403, 405), (who, method, address, status)
            assert status != 200 or rights.reads(held, page), (who, method, address)
        assert state() == before, (who, address)


def test_nobody_who_is_not_signed_in_opens_or_does_anything(full_house: None) -> None:
    before = state()
    for _, _, address in records():
        for method in ("get", "post", "put", "delete", "head"):
            page = getattr(Client(), method)(address)
            assert (page.status_code, page["Location"]) == (302, f"/admin/login/?next={address}"), (method, address)
        assert state() == before, address


def test_a_deactivated_person_holds_nothing() -> None:
    ada = Visitor(board_member("ada"))
    Member.objects.filter(pk=ada.member.pk).update(is_active=False)
    assert rights.of(Member.objects.get(pk=ada.member.pk)) == NOBODY
    assert ada.get("/admin/").status_code == 302


def test_auditors_and_operators_read_confidential_decisions_and_no_hash_of_a_password(full_house: None) -> None:
    for who, name in (("auditor", "first"), ("operator", "second")):
        visitor = Visitor(person(who))
        assert "Second lab" in visitor.read("/admin/org/escalation/")
        seen = visitor.read(f"/admin/org/member/{Member.objects.get(username=name).pk}/change/")
        assert "md5$" not in seen and "salt" not in seen
        assert "Second factor" in seen and 'name="_save"' not in seen
        Member.objects.filter(username="visitor").update(username=who)


def test_what_is_no_address_or_no_name_releases_nothing() -> None:
    operator = Visitor(person("operator"))
    for number in range(20):
        guess = {"username": "eve" if number < 5 else f"eve{number}", "password": "a guess of mine"}
        Client(REMOTE_ADDR="192.0.2.7").post("/admin/login/", guess)
    for form in ({"address": "eve"}, {"name": "192.0.2.7"}, {"address": "no address"}, {"name": "x\0y"}, {}):
        page = operator.post("/admin/sign-ins/", form)
        assert page.status_code == 409, form
        assert "That is not locked any more. Nothing was done." in text_of(page)
    assert operator.get("/admin/sign-ins/?q=eve&address=eve").status_code == 200
    assert len(sign_ins.locks(database_clock())) == 2
    assert operator.post("/admin/sign-ins/", {"address": "192.0.2.7"}).status_code == 302


def test_operators_release_locks_and_not_their_own() -> None:
    operator = Visitor(person("operator"))
    fails("locked", 5)
    seen = operator.read("/admin/sign-ins/")
    assert "5 failures" in seen and "Release name" in seen
    assert operator.post("/admin/sign-ins/", {"name": "visitor"}).status_code == 403
    assert operator.post("/admin/sign-ins/", {"name": "unlocked"}).status_code == 409
    assert operator.post("/admin/sign-ins/", {"name": "locked"}).status_code == 302
    released = AuditRecord.objects.get(action="sign_in.released")
    assert (released.actor, released.subject) == ("person:visitor", "locked")


def test_the_handbook_has_the_same_table() -> None:
    told = re.findall(r"^\| (`\w+`|every other record) \| (.*?) \| (.*?) \| (.*?) ?\|$", HANDBOOK.read_text(), re.M)
    rows = {name.strip("`"): (reads, acts, deed) for name, reads, acts, deed in told}
    others = rows.pop("every other record")
    for page, row in PAGES.items():
        said = (", ".join(sorted(row.reads)), ", ".join(sorted(row.acts)) or "nobody", row.deed)
        assert rows.get(page, others) == said, page
    assert set(rows) == {page for page, row in PAGES.items() if row.acts}
