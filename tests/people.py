"""The people and roles of the tests."""

from __future__ import annotations

import itertools
import uuid
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection

from org.actors import Actor
from org.clock import database_clock
from org.models import BOARD_GROUP, Call, Decision, Member
from org.services import decisions

_numbers = itertools.count(1)


def acting(role: str) -> Actor:
    """A role acting through a call of its own, as tools do."""
    id = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute("SELECT store_call(%s, %s, 'test', 'sets', '{}', NULL, '{}')", [id, role])
    return Actor.role(Call.objects.get(pk=id))


def board_member(name: str = "") -> Member:
    """An active member of the board."""
    member = Member.objects.create_user(name or f"member{next(_numbers)}", password="a long enough password", is_staff=True)
    member.groups.add(Group.objects.get(name=BOARD_GROUP))
    return member


def propose(role: str, amount: int | str | None = None, decision_type: str = "strategic_initiative", **given: Any) -> Decision:
    """A decision proposed by a role, with a title of its own unless one is given."""
    wanted: dict[str, Any] = {"title": f"Matter {next(_numbers)}", "context": "because", **given}
    money = Decimal(amount) if amount is not None else None
    return decisions.propose(decision_type=decision_type, amount_usd=money, by=acting(role), clock=database_clock, **wanted)
