"""What a prompt is about: a decision that is there, or a matter yet to be proposed, with the facts of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from agents.prompts.page import MOST_OF_A_REASON, as_text, call, data, listed, quoted, the
from org import authority, money
from org.authority import Request, Rule, Ruling, Standing
from org.charter import Charter, TypeRow
from org.clock import database_clock
from org.enums import BOARD, ELECTORATE, Mode, StopKind
from org.errors import InvalidInput
from org.models import Decision, Stop
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.queries import votes as ballots

FEW = 5
FROZEN = "Spending is frozen: only the board approves an amount."
SUSPENDED = "The board has suspended you: until it lifts that, you can read and do nothing else."


@dataclass(frozen=True)
class Matter:
    """What is asked, by whom, and who would decide it as the record stands. `title`: empty where it is others' text."""

    request: Request
    kind: TypeRow
    key: str
    ruling: Ruling
    standing: Standing
    title: str = ""


def named(
    charter: Charter,
    role: str,
    decision_id: str | None,
    title: str | None,
    decision_type: str | None,
    amount_usd: Decimal | None,
    mode: Mode | None = None,
) -> Decision | Matter:
    """The decision the arguments name, or the new matter they describe. Raises InvalidInput where they do neither."""
    described = {"title": title, "decision_type": decision_type, "amount_usd": amount_usd}
    if decision_id is not None:
        for name, value in described.items():
            if value is not None:
                raise InvalidInput(name, "the decision named has its own.", "Leave this out, or leave decision_id out.")
        return lookup.readable(decision_id, role, charter)
    if not any(value is not None for value in described.values()):
        known = "Name an open decision, like D-142, or send title and decision_type of a new matter."
        raise InvalidInput("decision_id", "is missing, and no new matter is described.", known)
    if title is None:
        raise InvalidInput("title", "is required for a new matter.", "Say in one line what is to be decided.")
    if decision_type is None:
        raise InvalidInput("decision_type", "is required for a new matter.", f"Send one of {', '.join(charter.types)}.")
    request = Request(role, decision_type, amount_usd, mode)
    kind = authority.admit(charter, request)
    try:
        key = authority.initiative_key(title)
    except InvalidInput as fault:
        raise InvalidInput("title", fault.rule) from None
    return _judged(charter, request, kind, key, title)


def of(decision: Decision, charter: Charter) -> Matter:
    """An open decision as it would be judged now."""
    request = Request(decision.initiator_role, decision.decision_type, decision.amount_usd)
    return _judged(charter, request, charter.kind(decision.decision_type), decision.initiative_key)


def _judged(charter: Charter, request: Request, kind: TypeRow, key: str, title: str = "") -> Matter:
    ruling, standing = standings.judge(charter, request, key, database_clock())
    return Matter(request, kind, key, ruling, standing, title)


def suspended() -> list[str]:
    """The roles that people have suspended."""
    return list(Stop.objects.standing().filter(kind=StopKind.ROLE).values_list("role", flat=True))


def asked(matter: Matter) -> str:
    """What is asked anew, and when the charter lets it expire."""
    days = matter.kind.final_days
    expiry = f" Undecided, it expires {days} days after it is asked." if days else ""
    what = f"{matter.request.decision_type}{_amount(matter.request.amount_usd)}"
    return f"Asked: {what}, titled {quoted(matter.title)}.{expiry}"


def judged(charter: Charter, matter: Matter) -> list[str]:
    """Who decides it now and by which rule, and with an amount its limit, what is used and what is left."""
    ruling, standing, amount = matter.ruling, matter.standing, matter.request.amount_usd
    who = {ELECTORATE: "a vote"}.get(ruling.decider) or the(charter, ruling.decider)
    says = FROZEN if ruling.rule is Rule.FROZEN else ruling.says  # why it is frozen is a person's text
    facts = [f"Proposed now, it is decided by {who}, rule {ruling.rule}. {says}"]
    if amount is None:
        return facts
    bound = ruling.bound
    if bound.limit_usd is not None and bound.remaining_usd is not None:
        facts.append(
            f"Limit of {the(charter, bound.role)}: {money.show(bound.limit_usd)}, used {money.show(bound.used_usd)}, "
            f"left {money.show(bound.remaining_usd)}."
        )
    together = standing.initiative_usd + amount
    facts.append(
        f"Approved under this initiative: {money.show(standing.initiative_usd)}; with this {money.show(together)}."
    )
    if matter.kind.approves_budget:
        left = standing.treasury_left_usd
        facts.append("The board has set no treasury." if left is None else f"Left in the treasury: {money.show(left)}.")
    return facts


def alike(matter: Matter, role: str, charter: Charter, name: str, but: Decision | None = None) -> tuple[str, str]:
    """What is open under the same initiative already, as a fact, and what was approved under similar names, as data."""
    same = [row for row in lookup.of_initiative(matter.key, role, charter, FEW) if but is None or row.pk != but.pk]
    told = ", ".join(f"{row.ref} ({row.status}{_amount(row.amount_usd)})" for row in same)
    similar = standings.similar_initiatives(name) if matter.request.amount_usd is not None else []
    lines = [f"{quoted(key)}: {money.show(total)} approved" for key, total in similar]
    fact = f"Open under the same initiative already: {told}. Do not ask for the same twice." if told else ""
    return fact, listed("initiatives of similar names", "several roles", lines)


def standing_of(decision: Decision, role: str, charter: Charter) -> list[str]:
    """What a decision is and where it stands, and by which rule it was judged when it was asked."""
    what = f"{decision.ref}: {decision.decision_type}{_amount(decision.amount_usd)}"
    asked = f"asked by {the(charter, decision.initiator_role)} on {decision.created_at:%Y-%m-%d}"
    if decision.completed_at is not None:
        by = the(charter, decision.decided_by or "")
        ended = decision.ended(database_clock())
        return [f"{what}, {asked}; {ended} on {decision.completed_at:%Y-%m-%d}, decided by {by}."]
    sealed = decision.is_voting and not lookup.votes(decision, role)  # then who has voted is not the role's to see
    waiting = "its vote" if sealed else " and ".join(decision.waiting_on)
    facts = [
        f"{what}, {asked}; {decision.status}, mode {decision.mode}, waiting on {waiting}{_until(decision.due_at)}."
    ]
    ruling = decision.ruling
    told = f"Judged when it was asked: rule {ruling['rule']}, charter {decision.charter_version_id}"
    if decision.amount_usd is not None and ruling.get("limit_usd") is not None:
        limit, used, left = (shown(ruling[name]) for name in ("limit_usd", "used_usd", "remaining_usd"))
        told += f"; limit {limit} of the {ruling['judged_role']}, {used} approved under the initiative, {left} left"
    facts.append(f"{told}.")
    return [*facts, f"Undecided, it expires at {decision.final_at:%Y-%m-%d %H:%M} UTC."] if decision.final_at else facts


def written_of(decision: Decision, role: str) -> list[str]:
    """All that others wrote about a decision, as data: what was asked, how it was voted, what the board answered."""
    whole = decision.context if isinstance(decision.context, dict) else {"content": decision.context}
    parts = [f"title: {quoted(decision.title)}"]
    if decision.initiative != decision.title:
        parts.append(f"initiative: {quoted(decision.initiative)}")
    parts.append(f"context: {as_text(whole.get('content'))}")
    if whole.get("evidence"):
        parts.append(f"evidence: {as_text(whole['evidence'])}")
    blocks = [data(f"{decision.ref}, title and context", f"the {decision.initiator_role}", "\n".join(parts))]
    votes = [
        f"{vote['role']}: {vote['vote']}, confidence {vote['confidence']:g}, {quoted(vote['rationale'] or '')}"
        for vote in lookup.votes(decision, role)
    ]
    blocks.append(listed(f"{decision.ref}, votes", "the roles named", votes))
    for escalation in decision.escalations.order_by("-opened_at")[:FEW]:
        reason = [quoted(escalation.reason, MOST_OF_A_REASON)] if escalation.reason else []
        blocks.append(listed(f"{escalation.ref}, why it was raised", f"the {escalation.raised_by}", reason))
        answers = escalation.votes.order_by("voted_at").values_list("member__username", "answer", "note")
        notes = [f"{quoted(member)}: {answer}, {quoted(note, MOST_OF_A_REASON)}" for member, answer, note in answers]
        blocks.append(listed(f"{escalation.ref}, answers", "members of the board", notes))
    if decision.outcome is not None:
        why = str(decision.outcome.get("rationale") or "")
        ended = [quoted(why, MOST_OF_A_REASON)] if why else []
        blocks.append(listed(f"{decision.ref}, how it ended", f"the {decision.decided_by}", ended))
    return blocks


def votes_seen(decision: Decision, role: str) -> str:
    """How many votes the role may read and from how many clients they came, as a fact."""
    count = len(lookup.votes(decision, role))
    if not count:
        return ""
    voices = ballots.voices(decision)
    similar = "; ".join(" and ".join(pair) for pair in voices.alike)
    told = (
        f"Votes you may read: {count}, from distinct clients: {voices.clients}, cast within {voices.within_seconds:g} s"
    )
    return f"{told}; rationales that are nearly the same: {similar}." if similar else f"{told}."


def revision(decision: Decision, **more: Any) -> str:
    """The call that replaces a role's own open decision by a better one; its words stand in the data."""
    arguments = lookup.revision(decision)
    words = {name: "…" for name in ("title", "initiative") if name in arguments}
    return f"{call('propose_decision', **arguments | words | more)}, with {' and '.join(words)} as in the data above"


def roles(names: Sequence[str]) -> str:
    return ", ".join(names) or "nobody"


def hours(charter: Charter) -> str:
    """How long whoever is asked has, by urgency."""
    return ", ".join(f"{urgency} {hours} h" for urgency, hours in charter.deadline_hours.items())


def way_up(charter: Charter, role: str) -> str:
    """The reporting line above a role, up to the board."""
    return ", then ".join([*charter.managers(role), f"the {BOARD}"])


def _amount(amount_usd: Decimal | None) -> str:
    return f", {money.show(amount_usd)}" if amount_usd is not None else ""


def shown(recorded: float | None) -> str:
    """US dollars as the record keeps them in JSON."""
    return money.show(Decimal(str(recorded or 0)))


def _until(moment: datetime | None) -> str:
    return f" until {moment:%Y-%m-%d %H:%M} UTC" if moment else ""
