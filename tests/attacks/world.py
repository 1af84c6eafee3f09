"""The organisation under attack, and its front doors: MCP over stdio, the board's pages, Redis, SQL by login."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
from celery import Celery
from django.conf import settings

from echo_project.settings import broker_url
from org.charter import SHIPPED
from org.credentials import Folder
from org.enums import CallStatus
from org.models import Call, Decision, Escalation, Member
from tests.clients.raw import RawClient, ToolResult
from tests.people import board_member, publish_charter
from tests.services.boardroom import Visitor
from tests.stack import Organisation, wait_until

NOT_REFUSED = "it was not refused"
_numbers = itertools.count(1)


class World:
    """One organisation for all attacks; each plays forty days after the one before, so that no window is shared."""

    def __init__(self, organisation: Organisation, leaving: ExitStack) -> None:
        self.organisation = organisation
        [self.worker] = organisation.processes
        self._leaving = leaving
        self._clients: dict[str, RawClient] = {}
        self._after: list[Callable[[], object]] = []

    # MCP over stdio

    def client(self, role: str) -> RawClient:
        if role not in self._clients:
            self._clients[role] = self.open_client(role)
        return self._clients[role]

    def open_client(self, role: str, env: dict[str, str] | None = None, name: str = "raw") -> RawClient:
        """A client of its own; `name`: what it calls itself."""
        command = self.organisation.client_command(role)
        opened = RawClient.start(command, {**self.organisation.env, **(env or {})}, timeout=60)
        self._leaving.enter_context(opened)
        who = {"name": name, "version": "1"}
        opened.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": who})
        opened.notify("notifications/initialized")
        return opened

    def told(self, role: str, tool: str, /, **arguments: Any) -> str:
        """What a role's tool says."""
        return heard(self.client(role).call(tool, **arguments))

    def done(self, role: str, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """An honest call that must work; its answer."""
        answer = self.client(role).call(tool, **arguments)
        assert not answer.is_error, answer.text
        return dict(answer.structured)

    def initiative(self, amount: float, name: str = "", **given: Any) -> str:
        """What the CEO is told who approves an initiative."""
        wanted = {"initiative": name or fresh("Initiative"), "business_value": "growth", **given}
        return self.told("ceo", "approve_strategic_initiative", budget=amount, idempotency_key=fresh("key"), **wanted)

    def approved(self, amount: float, name: str = "", role: str = "ceo", **given: Any) -> str:
        """The ref of a decision that a role takes within its limits."""
        wanted = {"decision_type": "budget_allocation", "context": "growth", **given}
        title = name or fresh("Matter")
        answer = self.done(role, "propose_decision", title=title, amount_usd=amount, **wanted)
        assert answer["status"] == "approved", answer["say"]
        return str(answer["ref"])

    def proposed(self, role: str, **given: Any) -> str:
        """The ref of a decision that waits for somebody."""
        wanted = {"decision_type": "budget_allocation", "title": fresh("Matter"), "context": "growth", **given}
        answer = self.done(role, "propose_decision", **wanted)
        assert answer["status"] != "approved", answer["say"]
        return str(answer["ref"])

    # The board's pages

    def visitor(self, **given: Any) -> Visitor:
        """A new member of the board, signed in."""
        return Visitor(board_member(), **given)

    def person(self, **given: Any) -> Member:
        """Somebody who is not on the board."""
        member = board_member()
        member.groups.clear()
        Member.objects.filter(pk=member.pk).update(**given)
        return Member.objects.get(pk=member.pk)

    def before_the_board(self, amount: float = 5_000_000, name: str = "", **given: Any) -> Escalation:
        """A request of the CEO's that waits for the board."""
        ref = self.proposed("ceo", amount_usd=amount, title=name or fresh("Matter"), **given)
        return Escalation.objects.get(decision=decision(ref), closed_at__isnull=True)

    # Redis

    def ring(self, task: str = "tasks.tools.answer_calls", args: Any = ("ceo",), **given: Any) -> None:
        """A Celery message into the queue of the CEO, from whoever can write to Redis."""
        app = Celery("forger", broker=broker_url(self.organisation.redis_url), set_as_current=False)
        app.conf.broker_transport_options = {"global_keyprefix": settings.BROKER_KEY_PREFIX}
        app.send_task(task, args=list(args), queue="ceo", ignore_result=True, **given)
        app.close()

    def worker_says(self, after: int, what: str) -> str:
        """What the worker has written to its log since it held `after` characters, once `what` is among it."""
        wait_until(lambda: what in self.worker.output()[after:], 30, f"{what!r} in the worker's log")
        return self.worker.output()[after:]

    # SQL

    def sql(self, login: str, *statements: str) -> str:
        """What PostgreSQL says to a login; what it does not refuse is rolled back and told as such."""
        with self.signed_in(login) as connection:
            try:
                for statement in statements:
                    connection.execute(statement)  # type: ignore[arg-type]
                connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except psycopg.Error as refusal:
                return str(refusal)
            finally:
                connection.rollback()
        return NOT_REFUSED

    def signed_in(self, login: str) -> psycopg.Connection[Any]:
        held = Folder.configured().read(login)
        assert held is not None, login
        sockets = str(self.organisation.servers.home.sockets)
        return psycopg.connect(
            dbname=self.organisation.database, host=sockets, user=held.name, password=held.password, connect_timeout=10
        )

    def smuggled(self, login: str, tool: str, arguments: Any, *, role: str = "", effect: str = "creates") -> str:
        """What becomes of a call that a login stores by itself, past its server; `role`: for whom it says it is."""
        with self.signed_in(login) as connection:
            row = connection.execute(
                "SELECT call_id FROM store_call(%s, %s, %s, %s, %s::jsonb, %s, '{}')",
                [uuid.uuid4(), role or login, tool, effect, json.dumps(arguments), fresh("key")],
            ).fetchone()
        assert row is not None
        return self.answered(row[0])

    def answered(self, call_id: uuid.UUID) -> str:
        """What a stored call was answered; the worker is rung for it by a call of the same role."""
        call = Call.objects.get(pk=call_id)
        self.told(call.role, "withdraw_decision", decision_id="D-0", reason="a ring")
        over = (CallStatus.DONE, CallStatus.FAILED, CallStatus.CANCELLED)
        wait_until(lambda: Call.objects.filter(pk=call_id, status__in=over).exists(), 30, f"an answer to {call.ref}")
        result = Call.objects.get(pk=call_id).result or {}
        answer = result.get("answer") or {}
        return f"{result.get('error', '')}{answer.get('say', '')} acted as {answer.get('acted_as', call.role)}"

    # Law

    def charter(self, old: str, new: str) -> None:
        """Publish the shipped charter with one passage changed, until the attack is over."""
        text = SHIPPED.read_text()
        assert text.count(old) == 1, old
        publish_charter(text.replace(old, new))
        self.afterwards(lambda: publish_charter(text))

    def afterwards(self, deed: Callable[[], object]) -> None:
        """Put something right once the attack is over."""
        self._after.append(deed)

    def put_right(self) -> None:
        while self._after:
            self._after.pop()()


def fresh(what: str) -> str:
    return f"{what} {next(_numbers)}"


def decision(ref: str) -> Decision:
    return Decision.objects.get(number=int(ref.removeprefix("D-")))


def heard(answer: ToolResult) -> str:
    """What a client reads of an answer: its sentence, and the rule where a rule spoke."""
    told = answer.structured or {}
    if answer.is_error or "say" not in told:
        return answer.text
    return f"{told['say']} [{(told.get('basis') or {}).get('rule', '')}] {told.get('status', '')}"
