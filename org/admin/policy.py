"""What a browser may do on the pages: load our files, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)

Answers = Callable[[HttpRequest], HttpResponse]


def content_policy(answers: Answers) -> Answers:
    """Middleware: every response goes out under the policy, refusals and errors too."""

    def guarded(request: HttpRequest) -> HttpResponse:
        response = answers(request)
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        return response

    return guarded
