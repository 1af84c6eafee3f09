"""What each kind of database login may do, as data: `manage.py logins` grants exactly this, and tests ask for it.

A table or function that is not listed fails the tests. Rows within a table are row-level security's (org/migrations).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from org.enums import LoginKind

READ = ("SELECT",)
ADD = (*READ, "INSERT")
KEEP = (*ADD, "UPDATE")
OWN = (*KEEP, "DELETE")
NAMES_OF_MEMBERS = ("SELECT (id, username)",)
WHO_IS_ACTIVE = ("SELECT (id, username, is_active)",)

Privileges = tuple[str, ...]


@dataclass(frozen=True)
class Grants:
    """The privileges on one table, by kind of login; none where nothing is said."""

    agent: Privileges = ()
    worker: Privileges = ()
    sweeper: Privileges = ()
    web: Privileges = ()

    def of(self, kind: LoginKind) -> Privileges:
        return {
            LoginKind.AGENT: self.agent,
            LoginKind.WORKER: self.worker,
            LoginKind.SWEEPER: self.sweeper,
            LoginKind.WEB: self.web,
        }[kind]


NOBODY = Grants()
_PAGES_ONLY = Grants(web=READ)
_BALANCES = (*ADD, "UPDATE (balance_usd)")
_ANSWERED = "UPDATE (acknowledged_at, acknowledge_note, settled)"  # offered and read: by agents' own functions
_SUMS = Grants(worker=KEEP, sweeper=KEEP, web=KEEP)

TABLES: Mapping[str, Grants] = {
    # the record
    "decisions": Grants(agent=READ, worker=KEEP, sweeper=(*READ, "UPDATE"), web=KEEP),
    "decision_votes": Grants(agent=READ, worker=KEEP, sweeper=READ, web=READ),
    "escalations": Grants(agent=READ, worker=KEEP, sweeper=KEEP, web=KEEP),
    "board_votes": Grants(agent=READ, worker=READ, sweeper=READ, web=ADD),
    "messages": Grants(
        agent=READ,
        worker=(*ADD, _ANSWERED),
        sweeper=(*ADD, _ANSWERED, "UPDATE (missed_at, expired_at)"),
        web=(*ADD, _ANSWERED, "UPDATE (offered_at, read, read_at)"),
    ),
    "inboxes": Grants(worker=KEEP, sweeper=KEEP, web=KEEP),
    "memories": Grants(agent=READ, worker=KEEP, sweeper=READ, web=READ),
    "memory_revisions": Grants(agent=READ, worker=ADD, sweeper=READ, web=READ),
    "artifacts": Grants(agent=READ, worker=ADD, sweeper=READ, web=READ),
    "agent_status": Grants(agent=READ, worker=READ, sweeper=READ, web=READ),
    "presences": Grants(agent=READ, worker=READ, sweeper=(*READ, "DELETE"), web=READ),
    "briefings": _PAGES_ONLY,
    # money
    "allocations": Grants(worker=ADD, sweeper=READ, web=READ),
    "ledger_accounts": Grants(worker=_BALANCES, sweeper=_BALANCES, web=(*_BALANCES, "UPDATE (bounded)")),
    "ledger_entries": Grants(worker=ADD, sweeper=ADD, web=ADD),
    "locks": _SUMS,
    # work
    "calls": Grants(agent=READ, worker=(*READ, "UPDATE"), sweeper=(*READ, "UPDATE"), web=READ),
    "workflow_runs": Grants(agent=READ, worker=KEEP, sweeper=READ, web=KEEP),
    "workflow_steps": Grants(agent=READ, worker=KEEP, sweeper=(*READ, "UPDATE"), web=KEEP),
    "outbox": Grants(worker=KEEP, sweeper=OWN, web=ADD),
    # the trail; the database itself writes the seals
    "audit": Grants(worker=ADD, sweeper=ADD, web=ADD),
    "audit_seal": Grants(sweeper=READ, web=READ),
    # the rules
    "charter_versions": Grants(agent=READ, worker=READ, sweeper=READ, web=ADD),
    "charter_drafts": Grants(web=KEEP),
    "charter_approvals": Grants(web=ADD),
    "clock_offset": Grants(agent=READ, worker=READ, sweeper=READ, web=READ),
    "logins": NOBODY,
    "turns": NOBODY,
    # what people stopped
    "stops": Grants(agent=READ, worker=READ, sweeper=READ, web=KEEP),
    # people
    "members": Grants(agent=NAMES_OF_MEMBERS, worker=WHO_IS_ACTIVE, sweeper=WHO_IS_ACTIVE, web=KEEP),
    "members_groups": Grants(worker=READ, sweeper=READ, web=OWN),
    "members_user_permissions": Grants(web=OWN),
    "auth_group": Grants(worker=READ, sweeper=READ, web=(*READ, "UPDATE (id)")),  # to lock its rows
    "auth_group_permissions": _PAGES_ONLY,
    "auth_permission": _PAGES_ONLY,
    "django_admin_log": Grants(web=ADD),
    "django_content_type": _PAGES_ONLY,
    "django_migrations": NOBODY,
    "django_session": Grants(web=OWN),
    # signing in
    "axes_accessattempt": Grants(web=OWN),
    "axes_accessattemptexpiration": Grants(web=OWN),
    "axes_accessfailurelog": Grants(web=OWN),
    "axes_accesslog": Grants(web=OWN),
    "otp_static_staticdevice": Grants(web=OWN),
    "otp_static_statictoken": Grants(web=OWN),
    "otp_totp_totpdevice": Grants(web=OWN),
}

_EVERYBODY = tuple(LoginKind)
_PROCESSES = (LoginKind.WORKER, LoginKind.SWEEPER, LoginKind.WEB)
_AGENTS = (LoginKind.AGENT,)
_WORKERS = (LoginKind.WORKER,)

FUNCTIONS: Mapping[str, tuple[LoginKind, ...]] = {
    "echo_now": _EVERYBODY,
    "acting_role": _EVERYBODY,
    "may_read": _EVERYBODY,
    "may_be_read_by": (),  # what `may_read` and `recall` call
    "may_read_decision": _EVERYBODY,
    "may_read_ballots": _EVERYBODY,
    "who_voted": _EVERYBODY,
    "decision_history": _EVERYBODY,
    "client_of": _EVERYBODY,
    "standing_sums": _EVERYBODY,
    "budget_figures": _EVERYBODY,
    "unallocated_since": _EVERYBODY,
    "commitment_figures": _EVERYBODY,
    "open_requests": _EVERYBODY,
    "recall": _EVERYBODY,
    "passages_around": _EVERYBODY,
    "word_frequencies": (),  # what `recall` calls
    "searchable": _PROCESSES,  # the words of what a process writes
    "texts_of": _PROCESSES,
    "memory_words": _PROCESSES,
    "decision_words": _PROCESSES,
    "message_words": _PROCESSES,
    "artifact_words": _PROCESSES,
    "run_words": _PROCESSES,
    "pass_gate": _PROCESSES,
    "close_gates": (LoginKind.WEB,),
    "take_turns": _PROCESSES,
    "bucket": _PROCESSES,
    "hold_sums": _PROCESSES,
    "require_agents_call": _PROCESSES,
    "store_step_call": _PROCESSES,
    "wake_step_of_decision": _PROCESSES,
    "wake_step_of_message": _PROCESSES,
    "renew_leases": (),  # what every stored call does
    "require_cause": _PROCESSES,
    "require_settler": _PROCESSES,
    "require_revision": _WORKERS,
    "require_movement": _PROCESSES,
    "require_revoker": _PROCESSES,
    "require_published": (LoginKind.WEB,),
    "_pgtrigger_should_ignore": _PROCESSES,
    # how agents write
    "store_call": _AGENTS,
    "cancel_call": _AGENTS,
    "forestall_call": _AGENTS,
    "mark_answered": _AGENTS,
    "mark_delivered": _AGENTS,
    "mark_read": _AGENTS,
    "beat": _AGENTS,
    "leave": _AGENTS,
    "note_brief": _AGENTS,
    # how workers do
    "claim_call": _WORKERS,
    "lock_call": _WORKERS,
    "finish_call": _WORKERS,
    "beat_worker": _WORKERS,
    "leave_worker": _WORKERS,
    "take_outbox": _PROCESSES,
    "lose_silent": (LoginKind.SWEEPER,),
    "end_long_transactions": (LoginKind.SWEEPER,),
    "note_call": (),  # what the agents' functions call
    "lock_agent": (),
    "set_agent_status": (),
}
"""By name: no two functions share one."""
