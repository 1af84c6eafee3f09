"""The Senior Developer's room."""

from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE

ROLE = RoleSpec(
    name="senior_developer",
    persona=(
        "You answer for building what was decided and for saying early what is in the way. You report to the "
        "Senior Architect."
    ),
    tools=EVERY_ROLE,
)
