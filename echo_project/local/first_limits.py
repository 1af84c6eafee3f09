"""The one question of a first start: how much the CEO decides alone. Asked on a terminal, once, and never waited for
where nobody can answer.
"""

from __future__ import annotations

import os
import select
import threading
from decimal import Decimal
from typing import IO

from django.conf import settings
from rich.console import Console

from org import money
from org.clock import database_clock
from org.models import CharterVersion, Member
from org.scaling import CEO
from org.services import charters

LOOK_SECONDS = 0.2


def ask_once(out: Console, keyboard: IO[str], leave: threading.Event) -> None:
    """Ask, and scale the shipped limits to the answer; Enter, or leaving, takes them as they are.

    Nothing is asked where the environment has said it, where anybody has used the organisation already (a password was
    set, something was decided, a charter was written), or without somebody at a terminal.
    """
    if settings.CEO_LIMIT_USD is not None or not (out.is_terminal and _is_attended(keyboard)):
        return
    if any(member.has_usable_password() for member in Member.board.on_the_board()) or not charters.is_as_shipped():
        return
    shipped = CharterVersion.objects.in_force().roles[CEO].limit_usd
    out.print("How much may the CEO decide alone, in US dollars? All other limits follow in proportion.")
    answer = _answer(out, keyboard, leave, shipped)
    first = charters.set_first_limits(ceo_limit_usd=answer, clock=database_clock)
    out.print(f"The CEO decides up to {money.show(answer)} alone ({first or 'as shipped'}).", style="dim")


def _answer(out: Console, keyboard: IO[str], leave: threading.Event, shipped: Decimal) -> Decimal:
    while True:
        out.print(f"{money.show(shipped)} on Enter: ", end="")
        text = _line(keyboard, leave)
        amount = shipped if text is None or not text.strip() else money.typed(text)
        if amount is not None:
            return amount
        out.print("That is no amount below a trillion. Write it like 250,000 or 250000.")


def _line(keyboard: IO[str], leave: threading.Event) -> str | None:
    """What was typed; None at the end of input, or when the person leaves."""
    while not leave.is_set():
        if select.select([keyboard], [], [], LOOK_SECONDS)[0]:
            return keyboard.readline() or None
    return None


def _is_attended(keyboard: IO[str]) -> bool:
    """Whether somebody can type here: a terminal that is not another program's at the moment."""
    try:
        return keyboard.isatty() and os.tcgetpgrp(keyboard.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
