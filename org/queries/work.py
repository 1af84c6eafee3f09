"""What the record says of a run's values, and the work that waits for a role."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q

from org import money, names, refs
from org.clock import database_clock
from org.enums import MOVING_RUNS, Status
from org.errors import InvalidInput, NotFound
from org.legible import quoted
from org.models import Artifact, Decision, RunStep
from org.queries import artifacts
from org.workflows.fields import Fields, Usd
from org.workflows.recorded import Decided, Made
from org.workflows.references import Ref, filled

Known = Mapping[str, Mapping[str, Any]]


def held_to_record(fields: Fields, values: Mapping[str, Any], where: str, known: Known) -> dict[str, Any]:
    """What the record tells beside the values, once every ref among them is of what its field asks for and no amount is
    over what is `known`. Raises NotFound or InvalidInput naming the field.
    """
    told: dict[str, Any] = {}
    for name, field in fields.items():
        value, at = values.get(name), f"{where}.{name}"
        if value is None:
            continue
        if isinstance(field, Made):
            made = _made(field, str(value), at, known)
            told |= {each: _part(made.content, path) for each, path in field.tells.items()}
        elif isinstance(field, Decided):
            decision = _decided(field, str(value), at, values, known)
            told |= {each: _said(decision, what) for each, what in field.tells.items()}
        elif isinstance(field, Usd) and field.at_most:
            _require_at_most(money.parse(value), field.at_most, at, known)
    return told


def _made(field: Made, ref: str, at: str, known: Known) -> Artifact:
    found = Artifact.objects.filter(number=refs.number(ref, "F") or 0).first()
    if found is None:
        newest = Artifact.objects.of(field.kind).newest_first()[:3]
        raise NotFound(at, ref, [row.ref for row in newest], f"Make one first: {field.says}")
    if found.kind != field.kind:
        raise InvalidInput(at, f"{found.ref} is a {found.kind}, not a {field.kind}.", field.says)
    if field.name and found.key != names.normalize(wanted := _word(field.name, known)):
        raise InvalidInput(at, f"{found.ref} is {quoted(found.name)}, not {quoted(wanted)}.", field.says)
    if field.feature and found.feature != (wanted := _feature(field.feature, known)):
        whose = f"for the feature {quoted(found.feature)}" if found.feature else "for no feature"
        raise InvalidInput(at, f"{found.ref} is {whose}, not {quoted(wanted)}.", f"Name it as `feature`: {field.says}")
    if field.release and found.release != (wanted := artifacts.release_key(_word(field.release, known))):
        whose = f"for the release {quoted(found.release)}" if found.release else "for no release"
        raise InvalidInput(at, f"{found.ref} is {whose}, not {quoted(wanted)}.", field.says)
    stands = artifacts.newest(field.kind, key=found.key, feature=found.feature, release=found.release)
    if stands and stands != found:
        raise InvalidInput(at, f"{stands.ref} has taken the place of {found.ref}.", f"Submit {stands.ref}.")
    return found


def _decided(field: Decided, ref: str, at: str, values: Mapping[str, Any], known: Known) -> Decision:
    found = Decision.objects.filter(number=refs.number(ref, "D") or 0).first()
    if found is None:
        newest = Decision.objects.filter(decision_type=field.type).order_by("-created_at")[:3]
        raise NotFound(at, ref, [row.ref for row in newest], field.says)
    if found.decision_type != field.type:
        raise InvalidInput(at, f"{found.ref} is of type {found.decision_type}, not {field.type}.", field.says)
    _require_status(field, found, at, values)
    made = Artifact.objects.filter(decision=found)
    if field.feature and not made.filter(feature=(wanted := _feature(field.feature, known))).exists():
        raise InvalidInput(at, f"{found.ref} decides nothing that was made for {quoted(wanted)}.", field.says)
    if field.release and not made.filter(release=artifacts.release_key(_word(field.release, known))).exists():
        raise InvalidInput(at, f"{found.ref} is not on the release {quoted(_word(field.release, known))}.", field.says)
    amount = found.amount_usd or Decimal(0)
    if field.at_most:
        _require_at_most(amount, field.at_most, at, known)
    if field.covers and amount < (least := money.parse(_value(field.covers, known) or 0)):
        rule = f"{found.ref} is on {money.show(amount)}, less than the {money.show(least)} it is for."
        raise InvalidInput(at, rule, f"Have the whole amount decided. {field.says}")
    return found


def _require_status(field: Decided, found: Decision, at: str, values: Mapping[str, Any]) -> None:
    """Raises InvalidInput where a decision is not as far as it has to be, or not as its field says beside it."""
    if isinstance(field.approved, tuple):
        beside, value = field.approved
        must, why = values.get(beside) == value, f", so {beside} is not {quoted(value)}"
    else:
        must, why = field.approved, ""
    waits = f"wait_for {{id: {found.ref}}} tells when it is settled."
    if must and not (found.status == Status.APPROVED and found.holds(database_clock())):
        anew = f"Have it decided anew, and submit that; get_decision {{decision_id: {found.ref}}} tells why."
        then = anew if found.is_settled else waits
        raise InvalidInput(at, f"{found.ref} is {found.status}, and no approval that holds{why}.", then)
    if field.settled and not found.is_settled:
        raise InvalidInput(at, f"{found.ref} is {found.status}, and not decided yet.", waits)


def _require_at_most(amount: Any, ref: str, at: str, known: Known) -> None:
    most = _value(ref, known)
    if most is not None and amount > money.parse(most):
        rule = f"{money.show(amount)} is more than the {money.show(money.parse(most))} of {ref}."
        raise InvalidInput(at, rule, "Stay within it; who started the run can begin another for more.")


def _value(ref: str, known: Known) -> Any:
    return filled(Ref(ref), known)


def _word(ref: str, known: Known) -> str:
    return str(_value(ref, known) or "")


def _feature(ref: str, known: Known) -> str:
    """The key of the feature that a value names, by its name or by the ref of anything made for it."""
    word = _word(ref, known)
    return artifacts.named(word).feature if refs.number(word, "F") is not None else names.normalize(word)


def _part(content: Mapping[str, Any], path: str) -> Any:
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _said(decision: Decision, what: str) -> Any:
    """What the record says of a decision."""
    match what:
        case "approved":
            return decision.status == Status.APPROVED
        case "amount_usd":
            return None if decision.amount_usd is None else money.number(decision.amount_usd)
        case _:
            return str(decision.status)


def waiting(role: str) -> Q:
    """The work that a role may claim: its own, and what was raised to it."""
    return Q(kind="work", finished_at__isnull=True, run__status__in=MOVING_RUNS) & (Q(role=role) | Q(raised_to=role))


def line(row: RunStep) -> dict[str, Any]:
    """Work as a brief tells of it."""
    return {"ref": row.ref, "run": row.run.ref, "step": row.key, "status": str(row.status), "do": "claim_work"}


def of_role(role: str, most: int) -> list[RunStep]:
    """The oldest work that waits for a role or is held by it."""
    return list(RunStep.objects.filter(waiting(role)).select_related("run").order_by("opened_at", "number")[:most])
