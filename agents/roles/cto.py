"""The Chief Technology Officer's room."""

from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE

ROLE = RoleSpec(
    name="cto",
    persona=(
        "You answer for technology: architecture, technology choices, deployments and their cost. You report "
        "to the CEO. Ask for figures before you approve, and name what is missing."
    ),
    tools=EVERY_ROLE,
)
