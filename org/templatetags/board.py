"""What the admin's front page asks for."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from org.admin import cards
from org.admin.access import may_read
from org.admin.cards import Card
from org.clock import database_clock
from org.models import Escalation, Member

SHOWN = 5

register = template.Library()


@register.simple_tag
def waiting_for_the_board(request: HttpRequest) -> list[Card]:
    """The open escalations with the nearest deadlines."""
    if not (may_read(request) and isinstance(request.user, Member)):
        return []
    now, user = database_clock(), request.user
    waiting = Escalation.objects.open().select_related("decision").order_by("deadline_at")
    return [cards.of(matter, user, now) for matter in waiting[:SHOWN]]


@register.simple_tag
def count_waiting() -> int:
    return Escalation.objects.open().count()
