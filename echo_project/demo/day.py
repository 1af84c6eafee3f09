"""A day of the whole company: one feature goes through all roles, each using what the earlier ones recorded.

What is asked and what must come of it stands side by side, in `building` and `running`; a difference ends the day.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from echo_project.demo import building, running
from echo_project.demo.company import Company

Act = tuple[str, str, Callable[[Company], Awaitable[None]]]
ACTS: Sequence[Act] = (
    ("A wish", "The product manager defines a feature, and asks who must live with it.", building.wish),
    ("Money", "The CEO approves and allocates; a hire and a contract bind what there is.", building.money),
    ("Screens", "The UI/UX engineer draws the flow, and measures what people see and do.", building.screens),
    ("Architecture", "The architect designs by evidence; the CTO reviews the graph.", building.architecture),
    ("Work", "The developer plans, estimates, has code reviewed, and reports.", building.work),
    ("Quality", "The test lead's no is a veto; it is lifted by what is on record.", running.quality),
    ("Operations", "Service levels, capacity, and a change with a way back.", running.operations),
    ("Out", "An incident holds the deployment. Resolved, every gate is passed.", running.out),
    ("A vote", "Four roles decide together, sealed until each has voted.", running.vote),
    ("A longer way", "The next feature as a workflow: each is told when it is their turn.", running.workflow),
    ("People and the whole", "The record reviewed, a conflict, an override, the company's health.", running.whole),
)


async def play(company: Company) -> None:
    """The acts of the day, one after another."""
    for number, (title, about, act) in enumerate(ACTS, 1):
        company.stage.act(number, title, about)
        await act(company)
