"""Messages: the list, the page of one with its thread and receipts, and what members of the board write to roles."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from org.actors import Actor
from org.admin import letter_forms, threads
from org.admin.access import RecordAdmin, may_act, require_reader
from org.admin.columns import RoleFilter, title
from org.admin.deeds import Done, perform, told
from org.admin.letter_forms import LetterForm, answered_by
from org.admin.passwords import Wrong
from org.admin.texts import when, words
from org.clock import database_clock
from org.enums import BOARD, MessageType, Urgency
from org.errors import InvalidInput
from org.legible import plain
from org.models import Member, Message
from org.queries import inbox
from org.services import board_mail, factors

FAULTY = "Nothing was sent. Mend what is marked and send it again; what you typed is still there."


class Answers(admin.SimpleListFilter):
    """What roles answered to the board."""

    title = "answers to the board"
    parameter_name = "answers"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All answers"), ("unread", "Not opened yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "all":
                return queryset.filter(to_role=BOARD)
            case "unread":
                return queryset.filter(to_role=BOARD, read=False, expired_at__isnull=True)
        return queryset


class Waits(admin.SimpleListFilter):
    """What nobody has done yet."""

    title = "what is open"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("asked", "Requests without an answer"), ("missed", "Not acknowledged in time")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        stands = queryset.filter(expired_at__isnull=True)
        match self.value():
            case "asked":
                return stands.needing_action()  # type: ignore[attr-defined,no-any-return]
            case "missed":
                return stands.filter(missed_at__isnull=False, acknowledged_at__isnull=True)
        return queryset


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    letter = "M"
    change_list_template = "admin/org/messages.html"
    list_display = ("matter", "from_and_to", "kind", "sent", "receipt", "thread")
    list_display_links = None
    list_filter = (Answers, Waits, "type", "priority", ("from_role", RoleFilter), ("to_role", RoleFilter))
    search_fields = ("subject",)
    search_help_text = "A ref such as M-903, or words of the subject."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        thread = Message.objects.filter(thread_id=OuterRef("thread_id")).order_by().values("thread_id")
        count = thread.annotate(count=Count("number", distinct=True)).values("count")
        rows: QuerySet[Any] = super().get_queryset(request).defer("words").annotate(on_thread=Subquery(count))
        return rows

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; of answers to the board those nobody opened before the others."""
        return ("read", "-created_at") if request.GET.get(Answers.parameter_name) else ("-created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_act(request, self.page)

    @admin.display(description="Message", ordering="subject")
    def matter(self, row: Message) -> SafeString:
        unread = row.to_role == BOARD and not row.read and not row.expired_at
        tag = format_html(' <span class="tag high">{}</span>', "unread") if unread else ""
        where, subject = _page_of(row), plain(row.subject)
        return format_html('<a class="matter" href="{}"><b>{}</b> <bdi>{}</bdi></a>{}', where, row.ref, subject, tag)

    @admin.display(description="From and to", ordering="from_role")
    def from_and_to(self, row: Message) -> str:
        return f"{threads.author(row)} → {title(row.to_role)}"

    @admin.display(description="Type", ordering="type")
    def kind(self, row: Message) -> str:
        return threads.kind(row)

    @admin.display(description="Sent", ordering="created_at")
    def sent(self, row: Message) -> str:
        return when(row.created_at)

    @admin.display(description="Receipt")
    def receipt(self, row: Message) -> SafeString:
        says, style, at = threads.receipt(row)
        return format_html('<span class="tag {}">{}</span> <span class="quiet">{}</span>', style, says, when(at))

    @admin.display(description="Thread", ordering="thread_id")
    def thread(self, row: Any) -> SafeString | str:
        if row.on_thread < 2:
            return "-"
        return format_html('<a href="{}#thread">{} messages</a>', _page_of(row), row.on_thread)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"unread": inbox.counts(BOARD)["unread"], "may_write": may_act(request, self.page)}
        return super().changelist_view(request, {"title": "Messages", **context, **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A message that begins a thread."""
        member = require_reader(request, self.page)
        if not may_act(request, self.page):
            raise PermissionDenied
        if request.method != "POST":
            return self._letter(request, member, letter_forms.anew(request.GET.get("to", "")))
        form = LetterForm(request.POST)
        deed, again = partial(_send, form, member), partial(self._letter, request, member, form)
        return perform(request, member, self.page, to="", deed=deed, again=again)

    def _letter(
        self, request: HttpRequest, member: Member, form: LetterForm, wrong: Wrong | None = None
    ) -> HttpResponse:
        context = {"title": "Write to a role", "form": form, **self._asked(request, member, wrong)}
        return TemplateResponse(request, "admin/org/letter.html", context, status=wrong.status if wrong else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A message with its thread. Opening it, a member reads for the board what roles answered there."""
        member = require_reader(request, self.page)
        message = self.get_object(request, object_id)
        if message is None:
            raise Http404("There is no such message.")
        if request.method != "POST":
            shown = threads.numbers(message)
            if request.method == "GET" and may_act(request, self.page):
                with suppress(Wrong):  # the page is read all the same
                    told(partial(board_mail.note_read, numbers=shown, by=Actor.member(member), clock=database_clock))
            return self._thread(request, member, message, letter_forms.reply(message))
        form = LetterForm(request.POST, answers=answered_by(message))
        deed = partial(_acknowledge if request.POST.get("deed") == "acknowledge" else _send, form, member, message)
        again = partial(self._thread, request, member, message, form)
        return perform(request, member, self.page, to="", deed=deed, again=again)

    def _thread(
        self, request: HttpRequest, member: Member, message: Message, form: LetterForm, wrong: Wrong | None = None
    ) -> HttpResponse:
        posts = threads.posts(message, threads.numbers(message))
        opened = next(post for post in posts if post.is_opened)
        context = {
            "title": plain(opened.row),
            "opened": opened,
            "posts": posts if len(posts) > 1 else [],
            "thread": plain(message.thread_id),
            "form": form,
            "answers": title(message.from_role) if answered_by(message) else "",
            "may_acknowledge": _may_acknowledge(opened.row),
            **self._asked(request, member, wrong),
        }
        return TemplateResponse(request, "admin/org/message.html", context, status=wrong.status if wrong else 200)

    def _asked(self, request: HttpRequest, member: Member, wrong: Wrong | None) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "may_write": may_act(request, self.page),
            "needs_factor": factors.is_missing(member),
            "wrong": wrong.says if wrong else "",
        }


def _may_acknowledge(row: Message) -> bool:
    """Whether a role waits for the board's word that it has its answer."""
    asks = row.type in (MessageType.REQUEST, MessageType.ESCALATION) or row.ack_by is not None
    return row.to_role == BOARD and asks and row.acknowledged_at is None


def _send(form: LetterForm, member: Member, on: Message | None = None) -> Done:
    """Send what the form says: anew, or on the thread of a message. Raises Wrong with the faults on the fields."""
    if not form.is_valid():
        raise Wrong(FAULTY, 400)
    given, answers = form.cleaned_data, answered_by(on) if on else None
    try:
        sent = board_mail.write(
            to=answers.from_role if answers else given["to"],
            subject=given["subject"],
            content=given["content"],
            type=MessageType(given["type"]),
            priority=Urgency(given["priority"]),
            ack_by=given["ack_by"],
            thread_id=on.thread_id if on else "",
            reply_to=answers.ref if answers else "",
            by=Actor.member(member),
            clock=database_clock,
        )
    except InvalidInput as fault:
        if fault.field not in form.fields:
            raise
        form.add_error(fault.field, words(fault.told))
        raise Wrong(FAULTY, 400) from fault
    first = sent.rows[0]
    if sent.is_repeat:
        return Done(f"{first.ref} says exactly this, sent a moment ago. It was not sent twice.", _page_of(first))
    whose = f"the {title(first.to_role)}" if len(sent.rows) == 1 else f"{len(sent.rows)} roles"
    return Done(f"{first.ref} is in the inbox of {whose}.", _page_of(first))


def _acknowledge(form: LetterForm, member: Member, answer: Message) -> Done:
    row = board_mail.acknowledge(answer=answer, by=Actor.member(member), clock=database_clock)
    return Done(f"{row.ref} is acknowledged. The {title(row.from_role)} sees it.")


def _page_of(row: Message) -> str:
    return reverse("admin:org_message_change", args=[row.pk])
