"""Two agents that answer each other by the same words would never end; here they are stopped."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from org import likeness
from org.actors import Actor
from org.errors import InvalidInput
from org.models import Message

SAID_ENOUGH = 2  # how often two roles say exactly the same to each other on a thread
EACH_ENOUGH = 3  # how often each of the two says nearly the same among their newest
NEWEST = 20  # of their messages on the thread

_WAY_ON = "Say what is new, decide what is open, or acknowledge the message and stop."


def require_new(thread_id: str, content: Any, to: str, by: Actor) -> None:
    """Raises InvalidInput where two roles begin to go round on a thread.

    One may go on reporting in like words to another, who answers by others: it takes two to go round.
    """
    of_pair = Message.objects.filter(thread_id=thread_id, from_role__in=[by.name, to])
    said = of_pair.filter(Q(to_role__in=[by.name, to]) | Q(sent_to=to))
    numbers = said.filter(content=content).values_list("number", flat=True).distinct().order_by("number")
    if len(exactly := list(numbers[:SAID_ENOUGH])) == SAID_ENOUGH:
        raise InvalidInput(
            "content",
            f"{_named(exactly)} say exactly this on the thread already; saying it to each other again leads nowhere.",
            _WAY_ON,
        )
    newest = said.order_by("-number").distinct("number").values_list("number", "from_role", "content")[:NEWEST]
    nearly = _nearly(content, list(newest), by.name)
    if nearly:
        raise InvalidInput(
            "content",
            f"{_named(nearly)} say nearly this on the thread already, each of you {EACH_ENOUGH} times; once more leads"
            " nowhere.",
            _WAY_ON,
        )


def _nearly(content: Any, newest: list[tuple[int, str, Any]], me: str) -> list[int]:
    """The numbers of the messages, of both senders, that say nearly this; none where one of them said it seldom."""
    senders = [sender == me for _, sender, _ in newest]
    if min(senders.count(True), senders.count(False)) < EACH_ENOUGH:
        return []
    words, judged, found = likeness.letters(content), dict[str, bool](), {True: list[int](), False: list[int]()}
    for number, sender, earlier in newest:
        of_earlier = likeness.letters(earlier)
        if of_earlier not in judged:
            judged[of_earlier] = likeness.alike(of_earlier, words)
        if judged[of_earlier]:
            found[sender == me].append(number)
    if min(len(numbers) for numbers in found.values()) < EACH_ENOUGH:
        return []
    return sorted(number for numbers in found.values() for number in numbers[:EACH_ENOUGH])


def _named(numbers: list[int]) -> str:
    *others, last = [f"M-{number}" for number in numbers]
    return f"{', '.join(others)} and {last}"
