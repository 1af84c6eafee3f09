"""Which addresses the pages answer to: those whose text the database can hold."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

Answers = Callable[[HttpRequest], HttpResponse]
REFUSAL = "The address holds bytes that are no text (a NUL or broken UTF-8). Nothing was done. Open the page anew."


def readable_address(answers: Answers) -> Answers:
    """Middleware: an address with a NUL or bytes that are no UTF-8 is refused before anything is looked up by it."""

    def guarded(request: HttpRequest) -> HttpResponse:
        if not _is_text(request.META.get("QUERY_STRING", "")) or "\0" in request.path:
            return HttpResponseBadRequest(REFUSAL, content_type="text/plain; charset=utf-8")
        return answers(request)

    return guarded


def _is_text(quoted: str) -> bool:
    """Whether a query, still quoted, stands for characters that PostgreSQL can hold."""
    try:
        return "\0" not in unquote_to_bytes(quoted).decode()
    except UnicodeDecodeError:
        return False
