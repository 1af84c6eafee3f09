"""One of many processes that race: an initiative a line; it is proposed at once, and what came of it is printed."""

from __future__ import annotations

import sys

import django

if __name__ == "__main__":
    django.setup()

    from django.db import connection

    from tests.people import acting, propose

    connection.ensure_connection()
    actors = acting("ceo")
    print("ready", flush=True)
    for line in sys.stdin:
        decision = propose("ceo", 300_000, initiative=line.strip(), by=actors)
        actors = acting("ceo")  # ahead of the next race, which is for the money and not for the call
        print(decision.status, flush=True)
