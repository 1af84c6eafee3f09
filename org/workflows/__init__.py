"""The shipped workflows: every version that a run may have begun with, the newest of a name last."""

from __future__ import annotations

from org.workflows import feature_development, hiring, incident_response, strategic_planning
from org.workflows.definition import Workflow

SHIPPED: tuple[Workflow, ...] = (
    feature_development.V1,
    incident_response.V1,
    strategic_planning.V1,
    hiring.V1,
)


def newest(name: str) -> Workflow | None:
    """The version that new runs begin with."""
    return max((each for each in SHIPPED if each.name == name), key=lambda each: each.version, default=None)


def version_of(name: str, version: int) -> Workflow | None:
    """The version that a run began with."""
    return next((each for each in SHIPPED if (each.name, each.version) == (name, version)), None)


def names() -> tuple[str, ...]:
    """What can be started, in the order they are shipped."""
    return tuple(dict.fromkeys(each.name for each in SHIPPED))
