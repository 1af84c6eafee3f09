"""What a member sees of a charter that is being written: its text, what is wrong or odd, and what it changes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from org import differences
from org.admin.texts import when
from org.differences import Difference, Effect
from org.enums import DraftStatus
from org.legible import plain
from org.models import CharterApproval, CharterDraft, CharterVersion, Member
from org.reviews import review
from org.services import charters

SAID = {Effect.MORE: "agents may do more", Effect.LESS: "agents may do less", Effect.OTHER: ""}


@dataclass(frozen=True)
class Sheet:
    """One draft as one member sees it. `draft` is None for one that is not kept yet.

    `seen_hash` is that of what is shown of the stored draft; `text` may have been typed since, and is then not
    `is_kept`.
    """

    draft: CharterDraft | None
    text: str
    seen_hash: str
    is_kept: bool
    is_open: bool
    may_write: bool
    base: int
    in_force: CharterVersion
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    changes: list[tuple[Difference, str]]
    lines: str
    approvals: list[tuple[str, str]]
    mine: bool
    needed: int
    counted: int
    verdict: str

    @property
    def is_behind(self) -> bool:
        """Whether another charter came into force since this was begun."""
        return self.is_open and self.base != self.in_force.version

    @property
    def may_publish(self) -> bool:
        return bool(
            self.draft
            and self.may_write
            and self.is_kept
            and not (self.faults or self.is_behind or self.mine)
            and self.draft.document != self.in_force.document
        )

    @property
    def then(self) -> str:
        """What publishing leads to."""
        if self.needed - self.counted > 1:
            return "Yours is the first of two approvals; nothing changes until a second member approves the same text."
        alone = "The board has one member, who publishes alone; the record says so. " if self.needed == 1 else ""
        return f"{alone}It is in force for the next call, at once. What was decided keeps the charter it was judged by."


def of(draft: CharterDraft | None, reader: Member, on_board: bool, typed: str | None = None) -> Sheet:
    """The sheet of a draft, or of one to be begun, for `reader`; `typed`: what was written on the page and not kept."""
    newest = CharterVersion.objects.latest("version")
    is_open = draft is None or draft.status == DraftStatus.DRAFT
    before = newest if draft is None or is_open else draft.base
    stored = newest.document if draft is None else draft.document
    text = stored if typed is None else typed
    looked_at = review(text)
    changes = differences.between(before.charter, looked_at.charter) if looked_at.charter else []
    counting = approvals(draft) if draft else []
    return Sheet(
        draft=draft,
        text=text,
        seen_hash=draft.shown_hash if draft else "",
        is_kept=text == stored,
        is_open=is_open,
        may_write=is_open and on_board,
        base=draft.base_id if draft else newest.version,
        in_force=newest,
        faults=looked_at.faults,
        warnings=looked_at.warnings,
        changes=[(each, SAID[each.effect]) for each in changes],
        lines=lines_between(before, text),
        approvals=[(each.member.get_username(), when(each.approved_at)) for each in counting],
        mine=any(each.member_id == reader.pk for each in counting),
        needed=charters.members_needed(),
        counted=len(counting),
        verdict=verdict(draft),
    )


def lines_between(before: CharterVersion, text: str) -> str:
    lines = difflib.unified_diff(
        before.document.splitlines(), text.splitlines(), str(before), "this draft", lineterm=""
    )
    return "\n".join(plain(line) for line in lines)


def approvals(draft: CharterDraft) -> list[CharterApproval]:
    """Those that count while it is open; those it was published with once it is closed."""
    given = charters.counting(draft) if draft.closed_at is None else draft.approvals.filter(revision=draft.revision)
    return list(given.select_related("member").order_by("approved_at"))


def verdict(draft: CharterDraft | None) -> str:
    if draft is None or draft.closed_at is None:
        return ""
    if draft.published_as is None:
        return f"Discarded {when(draft.closed_at)}."
    alone = " The board had one member, who published it alone." if len(approvals(draft)) == 1 else ""
    by = draft.published_as.published_by
    return f"Published as charter {draft.published_as_id} by {by}, {when(draft.closed_at)}.{alone}"
