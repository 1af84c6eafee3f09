"""The charter's life: drafted, changed, approved by the board's members, published, in force for the next call."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from org import audit, differences, events, locking, outbox
from org.actors import Actor
from org.acts import Act
from org.changes import Change, state
from org.clock import Clock
from org.enums import BOARD, DraftStatus, LockClass, Urgency
from org.errors import InvalidInput, Refused
from org.models import CharterApproval, CharterDraft, CharterVersion, Decision, Member
from org.models.charters import hash_of
from org.reviews import review
from org.scaling import scaled
from org.services import messages
from org.services.messages import Letter

CHARTER_LOCK = (LockClass.CHARTER, "charter")
SHIPPED_BY = "shipped"  # who published it, as the migrations say
FIRST_START = Actor.clockwork("first start")  # neither a call nor a signed-in person
DRAFTED = ("status", "base_id", "revision", "hash")  # what the audit tells of a draft, before and after
MOST_TOLD = 50  # changes named in the letter to the roles; the rest are in the charter itself
LONGEST_DOCUMENT = 200_000  # characters; the shipped charter has 3,000


@transaction.atomic
def begin(*, document: str, member: Member, clock: Clock) -> CharterDraft:
    """A member begins a draft that is to follow the charter in force. It may still have faults."""
    _require_text(document)
    _hold()
    act = Act.begin(Actor.member(member), clock)
    _require_member(member)
    newest = CharterVersion.objects.latest("version")
    draft = CharterDraft.objects.create(
        document=document, base=newest, author=member, created_at=act.now, updated_at=act.now, status=DraftStatus.DRAFT
    )
    _record(act, "charter.drafted", draft, Change.made(draft, *DRAFTED))
    return draft


@transaction.atomic
def change(*, draft: CharterDraft, document: str, seen_hash: str, member: Member, clock: Clock) -> CharterDraft:
    """Keep a new text of an open draft; approvals of the former one are void.

    Raises Refused when the stored text is not the one the member was shown (`seen_hash`).
    """
    _require_text(document)
    act, draft = _open(draft, member, clock)
    _require_seen(draft, seen_hash)
    if document == draft.document:
        return draft
    was = state(draft, *DRAFTED)
    draft.document, draft.updated_at, draft.revision = document, act.now, draft.revision + 1
    draft.save()
    _record(act, "charter.drafted", draft, Change.since(was, draft))
    return draft


@transaction.atomic
def rebase(*, draft: CharterDraft, seen_hash: str, member: Member, clock: Clock) -> CharterDraft:
    """Let a draft follow the charter in force now. Its text stays; approvals given against the other one are void."""
    act, draft = _open(draft, member, clock)
    _require_seen(draft, seen_hash)
    newest = CharterVersion.objects.latest("version")
    if draft.base_id == newest.version:
        return draft
    was = state(draft, *DRAFTED)
    draft.base, draft.updated_at, draft.revision = newest, act.now, draft.revision + 1
    draft.save()
    _record(act, "charter.drafted", draft, Change.since(was, draft))
    return draft


@transaction.atomic
def discard(*, draft: CharterDraft, seen_hash: str, member: Member, clock: Clock) -> CharterDraft:
    act, draft = _open(draft, member, clock)
    _require_seen(draft, seen_hash)
    was = state(draft, *DRAFTED)
    draft.status, draft.closed_at = DraftStatus.DISCARDED, act.now
    draft.save()
    audit.record(act, "charter.discarded", draft.ref, Change.since(was, draft), document_hash=draft.hash)
    return draft


@transaction.atomic
def approve(*, draft: CharterDraft, seen_hash: str, member: Member, clock: Clock) -> CharterDraft:
    """A member approves exactly the text shown; the last approval needed publishes it, at once in force.

    Raises Refused when the text has changed since, when it has faults or changes nothing, when another charter came
    into force since the draft began, or when the member has approved it already.
    """
    act, draft = _open(draft, member, clock)
    _require_seen(draft, seen_hash)
    newest = CharterVersion.objects.latest("version")
    _require_publishable(draft, newest)
    given = CharterApproval.objects.filter(draft=draft, member=member, revision=draft.revision)
    if given.exists() and approvals_missing(draft):
        raise Refused("answered", "You have approved this text already.", "It waits for a second member.")
    if not given.exists():
        approval = CharterApproval.objects.create(
            draft=draft, member=member, revision=draft.revision, document_hash=draft.hash, approved_at=act.now
        )
        _record(act, "charter.approved", draft, Change.made(approval, "revision", "document_hash"))
    if not approvals_missing(draft):
        _publish(act, draft, newest)
    return draft


def is_as_shipped() -> bool:
    """Whether nobody has chosen a charter or decided anything by one yet."""
    chosen = CharterVersion.objects.exclude(published_by=SHIPPED_BY).exists()
    return not (chosen or CharterDraft.objects.exists() or Decision.objects.exists())


@transaction.atomic
def set_first_limits(*, ceo_limit_usd: Decimal, clock: Clock) -> CharterVersion | None:
    """At the very first start: publish the shipped charter with every limit in proportion to the CEO's.

    None where the organisation has a charter of its own or has decided something: it is the board's to change then.
    """
    _hold()
    act = Act.begin(FIRST_START, clock)
    newest = CharterVersion.objects.latest("version")
    document = scaled(newest.document, ceo_limit_usd)
    if not is_as_shipped() or document == newest.document:
        return None
    first = CharterVersion.objects.create(
        version=newest.version + 1, document=document, published_at=act.now, published_by=FIRST_START.timer
    )
    audit.record(
        act,
        "charter.published",
        f"charter {first.version}",
        _in_force(newest, first),
        base=newest.version,
        document_hash=hash_of(document),
        differences=[each.says for each in differences.between(newest.charter, first.charter)],
    )
    return first


def members_needed() -> int:
    """How many members publish a charter: two, where the board has two."""
    return 2 if Member.board.on_the_board().distinct().count() >= 2 else 1


def approvals_missing(draft: CharterDraft) -> int:
    """How many members must still approve the draft's text as it stands."""
    return max(0, members_needed() - counting(draft).count())


def counting(draft: CharterDraft) -> QuerySet[CharterApproval]:
    """The approvals that count: of the text as it stands, while their members are on the board."""
    members = Member.board.on_the_board()
    return CharterApproval.objects.filter(draft=draft, revision=draft.revision, member__in=members)


def waiting(reader: Member) -> QuerySet[Any]:
    """The open drafts, without their texts: `counted` approvals that count, `mine` of them given by the reader."""
    counts = Q(approvals__revision=F("revision"), approvals__member__in=Member.board.on_the_board())
    return (
        CharterDraft.objects.filter(status=DraftStatus.DRAFT)
        .defer("document")
        .annotate(
            counted=Count("approvals", filter=counts),
            mine=Count("approvals", filter=counts & Q(approvals__member=reader)),
        )
    )


def _publish(act: Act, draft: CharterDraft, newest: CharterVersion) -> None:
    approvals = counting(draft).order_by("approved_at")
    names = [approval.member.get_username() for approval in approvals.select_related("member")]
    version = CharterVersion.objects.create(
        version=newest.version + 1,
        document=draft.document,
        published_at=act.now,
        published_by=" and ".join(names)[:150],
    )
    draft.status, draft.published_as, draft.closed_at = DraftStatus.PUBLISHED, version, act.now
    draft.save()
    _record(
        act,
        "charter.published",
        draft,
        _in_force(newest, version).also(draft.ref, DraftStatus.DRAFT.value, DraftStatus.PUBLISHED.value),
        subject=f"charter {version.version}",
        members=sorted(names),
        sole_member=members_needed() == 1,
    )
    _tell(act, newest, version)


def _tell(act: Act, before: CharterVersion, after: CharterVersion) -> None:
    """Every role of either charter is told what changes, and that it holds from its next call on."""
    changes = [each.says for each in differences.between(before.charter, after.charter)]
    content = {"charter": after.version, "published_by": after.published_by, "changes": changes[:MOST_TOLD]}
    if len(changes) > MOST_TOLD:
        content["more_changes"] = len(changes) - MOST_TOLD
    subject = f"Charter {after.version} is in force"
    roles = dict.fromkeys([*after.charter.roles, *before.charter.roles])
    messages.post(act, [Letter(BOARD, role, subject, content, priority=Urgency.HIGH) for role in roles])
    outbox.put(events.CHANGES, events.changed(events.CHARTER), act.now)


def _in_force(before: CharterVersion, after: CharterVersion) -> Change:
    return Change({"in_force": before.version}, {"in_force": after.version})


def _record(act: Act, action: str, draft: CharterDraft, change: Change, subject: str = "", **more: Any) -> None:
    """Write to the audit what was done, to which text, and what that text changes of the charter it follows."""
    looked_at = review(draft.document)
    changes = differences.between(draft.base.charter, looked_at.charter) if looked_at.charter else []
    audit.record(
        act,
        action,
        subject or draft.ref,
        change,
        draft=draft.pk,
        base=draft.base_id,
        document_hash=draft.hash,
        faults=len(looked_at.faults),
        differences=[difference.says for difference in changes],
        **more,
    )


def _hold() -> None:
    """Charters change one at a time."""
    locking.bound_waits()
    locking.hold([CHARTER_LOCK])


def _open(draft: CharterDraft, member: Member, clock: Clock) -> tuple[Act, CharterDraft]:
    """A member's deed on a draft, which is locked and open."""
    _hold()
    draft = CharterDraft.objects.select_for_update().get(pk=draft.pk)
    act = Act.begin(Actor.member(member), clock)
    _require_member(member)
    if draft.status != DraftStatus.DRAFT:
        raise Refused("closed", f"This draft is {draft.status} already.", "Begin a new draft.")
    return act, draft


def _require_member(member: Member) -> None:
    if not Member.board.on_the_board().filter(pk=member.pk).exists():
        raise Refused("not_on_the_board", "Only active members of the board change the charter.", "Ask one of them.")


def _require_text(document: str) -> None:
    if "\0" in document or len(document) > LONGEST_DOCUMENT:
        raise InvalidInput(
            "document", f"it is no text of at most {LONGEST_DOCUMENT:,} characters.", "Shorten it and save again."
        )


def _require_seen(draft: CharterDraft, seen_hash: str) -> None:
    if seen_hash != draft.shown_hash:
        raise Refused("content_changed", "The draft is not what you were shown any more.", "Read it again, then do it.")


def _require_publishable(draft: CharterDraft, newest: CharterVersion) -> None:
    if draft.base_id != newest.version:
        raise Refused(
            "not_in_force",
            f"Charter {newest.version} came into force since, and this draft changes charter {draft.base_id}.",
            f"Rebase it on charter {newest.version}, read what it changes of that, then publish.",
        )
    looked_at = review(draft.document)
    if looked_at.faults:
        raise Refused("faults", f"It has faults. {looked_at.faults[0]}", "Mend and save it, then publish.")
    if hash_of(newest.document) == draft.hash:
        raise Refused("nothing_changes", f"It is charter {newest.version}, word for word.", "Change something first.")
