"""The records that stand, shown and searched, never edited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from org.admin import changes
from org.admin.access import RecordAdmin, document, said
from org.admin.columns import RoleFilter, account, amount, link, linked, of_decision, role, title
from org.admin.texts import when
from org.chain.checkpoints import Unreadable
from org.checkpoints import Folder
from org.legible import plain
from org.models import (
    AgentStatus,
    Allocation,
    Artifact,
    AuditRecord,
    AuditSeal,
    BoardVote,
    Call,
    CharterVersion,
    DecisionVote,
    LedgerEntry,
    Memory,
    Presence,
)

MOST_REVISIONS = 20  # shown of a memory


@admin.register(BoardVote)
class BoardVoteAdmin(RecordAdmin):
    list_display = (linked("escalation"), "member", "answer", said("note"), "voted_at")
    list_filter = ("answer", "member")
    list_select_related = ("escalation__decision", "member")
    search_fields = ("member__username", "note")
    ordering = ("-voted_at",)
    shows = (linked("escalation"), "member", "answer", said("note"), "seen_hash", "voted_at")


@admin.register(DecisionVote)
class DecisionVoteAdmin(RecordAdmin):
    list_display = (of_decision, role("voter_role"), "vote", "confidence", "voted_at")
    list_filter = ("vote", ("voter_role", RoleFilter))
    list_select_related = ("decision",)
    ordering = ("-voted_at",)
    shows = (of_decision, "voter_role", "vote", "first_vote", "confidence", said("rationale"), "voted_at")


@admin.register(Call)
class CallAdmin(RecordAdmin):
    letter = "C"
    list_display = ("ref", role("role"), said("tool"), "status", "changed", "created_at", "finished_at")
    list_filter = ("status", ("role", RoleFilter), "effect")
    search_fields = ("tool", "idempotency_key")
    search_help_text = "A ref such as C-7, or a tool's name."
    ordering = ("-created_at",)
    shows = (
        *("ref", "role", "tool", "effect", document("arguments"), document("result"), "status", "changed", "attempt"),
        *("worker", document("client"), "created_at", "claimed_at", "lease_until", "finished_at", "offered_at"),
    )


@admin.register(LedgerEntry)
class LedgerEntryAdmin(RecordAdmin):
    list_display = ("movement", amount, of_decision, linked("allocation"), "created_at")
    list_select_related = ("decision", "allocation", "source__decision", "target__decision")
    search_fields = ("source__name", "target__name")
    ordering = ("-created_at", "-id")
    shows = (
        "movement",
        amount,
        of_decision,
        linked("allocation"),
        linked("call"),
        "person",
        "timer",
        "created_at",
    )

    def called(self, record: LedgerEntry) -> str:
        return f"{self.movement(record)}, {amount(record)}"

    @admin.display(description="From and to")
    def movement(self, entry: LedgerEntry) -> str:
        return f"{account(entry.source)} → {account(entry.target)}"


@admin.register(Allocation)
class AllocationAdmin(RecordAdmin):
    letter = "A"
    list_display = ("ref", said("department"), amount, "drawn_from", "created_at")
    search_fields = ("department",)
    ordering = ("-created_at",)
    shows = ("ref", said("department"), amount, document("justification"), "drawn_from", linked("call"), "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("entries__decision")

    @admin.display(description="Drawn from", empty_value="-")
    def drawn_from(self, allocation: Allocation) -> SafeString:
        """The decisions whose approved dollars it took; it names one itself only where the agent did."""
        sources = {entry.decision for entry in allocation.entries.all() if entry.decision is not None}
        links = [link(source, source.ref) for source in sorted(sources, key=lambda source: source.number)]
        return format_html_join(", ", "{}", ((each,) for each in links))


def _chain() -> str:
    """Where the audit's chain ends, and how far a signed checkpoint vouches for it."""
    last = AuditSeal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    try:
        newest = Folder.configured().newest()
    except (Unreadable, OSError) as error:
        return f"The chain's last record is number {last}. Its checkpoints cannot be read here: {error}"
    if newest is None:
        return f"The chain's last record is number {last}. No checkpoint was signed here yet; it is done once a day."
    signed = date_format(datetime.fromisoformat(newest.at), settings.DATETIME_FORMAT)
    return f"The chain's last record is number {last}. The newest checkpoint, of {signed} UTC, names {newest.seq}."


@admin.register(AuditRecord)
class AuditRecordAdmin(RecordAdmin):
    change_list_template = "admin/org/audit.html"
    list_display = ("action", "subject", said("actor"), "at")
    list_filter = ("action", "actor")
    search_fields = ("=subject", "actor", "action")
    search_help_text = "A ref such as D-142, an actor or an action."
    ordering = ("-id",)
    shows = (
        "at",
        said("actor"),
        "action",
        "subject",
        changes.changed,
        changes.more,
        changes.charter,
        linked("call"),
        "person",
        "timer",
        "place_in_the_chain",
        "sealed_hash",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("seal").defer("body")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"chain": _chain(), **(extra_context or {})})

    @admin.display
    def place_in_the_chain(self, record: AuditRecord) -> str:
        return str(record.seal.seq) if hasattr(record, "seal") else "not sealed yet"

    @admin.display(description="Hash")
    def sealed_hash(self, record: AuditRecord) -> str:
        return bytes(record.seal.hash).hex() if hasattr(record, "seal") else ""


@admin.register(CharterVersion)
class CharterVersionAdmin(RecordAdmin):
    list_display = ("__str__", "published_at", "published_by")
    ordering = ("-version",)
    shows = ("version", "published_at", "published_by", document("document", "The charter"))


@admin.register(Memory)
class MemoryAdmin(RecordAdmin):
    list_display = (said("key"), "revision", role("revised_by_role"), "updated_at")
    list_filter = (("created_by_role", RoleFilter),)
    search_fields = ("key", "content")
    ordering = ("-updated_at",)
    shows = (
        said("key"),
        document("content"),
        "tagged",
        document("metadata"),
        "revision",
        role("revised_by_role"),
        "updated_at",
        role("created_by_role"),
        "inserted_at",
        "earlier_revisions",
    )

    @admin.display(description="Tags")
    def tagged(self, memory: Memory) -> str:
        return ", ".join(map(plain, memory.tags)) or "-"

    @admin.display
    def earlier_revisions(self, memory: Memory) -> str:
        """What was written under the key before, the newest first."""
        rows = memory.revisions.filter(revision__lt=memory.revision).order_by("-revision")[:MOST_REVISIONS]
        told = ((row.revision, title(row.by_role), when(row.written_at), plain(row.content)) for row in rows)
        return format_html_join("", '<p>Revision {} by the {}, {}</p><pre class="document">{}</pre>', told) or "none"


@admin.register(Artifact)
class ArtifactAdmin(RecordAdmin):
    list_display = ("ref", "kind", said("name"), said("feature"), said("release"), role("by_role"), "made_at")
    list_filter = ("kind", ("by_role", RoleFilter))
    search_fields = ("name", "feature", "release")
    ordering = ("-number",)
    shows = (
        "ref",
        "kind",
        said("name"),
        said("feature"),
        said("release"),
        document("content"),
        "decision",
        role("by_role"),
        "made_at",
        "call",
    )


@admin.register(Presence)
class PresenceAdmin(RecordAdmin):
    list_display = ("kind", role("role"), "serves", "host", "pid", "started_at", "last_heartbeat", "ending")
    list_filter = ("kind", "role", "ending")
    ordering = ("-last_heartbeat",)
    shows = (
        "kind",
        role("role"),
        "serves",
        "version",
        "host",
        "pid",
        "started_at",
        "last_heartbeat",
        "ended_at",
        "ending",
    )

    @admin.display(description="Queues")
    def serves(self, process: Presence) -> str:
        return ", ".join(map(plain, process.queues)) or "-"


@admin.register(AgentStatus)
class AgentStatusAdmin(RecordAdmin):
    list_display = ("role", "status", "last_heartbeat", "version")
    list_filter = ("status",)
    ordering = ("role",)
    shows = ("role", "status", "last_heartbeat", "version", document("capabilities"), document("metadata"))
