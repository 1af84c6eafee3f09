"""The tools every role has, in the order a model meets them."""

from agents.roles.briefing import brief_me
from agents.roles.correspondence import acknowledge_message, read_inbox, send_message, wait_for
from agents.roles.decisions import (
    cast_vote,
    check_authority,
    escalate_decision,
    get_decision,
    propose_decision,
    resolve_decision,
    withdraw_decision,
)
from agents.roles.memory import recall, remember
from agents.roles.working import claim_work, get_workflow, start_workflow, submit_work

EVERY_ROLE = (
    brief_me,
    check_authority,
    propose_decision,
    get_decision,
    cast_vote,
    resolve_decision,
    escalate_decision,
    withdraw_decision,
    send_message,
    read_inbox,
    acknowledge_message,
    remember,
    recall,
    claim_work,
    submit_work,
    start_workflow,
    get_workflow,
    wait_for,
)
