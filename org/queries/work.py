"""What of a run's values stands in the record, and the work that waits for a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from org import refs
from org.clock import database_clock
from org.enums import MOVING_RUNS, Status
from org.errors import InvalidInput, NotFound
from org.models import Artifact, Decision, RunStep
from org.workflows.fields import Decided, Fields, Made


def require_on_record(fields: Fields, values: Mapping[str, Any], where: str) -> None:
    """Every ref among the values is of what its field asks for. Raises NotFound or InvalidInput naming the field."""
    for name, field in fields.items():
        value = values.get(name)
        if value is None:
            continue
        if isinstance(field, Made):
            _require_made(field, str(value), f"{where}.{name}")
        elif isinstance(field, Decided):
            _require_decided(field, str(value), f"{where}.{name}")


def _require_made(field: Made, ref: str, name: str) -> None:
    found = Artifact.objects.filter(number=refs.number(ref, "F") or 0).first()
    if found is None:
        newest = Artifact.objects.of(field.kind).newest_first()[:3]
        raise NotFound(name, ref, [row.ref for row in newest], f"Make one first: {field.says}")
    if found.kind != field.kind:
        raise InvalidInput(name, f"{found.ref} is a {found.kind}, not a {field.kind}.", field.says)


def _require_decided(field: Decided, ref: str, name: str) -> None:
    found = Decision.objects.filter(number=refs.number(ref, "D") or 0).first()
    if found is None:
        newest = Decision.objects.filter(decision_type=field.type).order_by("-created_at")[:3]
        raise NotFound(name, ref, [row.ref for row in newest], field.says)
    if found.decision_type != field.type:
        raise InvalidInput(name, f"{found.ref} is of type {found.decision_type}, not {field.type}.", field.says)
    if field.approved and not (found.status == Status.APPROVED and found.holds(database_clock())):
        raise InvalidInput(
            name,
            f"{found.ref} is {found.status}, and no approval that holds.",
            f"Have it decided anew, and submit that; get_decision {{decision_id: {found.ref}}} tells why."
            if found.is_settled
            else f"wait_for {{id: {found.ref}}} tells when it is settled.",
        )


def waiting(role: str) -> Q:
    """The work that a role may claim: its own, and what was raised to it."""
    return Q(kind="work", finished_at__isnull=True, run__status__in=MOVING_RUNS) & (Q(role=role) | Q(raised_to=role))


def line(row: RunStep) -> dict[str, Any]:
    """Work as a brief tells of it."""
    return {"ref": row.ref, "run": row.run.ref, "step": row.key, "status": str(row.status), "do": "claim_work"}


def of_role(role: str, most: int) -> list[RunStep]:
    """The oldest work that waits for a role or is held by it."""
    return list(RunStep.objects.filter(waiting(role)).select_related("run").order_by("opened_at", "number")[:most])
