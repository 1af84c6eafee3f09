"""Refs in words as links: `D-142` leads to that decision's page, as do those of every other record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from org import refs
from org.legible import plain
from org.models import Artifact, Decision, Escalation, Message, Run, RunStep

_REF = re.compile(r"\b([DEFMRW]-\d{1,18})\b")


def _run_of(number: int) -> Run | None:
    step = RunStep.objects.filter(number=number).select_related("run").first()
    return step.run if step else None


PAGES: Mapping[str, Callable[[int], Model | None]] = {
    "D": lambda number: Decision.objects.filter(number=number).first(),
    "E": lambda number: Escalation.objects.filter(number=number).first(),
    "F": lambda number: Artifact.objects.filter(number=number).first(),
    "M": lambda number: Message.objects.filter(number=number).order_by("pk").first(),
    "R": lambda number: Run.objects.filter(number=number).first(),
    "W": _run_of,
}


def page(request: HttpRequest, ref: str) -> HttpResponseRedirect:
    """To the page of the record that a ref names."""
    if not request.user.is_staff:
        raise PermissionDenied
    number = refs.number(ref, ref[:1].upper())
    record = PAGES[ref[:1].upper()](number) if number is not None and ref[:1].upper() in PAGES else None
    if record is None:
        raise Http404(f"There is no record {ref}.")
    name = record._meta.model_name
    return HttpResponseRedirect(reverse(f"admin:org_{name}_change", args=[record.pk]))


def with_links(text: object) -> SafeString:
    """Words with every ref in them a link; nothing else of them is HTML."""
    parts = _REF.split(plain(text))
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{}">{}</a>', reverse("admin:ref", args=[part]), part) if at % 2 else part,)
            for at, part in enumerate(parts)
        ),
    )
