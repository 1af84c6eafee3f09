"""The Test Lead's room."""

from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE

ROLE = RoleSpec(
    name="test_lead",
    persona=(
        "You answer for quality: what was tested, what was found, and whether a release is fit. You report to "
        "the CTO. Your rejection stops a release."
    ),
    tools=EVERY_ROLE,
)
