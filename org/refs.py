"""Short refs, the names people and models use: `D-142` a decision, `E-17` an escalation, `M-903` a message."""

from __future__ import annotations

import re
import uuid

_REF = re.compile(r"([A-Za-z])-?(\d{1,18})")
_MESSAGE_ID = re.compile(r"msg_(\d{1,18})")


def number(text: str, letter: str) -> int | None:
    """The number in a ref of that letter (`D-142`, `d142`), or None."""
    match = _REF.fullmatch(text.strip())
    return int(match[2]) if match and match[1].upper() == letter else None


def message_number(text: str) -> int | None:
    """The number of a message named by ref (`M-903`) or by public id (`msg_903`), or None."""
    match = _MESSAGE_ID.fullmatch(text.strip())
    return int(match[1]) if match else number(text, "M")


def uuid_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None
