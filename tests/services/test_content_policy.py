"""No page runs a script or wears a style that is not one of our files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from org.admin.policy import CONTENT_POLICY
from org.models import Member
from tests.people import PASSWORD, board_member, page_of, store
from tests.services.boardroom import Visitor, answer, put_before_the_board
from tests.services.test_messages import send

pytestmark = pytest.mark.django_db

IN_PAGE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"application/json\")|<style|\sstyle=|\son\w+=|javascript:")
POLICY = "Content-Security-Policy"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def full_house() -> Member:
    """A board member in an organisation where something of most kinds has happened."""
    ada = board_member("ada")
    answer(put_before_the_board(title="Lab", context={"why": "twice the sales"}), ada)
    put_before_the_board(title="Second lab", initiative="x")
    send("ceo", "cto")
    store("ceo", "brief_me")
    return ada


def pages() -> Iterator[str]:
    """Every page there is: those of the site, and each model's list, form, and newest record with its history."""
    for name in ("index", "password_change", "password_change_done", "login", "jsi18n"):
        yield reverse(f"admin:{name}")
    yield reverse("admin:app_list", args=["org"])
    for model in admin.site._registry:
        path = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{path}_changelist")
        yield reverse(f"{path}_changelist") + "?q=x"
        yield reverse(f"{path}_add")
        record = model._default_manager.order_by("-pk").first()
        if record is not None:
            for view in ("change", "history", "delete"):
                yield reverse(f"{path}_{view}", args=[record.pk])
    yield "/admin/org/ledgeraccount/treasury/change/"
    yield reverse("admin:auth_user_password_change", args=[Member.objects.get(username="ada").pk])


@pytest.mark.parametrize("who", ["member", "superuser"])
def test_every_page_goes_out_under_the_policy(full_house: Member, who: str) -> None:
    person = full_house if who == "member" else Member.objects.create_superuser("root", password=PASSWORD)
    visitor, opened = Visitor(person), 0
    for path in pages():
        page = visitor.get(path)
        assert page.status_code in (200, 302, 403), path
        assert page[POLICY] == CONTENT_POLICY, path
        if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
            opened += 1
            assert (path, IN_PAGE.findall(page.content.decode())) == (path, [])
    assert opened > 2 * len(admin.site._registry)


def test_pages_for_nobody_go_out_under_it_too(full_house: Member) -> None:
    for path in ("/", "/admin/", "/admin/login/", "/nowhere", "/static/admin/css/base.css"):
        assert Client().get(path)[POLICY] == CONTENT_POLICY, path
    refused = Visitor(full_house).post(page_of(put_before_the_board()), {})
    assert (refused.status_code, refused[POLICY]) == (400, CONTENT_POLICY)


def test_the_policy_names_no_source_but_our_own() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_POLICY.split("; "))
    assert {name for name, sources in rules.items() if "'self'" not in sources} == {
        "frame-ancestors",
        "base-uri",
        "object-src",
    }
    assert "unsafe" not in CONTENT_POLICY
