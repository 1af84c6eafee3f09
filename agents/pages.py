"""Where people find the web pages: where the stack serves them, or else as configured."""

from __future__ import annotations

from django.conf import settings

_served_at = ""


def are_at(address: str) -> None:
    """The stack says where it serves them: a port that was taken is not the one configured."""
    global _served_at
    _served_at = address


def address() -> str:
    return _served_at or str(settings.PUBLIC_URL)
