"""Signing in on the pages: two steps, locks, redirects, and sessions that are worth nothing to a thief."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from org.models import AuditRecord, BoardVote, Member
from org.services import factors
from tests import authenticator
from tests.people import FIRST_VERSION, PASSWORD, board_member, page_of, shift_clock
from tests.services.boardroom import Visitor, decision_of, put_before_the_board, text_of

pytestmark = pytest.mark.django_db

LOGIN, CODE, FACTOR = "/admin/login/", "/admin/login/code/", "/admin/second-factor/"
CHANGE = "/admin/password_change/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def first_step(name: str = "ada", password: str = PASSWORD, client: Client | None = None, **more: str) -> Any:
    visitor = client or Client()
    return visitor, visitor.post(LOGIN, {"username": name, "password": password, **more})


def signed_in(client: Client) -> str:
    request: Any = HttpRequest()
    request.session = client.session
    return str(get_user(request).get_username())


def told(action: str) -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(action=action).order_by("id"))


@pytest.fixture
def ada() -> Member:
    member = board_member("ada")
    authenticator.enrol(member)
    return member


def test_without_a_factor_the_password_signs_in() -> None:
    board_member("ada")
    visitor, page = first_step()
    assert (page.status_code, page["Location"]) == (302, "/admin/")
    assert signed_in(visitor) == "ada"
    assert told("sign_in.done")[0].data == {"address": "127.0.0.1", "factor": None, "charter": FIRST_VERSION}


def test_with_a_factor_the_code_is_the_second_step(ada: Member) -> None:
    visitor, page = first_step(next="/admin/org/decision/")
    assert page["Location"] == f"{CODE}?next=%2Fadmin%2Forg%2Fdecision%2F"
    assert signed_in(visitor) == ""
    seen = visitor.get(page["Location"])
    assert 'autocomplete="one-time-code"' in seen.content.decode()
    page = visitor.post(CODE, {"code": authenticator.next_code(ada), "next": "/admin/org/decision/"})
    assert (page.status_code, page["Location"]) == (302, "/admin/org/decision/")
    assert signed_in(visitor) == "ada"
    assert told("sign_in.done")[0].data["factor"] == "app"


def test_a_recovery_code_signs_in_and_says_what_is_left() -> None:
    ada = board_member("ada")
    codes = authenticator.enrol(ada)
    visitor, _ = first_step()
    page = visitor.post(CODE, {"code": codes[0]}, follow=True)
    assert "9 are left" in text_of(page)
    assert signed_in(visitor) == "ada"


def test_a_used_code_signs_nobody_in(ada: Member) -> None:
    shown = authenticator.next_code(ada)
    for expected in ("ada", ""):
        visitor, _ = first_step()
        page = visitor.post(CODE, {"code": shown})
        assert signed_in(visitor) == expected
    assert "or it was used" in text_of(page)


def every_address() -> list[str]:
    """Every address of the site, with ids that fit any record."""
    found: list[str] = []

    def walk(patterns: list[Any], before: str) -> None:
        for each in patterns:
            here = before + str(each.pattern)
            if isinstance(each, URLResolver):
                walk(each.url_patterns, here)
            elif isinstance(each, URLPattern) and "(?P" not in here:
                found.append("/" + re.sub(r"<[^>]+>", "1", here))

    walk(list(get_resolver().url_patterns), "")
    return found


def test_between_the_steps_a_session_is_nobody_on_every_page(ada: Member) -> None:
    half, _ = first_step()
    stranger = Client()
    matter = put_before_the_board(title="Secret lab")
    addresses = [page for page in every_address() if page not in (LOGIN, CODE)] + [page_of(matter), FACTOR]
    assert len(addresses) > 80
    for address in addresses:
        for method in ("get", "post", "put", "delete", "options", "head"):
            seen, other = getattr(half, method)(address), getattr(stranger, method)(address)
            assert (seen.status_code, seen.headers.get("Location")) == (
                other.status_code,
                other.headers.get("Location"),
            ), (method, address)
            assert "Secret lab" not in seen.content.decode()
    half.post(page_of(matter), {"answer": "approve", "seen_hash": "0" * 64})
    assert not BoardVote.objects.exists()
    assert signed_in(half) == ""


def test_the_half_way_ends_after_five_minutes_and_with_a_new_password(ada: Member) -> None:
    late, _ = first_step()
    changed, _ = first_step()
    member = Member.objects.get(pk=ada.pk)
    member.set_password(PASSWORD[::-1])
    member.save()
    assert changed.post(CODE, {"code": authenticator.next_code(ada)})["Location"] == LOGIN
    member.set_password(PASSWORD)
    member.save()
    late, _ = first_step()
    shift_clock(minutes=6)
    assert late.post(CODE, {"code": authenticator.next_code(ada)})["Location"] == LOGIN
    assert signed_in(late) == signed_in(changed) == ""


def test_the_second_step_alone_is_no_way_in(ada: Member) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)(CODE, {"code": authenticator.next_code(ada)})["Location"] == LOGIN


def test_anybody_else_signed_in_before_is_signed_out_by_the_first_step(ada: Member) -> None:
    grace = Visitor(board_member("grace"))
    first_step(client=grace)
    assert signed_in(grace) == ""
    assert told("sign_in.ended")[0].subject == "grace"


def test_each_step_begins_a_session_under_another_key(ada: Member) -> None:
    visitor = Client()
    visitor.get(LOGIN)
    planted = visitor.session
    planted["mine"] = "planted"
    planted.save()
    visitor.cookies["sessionid"] = planted.session_key
    first_step(client=visitor)
    half = visitor.session.session_key
    visitor.post(CODE, {"code": authenticator.next_code(ada)})
    assert len({planted.session_key, half, visitor.session.session_key}) == 3
    assert "mine" not in visitor.session
    thief = Client()
    thief.cookies["sessionid"] = str(half)
    assert signed_in(thief) == ""


@pytest.mark.parametrize("leads_to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_led_off_the_site(leads_to: str) -> None:
    ada = board_member("ada")
    assert first_step(next=leads_to)[1]["Location"] == "/admin/"
    authenticator.enrol(ada)
    visitor, page = first_step(next=leads_to)
    assert page["Location"] == f"{CODE}?next=%2Fadmin%2F"
    page = visitor.post(f"{CODE}?next={leads_to}", {"code": authenticator.next_code(ada), "next": leads_to})
    assert (page.status_code, page["Location"]) == (302, "/admin/")


def test_the_fifth_failure_shows_the_page_that_says_when_and_who_helps() -> None:
    board_member("ada")
    for _ in range(5):
        visitor, page = first_step(password="a guess of mine")
    assert page.status_code == 429
    assert 800 < int(page["Retry-After"]) <= 900
    for said in (
        "Try again after",
        " UTC, in 15 min",
        "Nothing was done",
        "sign_ins --release",
        "agents go on working",
    ):
        assert said in text_of(page)
    assert first_step()[1].status_code == 429
    assert visitor.get(LOGIN).status_code == 200


def test_refusals_do_not_tell_who_exists() -> None:
    board_member("ada")
    Member.objects.create_user("clerk", password=PASSWORD)  # a person without a door here
    for attempt in range(6):
        seen = set()
        for n, (name, password) in enumerate((("ada", "x" * 12), ("nobody", "x" * 12), ("clerk", "x" * 12))):
            page = Client(REMOTE_ADDR=f"192.0.2.{n}").post(LOGIN, {"username": name, "password": password})
            text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html.unescape(page.content.decode()))
            text = re.sub(r"after \d\d:\d\d UTC, in \d+ min", "", text.replace(name, ""))  # a minute may end in between
            seen.add((page.status_code, bool(page.get("Retry-After")), text))
        assert len(seen) == 1, attempt


def test_wrong_codes_lock_as_wrong_passwords_do(ada: Member) -> None:
    for guess in range(5):
        visitor, page = first_step()
        authenticator.half_a_minute_passes(ada)
        page = visitor.post(CODE, {"code": f"{guess:06d}"})
    assert page.status_code == 429
    assert visitor.get(CODE)["Location"] == LOGIN
    assert first_step()[1].status_code == 429
    assert [row.data["step"] for row in told("sign_in.failed")] == ["code"] * 5


def test_a_second_wrong_code_at_once_has_to_wait(ada: Member) -> None:
    visitor, _ = first_step()
    visitor.post(CODE, {"code": "000000"})
    assert "Wait 1 second" in text_of(visitor.post(CODE, {"code": "000001"}))
    assert len(told("sign_in.failed")) == 1


def test_guesses_on_all_pages_are_counted_together() -> None:
    ada, matter = Visitor(board_member("ada")), put_before_the_board()
    shift_clock(minutes=6)
    first_step(password="one guess at it")
    ada.answers(matter, "approve", password="another guess")
    form = {"old_password": "guess again 1", "new_password1": "x" * 15, "new_password2": "x" * 15}
    ada.post(CHANGE, form)
    ada.post(FACTOR, {"deed": "begin", "password": "guess again 2"})
    page = ada.post("/admin/org/ledgeraccount/treasury/change/", {"amount": "5", "password": "guess again 3"})
    assert page["Location"].startswith(LOGIN)
    assert signed_in(ada) == ""
    assert [row.data["purpose"] for row in told("sign_in.failed")] == [
        "sign in",
        "approve",
        "change the password",
        "set up a second factor",
        "set the treasury",
    ]
    assert first_step()[1].status_code == 429


def test_a_lock_that_others_caused_leaves_a_session_and_its_note_alone() -> None:
    ada, matter = Visitor(board_member("ada")), put_before_the_board()
    shift_clock(minutes=6)
    for _ in range(5):
        first_step(password="a guess of mine", client=Client(REMOTE_ADDR="192.0.2.9"))
    page = ada.answers(matter, "approve", "go ahead", password=PASSWORD)
    assert page.status_code == 429
    assert "an operator, or who manages members, releases it sooner" in text_of(page)
    assert "Try again after" in text_of(page) and "go ahead</textarea>" in page.content.decode()
    assert ada.answers(matter, "reject", "no").status_code == 302


def test_the_old_password_is_asked_for_and_the_change_is_told() -> None:
    ada = Visitor(board_member("ada"))
    form = {"old_password": PASSWORD, "new_password1": PASSWORD[::-1], "new_password2": PASSWORD[::-1]}
    assert "not your password" in text_of(ada.post(CHANGE, {**form, "old_password": "wrong one here"}))
    assert ada.post(CHANGE, form).status_code == 302
    assert signed_in(ada) == "ada"
    assert [(row.actor, row.subject) for row in told("member.password_set")] == [("person:ada", "ada")]


def test_signing_out_is_told_and_only_by_post() -> None:
    ada = Visitor(board_member("ada"))
    assert ada.get("/admin/logout/").status_code == 405
    assert signed_in(ada) == "ada"
    assert ada.post("/admin/logout/").status_code == 200
    assert signed_in(ada) == ""
    assert [row.actor for row in told("sign_in.ended")] == ["person:ada"]


def test_a_form_of_another_site_signs_nobody_in() -> None:
    board_member("ada")
    _, page = first_step(client=Client(enforce_csrf_checks=True))
    assert page.status_code == 403
    assert not told("sign_in.done")


def full_sign_in(member: Member) -> Client:
    visitor, _ = first_step(member.username)
    visitor.post(CODE, {"code": authenticator.next_code(member)})
    assert signed_in(visitor) == member.username
    return visitor


def test_approving_after_five_minutes_asks_who_has_a_factor_for_a_code_and_not_for_the_password(ada: Member) -> None:
    matter, visitor = put_before_the_board(), full_sign_in(ada)
    shift_clock(minutes=6)
    seen = visitor.get(page_of(matter)).content.decode()
    assert 'name="code"' in seen and 'name="password"' not in seen
    found = re.search(r'name="seen_hash" value="(\w+)"', seen)
    form = {"answer": "approve", "note": "go", "seen_hash": found[1] if found else ""}
    assert visitor.post(page_of(matter), {**form, "password": PASSWORD}).status_code == 403
    shown = authenticator.next_code(ada)
    assert visitor.post(page_of(matter), {**form, "code": shown}).status_code == 302
    assert decision_of(matter).status == "approved"
    second = put_before_the_board()
    shift_clock(minutes=6)
    found = re.search(r'name="seen_hash" value="(\w+)"', visitor.get(page_of(second)).content.decode())
    page = visitor.post(page_of(second), {**form, "seen_hash": found[1] if found else "", "code": shown})
    assert "or it was used" in text_of(page)
    assert decision_of(second).status == "escalated"


def test_setting_up_shows_the_key_to_this_session_only_and_the_recovery_codes_once() -> None:
    member = board_member("ada")
    ada, elsewhere = Visitor(member), Visitor(member)
    ada.post(FACTOR, {"deed": "begin"})
    page = ada.read(FACTOR)
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found and 'class="qr"' in page
    assert 'class="qr"' not in elsewhere.read(FACTOR)
    assert elsewhere.post(FACTOR, {"deed": "confirm", "code": authenticator.code(found[1])}).status_code == 409
    assert ada.post(FACTOR, {"deed": "confirm", "code": "000000"}).status_code == 400
    authenticator.TOTPDevice.objects.update(throttling_failure_count=0)
    done = ada.post(FACTOR, {"deed": "confirm", "code": authenticator.code(found[1])})
    codes = re.findall(r"<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>", done.content.decode())
    assert len(codes) == 10
    assert "no-store" in done["Cache-Control"]
    assert codes[0] not in ada.read(FACTOR)
    assert signed_in(ada) == "ada"
    assert signed_in(elsewhere) == "", "sessions of before know no second factor, and end"


def test_setting_up_after_five_minutes_asks_for_the_password() -> None:
    ada = Visitor(board_member("ada"))
    shift_clock(minutes=6)
    assert ada.post(FACTOR, {"deed": "begin"}).status_code == 403
    assert ada.post(FACTOR, {"deed": "begin", "password": PASSWORD}).status_code == 302
    assert 'class="qr"' in ada.read(FACTOR)


@pytest.mark.parametrize("deed", ["replace", "remove", "codes"])
def test_changing_a_factor_needs_the_password_and_a_code_however_fresh_the_session(ada: Member, deed: str) -> None:
    visitor = full_sign_in(ada)
    for proof in ({}, {"password": PASSWORD}, {"code": authenticator.next_code(ada)}):
        assert visitor.post(FACTOR, {"deed": deed, **proof}).status_code == 403
    assert visitor.post(FACTOR, {"deed": deed, "password": "wrong", "code": authenticator.next_code(ada)}).status_code
    assert visitor.post(FACTOR, {"deed": "begin", "password": PASSWORD}).status_code == 409
    assert factors.enrolled(ada)
    before = authenticator.key_of(ada)
    page = visitor.post(FACTOR, {"deed": deed, "password": PASSWORD, "code": authenticator.next_code(ada)})
    assert page.status_code in (200, 302)
    assert factors.enrolled(ada) == (deed != "remove")
    assert deed == "remove" or authenticator.key_of(ada) == before
    assert signed_in(visitor) == "ada"


def test_only_get_and_post_are_heard_on_ones_own_pages() -> None:
    ada = Visitor(board_member())
    for method in ("put", "delete", "patch"):
        assert getattr(ada, method)(FACTOR).status_code == 405
        assert getattr(ada, method)(LOGIN).status_code in (200, 405)
    assert not factors.enrolled(ada.member)


def test_where_it_is_required_a_member_reads_and_enrols_before_answering(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    matter, member = put_before_the_board(), board_member("ada")
    ada = Visitor(member)
    assert "until you have one you can only read" in text_of(ada.get("/admin/"))
    assert FACTOR in ada.read(page_of(matter)) and 'name="answer"' not in ada.read(page_of(matter))
    for choice in ("approve", "reject", "request_revision"):
        assert ada.answers(matter, choice).status_code == 403
    assert not BoardVote.objects.exists()
    treasury = ada.post("/admin/org/ledgeraccount/treasury/change/", {"amount": "5"})
    assert "needs a second factor" in text_of(treasury)
    authenticator.enrol(member)
    assert full_sign_in(member).get(page_of(matter)).content.decode().count('name="answer"') == 3


def test_where_it_is_required_nobody_manages_members_or_releases_locks_without(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    root, ada = Visitor(Member.objects.create_superuser("root", password=PASSWORD)), board_member("ada")
    change = {"username": "ada", "is_active": "on", "email": "ada@example.org"}
    for path, form in (
        (f"/admin/org/member/{ada.pk}/change/", change),
        (f"/admin/org/member/{ada.pk}/password/", {"password1": "x" * 15, "password2": "x" * 15}),
        ("/admin/sign-ins/", {"name": "ada"}),
    ):
        assert "needs a second factor" in text_of(root.post(path, form, follow=True)), path
    assert Member.objects.get(pk=ada.pk).email == ""
    assert Member.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_the_front_page_offers_a_factor_gently_until_there_is_one(ada: Member) -> None:
    assert "makes that two keys" in text_of(Visitor(board_member()).get("/admin/"))
    assert "makes that two keys" not in text_of(full_sign_in(ada).get("/admin/"))


def test_no_page_shows_keys_or_recovery_codes_of_anybody() -> None:
    root = Visitor(Member.objects.create_superuser("root", password=PASSWORD))
    member = board_member("ada")
    authenticator.enrol(member)
    seen = root.read(f"/admin/org/member/{member.pk}/change/")
    assert "10 recovery codes left" in text_of(root.get(f"/admin/org/member/{member.pk}/change/"))
    assert authenticator.key_of(member).hex() not in seen
    for path in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/", "/admin/axes/accessattempt/"):
        assert root.get(path).status_code == 404
