"""One of many processes that race as a role: a deed a line, as JSON, done at once; what came of it is printed."""

from __future__ import annotations

import json
import sys
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

    from django.db import connection

    from org.actors import Actor
    from org.enums import VoteChoice
    from org.errors import Refused
    from org.models import Decision
    from tests.people import acting, propose, vote

    def do(order: dict[str, Any], by: Actor) -> str:
        if "vote" in order:
            matter = Decision(number=order["vote"])
            return str(vote(matter, by.name, VoteChoice(order["choice"]), order["confidence"], by=by).status)
        return str(propose(by.name, order["amount"], order["type"], initiative=order["initiative"], by=by).status)

    role = sys.argv[1]
    connection.ensure_connection()
    actor = acting(role)
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            outcome = do(json.loads(line), actor)
        except Refused as refusal:
            outcome = refusal.rule
        actor = acting(role)  # ahead of the next race, which is for the deed and not for the call
        print(outcome, flush=True)
