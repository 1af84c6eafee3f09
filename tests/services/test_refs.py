"""Whatever ref Echo prints, its tools take."""

from __future__ import annotations

from typing import Any

import pytest

from agents.roles import correspondence
from agents.roles.ceo import allocate_budget, escalate_to_board
from agents.roles.decisions import cast_vote, get_decision, propose_decision, resolve_decision, withdraw_decision
from agents.tool import Tool
from org.clock import database_clock
from org.enums import ALL, BoardAnswer, Status
from org.errors import NotFound
from org.models import Decision, Escalation, Message
from org.queries import progress
from org.services import messages
from tests.people import acting, answer, propose, request_revision

pytestmark = pytest.mark.django_db


def before_the_board(**given: Any) -> Escalation:
    return Escalation.objects.get(decision=propose("ceo", 5_000_000, **given))


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        (get_decision, {}),
        (escalate_to_board, {}),
        (resolve_decision, {"approve": True, "rationale": "x"}),
        (cast_vote, {"vote": "approve", "rationale": "x", "confidence": 1}),
        (withdraw_decision, {"reason": "x"}),
    ],
    ids=lambda value: value.name if isinstance(value, Tool) else "",
)
def test_the_ref_of_an_escalation_names_its_decision(tool: Tool, given: dict[str, Any]) -> None:
    matter = before_the_board()
    for text in (matter.ref, matter.ref.lower()):
        told = tool.call(acting("ceo"), {"decision_id": text, **given})
        assert told["ref"] == matter.decision.ref


def test_the_ref_of_an_escalation_names_what_is_revised_and_drawn_on() -> None:
    matter = before_the_board()
    request_revision(matter.decision)
    revised = propose_decision.call(
        acting("ceo"),
        {
            "decision_type": "strategic_initiative",
            "title": "Region",
            "context": "less",
            "amount_usd": 4_000_000,
            "revises": matter.ref,
        },
    )
    assert Decision.objects.get(pk=matter.decision_id).status == Status.WITHDRAWN
    new = Escalation.objects.get(decision_id=revised["decision_id"])
    answer(new.decision, BoardAnswer.APPROVE)
    spent = allocate_budget.call(
        acting("ceo"), {"amount": 1, "department": "IT", "justification": "x", "decision_id": new.ref}
    )
    assert spent["allocated"]


def test_waiting_for_an_escalation_is_waiting_for_its_decision() -> None:
    matter = before_the_board()
    assert progress.of("ceo", matter.ref) == progress.of("ceo", matter.decision.ref)
    answer(matter.decision, BoardAnswer.REJECT, "no")
    assert progress.of("ceo", matter.ref).state == Status.REJECTED


def test_an_escalation_of_a_confidential_decision_is_not_there_for_others() -> None:
    matter = before_the_board(confidential=True)
    for ask in (lambda: progress.of("cto", matter.ref), lambda: get_decision.run(acting("cto"), matter.ref)):
        with pytest.raises(NotFound):
            ask()


def test_a_recipient_is_told_the_state_of_what_it_received_at_once() -> None:
    rows = messages.send(to=ALL, subject="Plans", content="Read", by=acting("ceo"), clock=database_clock)
    ref = rows[0].ref
    told = correspondence.wait_for.call(acting("cto"), {"id": ref})
    assert (told["settled"], told["state"], told["waiting_on"]) == (False, "stored", ["cto"])
    assert told["say"] == f"{ref} from ceo to you is stored."
    assert correspondence.over(correspondence.WaitAnswer(**told))
    messages.acknowledge(message=ref, note="seen", by=acting("cto"), clock=database_clock)
    told = correspondence.wait_for.call(acting("cto"), {"id": ref})
    assert (told["settled"], told["say"]) == (True, f"{ref} from ceo to you is acknowledged (“seen”).")


def test_a_message_between_others_is_not_there() -> None:
    messages.send(to="chro", subject="Plans", content="Read", by=acting("ceo"), clock=database_clock)
    [row] = Message.objects.all()
    with pytest.raises(NotFound, match="message you sent or received"):
        progress.of("cto", row.ref)
