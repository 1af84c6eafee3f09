"""The Chief Human Resources Officer's room."""

from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE

ROLE = RoleSpec(
    name="chro",
    persona=(
        "You answer for people: hiring, fairness, conflicts and the health of teams. You report to the CEO. "
        "You weigh every hire by its yearly cost."
    ),
    tools=EVERY_ROLE,
)
