"""The people: the first member, who adds and changes others, and passwords, never kept readable and never logged."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from org import audit
from org.actors import Actor
from org.acts import Act
from org.changes import Change, State, state
from org.clock import Clock
from org.errors import InvalidInput, NotFound, Refused
from org.models import BOARD_GROUP, GROUPS, Member

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that are mistaken for another
PARTS, PART_LENGTH = 5, 4  # 20 letters of 32: 100 bits
BY_COMMAND = Actor.clockwork("board_member")  # neither a call nor a signed-in person
TICKS = {"on_the_board", "operates", "audits"}  # the names under which a change of groups is told
KEYS = ("is_active", "is_superuser")  # what nobody takes from themselves, so that somebody can always let people in


@transaction.atomic
def ensure_first(*, wanted: str, fallback: str, clock: Clock) -> tuple[Member, bool]:
    """The first active member of the board, made under the name `wanted` if there is none; whether it was made.

    Starts of several processes at once make one member: the group's row is locked first. A `wanted` that cannot be a
    user name gives way to `fallback`, if there is one. Raises Refused where that person was deactivated on purpose.
    """
    group = Group.objects.select_for_update().get(name=BOARD_GROUP)
    there = Member.board.on_the_board().order_by("pk").first()
    if there is not None:
        return there, False
    name = _usable(wanted, fallback)
    member = Member.objects.filter(username=name).first()
    if member is not None and not member.is_active:
        raise Refused(
            "deactivated",
            f"The board has no active member, and {name} is deactivated.",
            "Name another with `manage.py board_member --ensure --name NAME`.",
        )
    was = _standing(member) if member else None
    if member is None:
        member = Member(username=name)
        member.set_unusable_password()
    member.is_staff = member.is_superuser = True
    member.save()
    member.groups.add(group)
    _record(Act.begin(BY_COMMAND, clock), "member.added", member, was)
    return member, True


def manages_members(person: Any) -> bool:
    """Whether somebody who signed in may add people, put them on the board and deactivate them."""
    return isinstance(person, Member) and person.is_active and person.is_superuser


@transaction.atomic
def keep(*, member: Member, groups: Collection[str], changed: Sequence[str], by: Actor, clock: Clock) -> None:
    """Store a new member, or one in whom the fields `changed` were changed, in these of GROUPS and no others.

    Raises Refused where the acting person manages no members, or would give up their own keys. Changes take turns, so
    that of two people who deactivate each other one stays.
    """
    known = {group.name: group for group in Group.objects.select_for_update().filter(name__in=GROUPS).order_by("pk")}
    person = Member.objects.filter(pk=by.person.pk).first() if by.person else None
    before = Member.objects.select_for_update().filter(pk=member.pk).first()
    act = Act.begin(by, clock)
    if not manages_members(person):
        raise Refused("not_a_manager", "Only active people who manage members change them.", "Ask one of them.")
    if person == before and any(getattr(before, key) and not getattr(member, key) for key in KEYS):
        raise Refused("own_keys", "Nobody deactivates or demotes themselves.", "Ask another who manages members.")
    was = _standing(before) if before else None
    member.is_staff = True  # the pages are all there is to sign in to
    if before is None:
        member.save()
    else:  # what somebody else has changed since the page was read stays
        columns = {field.name for field in Member._meta.concrete_fields}
        member.save(update_fields=[name for name in changed if name in columns])
    if before is None or TICKS & set(changed):
        member.groups.remove(*(known[name] for name in GROUPS if name not in groups))
        member.groups.add(*(known[name] for name in GROUPS if name in groups))
    _record(act, "member.changed" if before else "member.added", member, was, changed=sorted(changed))


def note_password(*, member: Member, by: Actor, clock: Clock) -> None:
    """Leave a trace that a person set another's password on the pages."""
    _record_password(Act.begin(by, clock), member)


@transaction.atomic
def set_password(*, member: Member, password: str, clock: Clock) -> None:
    """Raises InvalidInput for a password that is too short or too common."""
    try:
        validate_password(password, member)
    except ValidationError as error:
        raise InvalidInput("password", " ".join(error.messages), "Choose another.") from error
    member.set_password(password)
    member.save(update_fields=["password"])
    _record_password(Act.begin(BY_COMMAND, clock), member)


def make_password(*, member: Member, clock: Clock) -> str:
    """Give a member a strong new password and return it, to be shown once."""
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(PART_LENGTH)) for _ in range(PARTS))
    set_password(member=member, password=password, clock=clock)
    return password


def named(name: str) -> Member:
    """The active board member called `name`; with no name, the only one. Raises NotFound or InvalidInput."""
    members = list(Member.board.on_the_board().order_by("username"))
    if not members:
        raise NotFound("board", "", [], "`manage.py board_member --ensure` makes the first member.")
    names = [member.username for member in members]
    if name:
        if name not in names:
            raise NotFound("name", name, names, "Name one of these.")
        return members[names.index(name)]
    if len(members) > 1:
        raise InvalidInput("name", f"the board has several members: {', '.join(names)}.", "Say which with --name.")
    return members[0]


def _usable(wanted: str, fallback: str) -> str:
    try:
        Member._meta.get_field("username").run_validators(wanted)
    except ValidationError as error:
        if fallback:
            return fallback
        says = " ".join(error.messages)
        raise InvalidInput("name", f"{wanted!r} cannot be a user name. {says}", "Choose another.") from error
    return wanted


def _standing(member: Member) -> State:
    """What the audit tells of a person, before and after. Names and addresses stay out of it: it is kept for good."""
    groups = sorted(member.groups.values_list("name", flat=True))
    return state(member, "username", "is_active", "is_superuser") | {"groups": groups}


def _record(act: Act, action: str, member: Member, was: State | None, **data: Any) -> None:
    now = _standing(member)
    _write(act, action, member, Change.between(was, now) if was else Change(None, now), **data)


def _record_password(act: Act, member: Member) -> None:
    """That it is another one; no word of either."""
    _write(act, "member.password_set", member, Change({"password": "former"}, {"password": "new"}))


def _write(act: Act, action: str, member: Member, change: Change, **data: Any) -> None:
    """The record says what the person is from now on."""
    audit.record(
        act,
        action,
        member.username,
        change,
        on_the_board=Member.board.has(member),
        groups=sorted(member.groups.values_list("name", flat=True)),
        active=member.is_active,
        manages_members=member.is_superuser,
        **data,
    )
