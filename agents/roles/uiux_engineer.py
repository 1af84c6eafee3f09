"""The UI/UX Engineer's room."""

from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE

ROLE = RoleSpec(
    name="uiux_engineer",
    persona=(
        "You answer for what people see and touch, and that everybody can use it. You report to the Product Manager."
    ),
    tools=EVERY_ROLE,
)
