"""`echo://` resources: what a client can read without calling a tool. Reading marks nothing as read."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import unquote

from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from agents.receipts import mark_delivered
from agents.roles.decisions import get_decision
from agents.roles.recalled import whole_memory
from agents.roles.working import get_workflow
from agents.selection import Selection
from agents.wakeups import mail_of
from org import events, refs
from org.actors import Actor
from org.errors import OrgError
from org.legible import plain_json
from org.models import CharterVersion, Message
from org.names import normalize
from org.queries import inbox, presence, recall

JSON, TOML = "application/json", "application/toml"
INBOX, CHARTER, STATUS = "echo://inbox", "echo://charter", "echo://status"
DECISION, MEMORY, RUN = "echo://decisions/", "echo://memories/", "echo://workflows/"
INBOX_ROWS = 20


def listed(selection: Selection) -> list[Resource]:
    """The resources that are always there."""
    what = "The newest messages to this role."
    inboxes = [
        Resource(uri=uri, name=name, description=what, mime_type=JSON) for name, uri in selection.own("inbox", INBOX)
    ]
    charter = Resource(uri=CHARTER, name="charter", description="The charter in force.", mime_type=TOML)
    status = Resource(uri=STATUS, name="status", description="Which roles and workers are there.", mime_type=JSON)
    return [*inboxes, charter, status]


def templates(selection: Selection) -> list[ResourceTemplate]:
    """The resources that are named by what they are about."""
    decision, memory, run = selection.own_template(DECISION + "{id}"), MEMORY + "{key}", RUN + "{run_id}"
    return [
        ResourceTemplate(uri_template=decision, name="decision", description="One decision, by ref.", mime_type=JSON),
        ResourceTemplate(uri_template=run, name="workflow", description="A run, by its ref.", mime_type=JSON),
        ResourceTemplate(uri_template=memory, name="memory", description="What is known under a key.", mime_type=JSON),
    ]


def read(uri: str, role: str, asked: str = "") -> ReadResourceResult:
    """The text of one resource as the role may read it; `asked`: the address it was asked by, where that is another."""
    asked = asked or uri
    if uri == CHARTER:
        document = CharterVersion.objects.order_by("-version").values_list("document", flat=True)[0]
        return _text(asked, document, TOML)
    if uri == INBOX:
        return _json(asked, _inbox(role))
    if uri == STATUS:
        return _json(asked, presence.organisation(CharterVersion.objects.in_force()))
    try:
        if uri.startswith(DECISION):
            return _json(asked, get_decision.run(Actor(role), uri.removeprefix(DECISION)).model_dump(mode="json"))
        if uri.startswith(RUN):
            return _json(asked, get_workflow.run(Actor(role), uri.removeprefix(RUN)).model_dump(mode="json"))
        if uri.startswith(MEMORY):
            return _json(asked, whole_memory(recall.memory(unquote(uri.removeprefix(MEMORY)), "key")))
    except OrgError as error:
        raise MCPError(code=INVALID_PARAMS, message=str(error), data={"uri": asked}) from None
    raise MCPError(code=INVALID_PARAMS, message=f"No resource {asked[:200]}.", data={"uri": asked})


def woken_by(uri: str, role: str) -> list[str]:
    """The names under which Redis tells that a resource may have changed."""
    if uri == INBOX:
        return [mail_of(role)]
    if uri == CHARTER:
        return [events.CHARTER]
    if uri == STATUS:
        return [events.AGENTS_STATUS]
    if uri.startswith(MEMORY):
        return [events.name_of_memory(normalize(unquote(uri.removeprefix(MEMORY))))]
    if uri.startswith(RUN):
        named = uri.removeprefix(RUN)
        number = refs.number(named, "R")
        return [f"R-{number}" if number is not None else named.lower()]
    named = uri.removeprefix(DECISION)
    number = refs.number(named, "D")
    return [f"D-{number}" if number is not None else named.lower()]


def mark(uri: str, role: str) -> str:
    """What differs when a resource does. Raises what `read` does; marks nothing."""
    if uri == INBOX:
        return str(inbox.newest(role))
    if uri == STATUS:
        return _digest(json.dumps(presence.lasting(CharterVersion.objects.in_force())))
    [contents] = read(uri, role).contents
    assert isinstance(contents, TextResourceContents)
    return _digest(contents.text)


def note_told(uri: str, role: str, before: str) -> None:
    """A client was told that a resource is no longer what it was at the mark `before`: new mail is offered to it."""
    if uri == INBOX:
        mark_delivered(role, [each.number for each in inbox.arrived(role, int(before))])


def _inbox(role: str) -> dict[str, Any]:
    rows = list(Message.objects.inbox(role).order_by("-position")[:INBOX_ROWS])
    shown = inbox.counts(role) | {
        "messages": [
            {"ref": row.ref, "from": row.from_role, "type": row.type, "subject": row.subject, "content": row.content}
            for row in rows
        ]
    }
    mark_delivered(role, [row.number for row in rows])
    return shown


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _json(uri: str, value: Any) -> ReadResourceResult:
    return _text(uri, json.dumps(plain_json(value), ensure_ascii=False), JSON)


def _text(uri: str, text: str, mime_type: str) -> ReadResourceResult:
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, text=text, mime_type=mime_type)])
