"""What the admin's front page asks for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django import template
from django.db.models import Max
from django.http import HttpRequest

from org.admin import cards, moments, threads
from org.admin.access import may_act, may_read
from org.admin.cards import Card
from org.admin.columns import title
from org.enums import BOARD
from org.legible import plain
from org.models import CharterDraft, CharterVersion, Escalation, Member, Message, Stop
from org.queries.stops import Standing
from org.services import charters, factors, sign_ins

SHOWN = 5

register = template.Library()


class Answer(NamedTuple):
    """What a role answered, and nobody has opened."""

    row: Message
    who: str
    subject: str


class Stopped(NamedTuple):
    """A stop that is in force. `role`: the title of who is suspended, empty of a freeze of spending."""

    role: str
    reason: str
    member: str
    since: datetime


class Draft(NamedTuple):
    """A charter that waits to be published: `counted` of `needed` approvals are given."""

    row: CharterDraft
    counted: int
    needed: int
    is_mine: bool
    is_behind: bool


@register.simple_tag
def stops_in_force(request: HttpRequest) -> list[Stopped]:
    """Whatever is stopped now, the freeze of spending first."""
    if not may_read(request, "stop"):
        return []
    standing = Stop.objects.standing().select_related("person").order_by("-kind", "stopped_at")
    told = [(title(stop.role) if stop.role else "", Standing.of(stop)) for stop in standing]
    return [Stopped(role, plain(stop.reason), stop.member, stop.since) for role, stop in told]


@register.simple_tag
def waiting_drafts(request: HttpRequest) -> list[Draft]:
    """The charter drafts nobody has published or discarded, those with an approval first."""
    if not (may_read(request, "charterdraft") and isinstance(request.user, Member)):
        return []
    newest, needed = CharterVersion.objects.aggregate(version=Max("version"))["version"], charters.members_needed()
    waiting = charters.waiting(request.user).select_related("author").order_by("-counted", "-updated_at")
    return [Draft(row, row.counted, needed, bool(row.mine), row.base_id != newest) for row in waiting[:SHOWN]]


@register.simple_tag
def waiting_for_the_board(request: HttpRequest) -> list[Card]:
    """The open escalations with the nearest deadlines."""
    if not (may_read(request, "escalation") and isinstance(request.user, Member)):
        return []
    now, user = moments.now(), request.user
    waiting = Escalation.objects.open().select_related("decision__person").order_by("deadline_at")
    return [cards.of(matter, user, now) for matter in waiting[:SHOWN]]


@register.simple_tag
def unread_answers(request: HttpRequest) -> list[Answer]:
    """What roles answered to the board and no member has opened, the newest first."""
    if not may_read(request, "message"):
        return []
    unread = Message.objects.inbox(BOARD).unread().order_by("-position").defer("words", "content")
    return [Answer(row, threads.author(row), plain(row.subject)) for row in unread[:SHOWN]]


@register.simple_tag
def second_factor_hint(request: HttpRequest) -> str:
    """A gentle word to who has no second factor, a firm one where it is required."""
    user = request.user
    if not isinstance(user, Member) or factors.enrolled(user):
        return ""
    if factors.is_missing(user):
        return "Changing something needs a second factor here; until you have one you can only read."
    return "Your password alone opens these pages. An app on your phone makes that two keys."


@register.simple_tag
def locked_sign_ins(request: HttpRequest) -> str:
    """Where locks are looked at, for those who may; how many there are."""
    if not may_read(request, "sign_ins"):
        return ""
    count = len(sign_ins.locks(moments.now()))
    return f"Locked sign-ins ({count})" if count else "Locked sign-ins"


@register.simple_tag
def missed_by_roles(request: HttpRequest) -> int:
    """How many deliveries of the board's own messages nobody acknowledged by their time."""
    if not may_read(request, "message"):
        return 0
    missed = Message.objects.filter(from_role=BOARD, missed_at__isnull=False)
    return missed.filter(acknowledged_at__isnull=True, expired_at__isnull=True).count()


@register.simple_tag
def may_write_to_roles(request: HttpRequest) -> bool:
    return may_act(request, "message")


@register.simple_tag
def count_waiting() -> int:
    return Escalation.objects.open().count()
