"""The line of news that an answer carries: what came to a role's inbox since this server last told of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.db import Error as DatabaseError

from agents.calling import in_database
from agents.wakeups import WakeUps, mail_of
from org.enums import Urgency
from org.legible import plain, quoted
from org.queries import inbox
from org.queries.inbox import MOST_ANNOUNCED, Arrival

LONGEST = 120
LOOK_SECONDS = 1.0  # without Redis
LOOK_WITH_REDIS_SECONDS = 5.0  # in case a hint was lost
URGENT = (Urgency.HIGH, Urgency.CRITICAL)


class News:
    """Each message is told of once by a server, and never one that was read. While nothing comes it asks nothing."""

    def __init__(self, role: str, wakeups: WakeUps) -> None:
        self._role = role
        self._wakeups = wakeups
        self._mail = wakeups.watch(mail_of(role))
        self._look_at = 0.0
        self._told = 0  # the position in the inbox up to which everything was told of

    async def take(self) -> Sequence[Arrival]:
        """What is new; it counts as told."""
        if not self._mail.is_set() and time.monotonic() < self._look_at:
            return ()
        self._noted()
        try:
            arrived = await in_database(inbox.arrived, self._role, self._told)
        except DatabaseError:  # the answer that would carry it is there already
            return ()
        if arrived:
            self._told = arrived[0].position
        return arrived

    async def catch_up(self) -> None:
        """The answer that is about to be made tells what lies in the inbox by now."""
        self._noted()
        self._told = await in_database(inbox.newest, self._role)

    def _noted(self) -> None:
        self._mail.clear()
        self._look_at = time.monotonic() + (LOOK_WITH_REDIS_SECONDS if self._wakeups.listening else LOOK_SECONDS)


def line(arrived: Sequence[Arrival]) -> str:
    """One line of at most 120 characters on what is new; of several messages, on the most urgent of them."""
    first = max(arrived, key=lambda each: list(Urgency).index(Urgency(each.priority)))
    urgent = f", {first.priority}" if first.priority in URGENT else ""
    named = f"M-{first.number} from {first.from_role}{urgent}"
    if len(arrived) > 1:
        count = f"{MOST_ANNOUNCED} or more" if len(arrived) == MOST_ANNOUNCED else str(len(arrived))
        named = f"{count} messages, {'the most urgent' if urgent else 'the newest'} {named}"
    before, after = f"{named}: ", f"; read_inbox has {'it' if len(arrived) == 1 else 'them'}."
    room = LONGEST - len(before) - len(after) - len(quoted(""))
    subject = plain(first.subject)
    return before + quoted(subject if len(subject) <= room else subject[: room - 1] + "…") + after
