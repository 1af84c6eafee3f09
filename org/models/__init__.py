"""The records: fields, constraints and filters. Integrity that matters is a constraint or a trigger of the database."""

from org.models.artifacts import Artifact
from org.models.audit import AuditRecord, AuditSeal
from org.models.budgets import Allocation, LedgerAccount, LedgerEntry
from org.models.calls import Call
from org.models.charters import CharterApproval, CharterDraft, CharterVersion
from org.models.decisions import Decision
from org.models.escalations import BoardVote, Escalation
from org.models.locks import Lock, Login, Turn
from org.models.members import AUDITOR_GROUP, BOARD_GROUP, GROUPS, OPERATOR_GROUP, Member
from org.models.memories import Memory, MemoryRevision
from org.models.messages import Inbox, Message
from org.models.outbox import OutboxEvent
from org.models.status import AgentStatus, Briefing, Presence
from org.models.stops import Stop
from org.models.votes import DecisionVote
from org.models.workflows import Run, RunStep

__all__ = [
    "AUDITOR_GROUP",
    "BOARD_GROUP",
    "GROUPS",
    "OPERATOR_GROUP",
    "AgentStatus",
    "Allocation",
    "Artifact",
    "AuditRecord",
    "AuditSeal",
    "BoardVote",
    "Briefing",
    "Call",
    "CharterApproval",
    "CharterDraft",
    "CharterVersion",
    "Decision",
    "DecisionVote",
    "Escalation",
    "Inbox",
    "LedgerAccount",
    "LedgerEntry",
    "Lock",
    "Login",
    "Member",
    "Memory",
    "MemoryRevision",
    "Message",
    "OutboxEvent",
    "Presence",
    "Run",
    "RunStep",
    "Stop",
    "Turn",
]
