"""What the pages ask before they show or do something, by the table of `rights`; nobody edits history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from org import refs
from org.admin import rights
from org.admin.passwords import Wrong
from org.admin.rights import Holder
from org.admin.texts import pretty, words
from org.errors import NOTHING_DONE
from org.legible import plain
from org.models import Member
from org.services import factors

NEEDS_FACTOR = f"Changing something needs a second factor here. {NOTHING_DONE} Set yours up, then do it."
Field = str | Callable[[Any], str]


def held(request: HttpRequest) -> frozenset[Holder]:
    """What the visitor holds; asked many times a page, looked up once."""
    if not isinstance(request.user, Member):
        return rights.NOBODY
    known: frozenset[Holder] | None = getattr(request, "_held", None)
    if known is None:
        known = rights.of(request.user)
        request._held = known  # type: ignore[attr-defined]
    return known


def may_read(request: HttpRequest, page: str) -> bool:
    return rights.reads(held(request), page)


def may_act(request: HttpRequest, page: str) -> bool:
    """Whether the visitor's groups allow it; whether a second factor is missing for it is `require_factor`."""
    return rights.acts(held(request), page)


def require_reader(request: HttpRequest, page: str) -> Member:
    if not may_read(request, page):
        raise PermissionDenied
    assert isinstance(request.user, Member)
    return request.user


def require_factor(member: Member) -> None:
    """Raises Wrong where this person must enrol before changing anything."""
    if factors.is_missing(member):
        raise Wrong(NEEDS_FACTOR, 403)


if TYPE_CHECKING:
    Pages = admin.ModelAdmin[Any]
else:
    Pages = admin.ModelAdmin  # Django's class takes no type at run time


class RecordAdmin(Pages):
    """A record that stands: looked at, never added to, changed or deleted here.

    `letter`: that of its refs, so that a search for `D-142` finds the record. `shows`: the fields of its page.
    """

    letter = ""
    shows: tuple[Field, ...] = ()
    actions = None
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/org/record.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_read(request, self.page)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_read(request, self.page)

    @property
    def page(self) -> str:
        """Its row in `rights.PAGES`."""
        return str(self.opts.model_name)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.shows

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.shows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = refs.number(search_term, self.letter) if self.letter else None
        if number is not None:
            return queryset.filter(number=number), False
        return super().get_search_results(request, queryset, search_term)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """By id, or by ref: `/admin/org/escalation/E-17/change/`."""
        number = refs.number(object_id, self.letter) if self.letter and not object_id.isdigit() else None
        if number is not None:
            return self.get_queryset(request).filter(number=number).first()
        return super().get_object(request, object_id, from_field)

    def called(self, record: Any) -> str:
        """A record in the title of its page."""
        return plain(record)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *rest: Any, **given: Any
    ) -> HttpResponse:
        context["subtitle"] = self.called(given["obj"])
        return super().render_change_form(request, context, *rest, **given)

    @admin.display(description="Ref", ordering="number")
    def ref(self, record: Any) -> str:
        return str(record.ref)


def said(name: str, heading: str = "") -> Callable[[Any], str]:
    """A column of text somebody wrote, shown plain."""

    @admin.display(description=heading or words(name), ordering=name)
    def show(record: Any) -> str:
        value = getattr(record, name)
        return "" if value is None else plain(value)

    show.__name__ = f"said_{name}"
    return show


def document(name: str, heading: str = "") -> Callable[[Any], str]:
    """A field of JSON or long text, laid out to be read."""

    @admin.display(description=heading or words(name))
    def show(record: Any) -> str:
        value = getattr(record, name)
        return "-" if value is None else format_html('<pre class="document">{}</pre>', pretty(value))

    show.__name__ = f"document_{name}"
    return show
