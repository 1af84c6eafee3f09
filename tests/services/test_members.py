"""Who adds and changes people, and what nobody does to themselves."""

from __future__ import annotations

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.errors import Refused
from org.models import AuditRecord, Member
from org.services import members
from tests.people import FIRST_VERSION, acting, board_member

pytestmark = pytest.mark.django_db


def manager(name: str) -> Member:
    return Member.objects.create_superuser(name)


CHANGED = ["is_active", "is_superuser", "on_the_board"]


def keep(member: Member, by: Actor, *, on_the_board: bool = True) -> None:
    members.keep(member=member, groups=["Board"] if on_the_board else [], changed=CHANGED, by=by, clock=database_clock)


def test_who_manages_members_puts_people_on_the_board_and_takes_them_off() -> None:
    by = Actor.member(manager("root"))
    keep(Member(username="ada"), by)
    ada = Member.board.on_the_board().get()
    keep(ada, by, on_the_board=False)
    assert not Member.board.on_the_board().exists()
    assert ada.is_staff
    added, changed = AuditRecord.objects.filter(subject="ada").order_by("id")
    is_now = {"active": True, "manages_members": False, "changed": CHANGED, "charter": FIRST_VERSION}
    new = {"username": "ada", "is_active": True, "is_superuser": False, "groups": ["Board"]}
    assert (added.actor, added.action) == ("person:root", "member.added")
    assert added.data == is_now | {"on_the_board": True, "groups": ["Board"], "before": None, "after": new}
    assert (changed.actor, changed.action) == ("person:root", "member.changed")
    off = {"before": {"groups": ["Board"]}, "after": {"groups": []}}
    assert changed.data == is_now | {"on_the_board": False, "groups": []} | off


def test_others_manage_nobody() -> None:
    gone = manager("gone")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    for by in (Actor.member(board_member()), Actor.member(gone), acting("ceo")):
        with pytest.raises(Refused) as refusal:
            keep(Member(username="ada"), by)
        assert refusal.value.rule == "not_a_manager"
    assert not Member.objects.filter(username="ada").exists()


@pytest.mark.parametrize("key", members.KEYS)
def test_nobody_takes_their_own_keys(key: str) -> None:
    root = manager("root")
    setattr(root, key, False)
    with pytest.raises(Refused) as refusal:
        keep(root, Actor.member(root))
    assert refusal.value.rule == "own_keys"
    assert members.manages_members(Member.objects.get(username="root"))


def test_a_manager_deactivates_another() -> None:
    root, other = manager("root"), manager("other")
    other.is_active = False
    keep(other, Actor.member(root))
    assert not members.manages_members(Member.objects.get(username="other"))


def test_saving_one_field_leaves_what_another_has_changed_meanwhile() -> None:
    by = Actor.member(manager("root"))
    keep(Member(username="ada"), by)
    read_earlier = Member.objects.get(username="ada")
    deactivated = Member.objects.get(username="ada")
    deactivated.is_active = False
    keep(deactivated, by, on_the_board=False)
    read_earlier.email = "ada@example.org"
    members.keep(member=read_earlier, groups=["Board"], changed=["email"], by=by, clock=database_clock)
    ada = Member.objects.get(username="ada")
    assert (ada.email, ada.is_active) == ("ada@example.org", False)
    assert not ada.groups.exists()
