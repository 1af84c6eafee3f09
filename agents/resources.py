"""`echo://` resources: what a client can read without calling a tool. Reading marks nothing as read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from agents.receipts import mark_delivered
from agents.roles.decisions import get_decision
from agents.roles.memory import whole_memory
from org.actors import Actor
from org.errors import OrgError
from org.legible import plain_json
from org.models import CharterVersion, Message
from org.queries import inbox, recall

JSON = "application/json"
INBOX, CHARTER = "echo://inbox", "echo://charter"
DECISION, MEMORY = "echo://decisions/", "echo://memories/"
INBOX_ROWS = 20

_RESOURCES = [
    Resource(uri=INBOX, name="inbox", description="The newest messages to this role.", mime_type=JSON),
    Resource(uri=CHARTER, name="charter", description="The charter in force.", mime_type="application/toml"),
]
TEMPLATES = [
    ResourceTemplate(
        uri_template=DECISION + "{id}", name="decision", description="One decision, by ref.", mime_type=JSON
    ),
    ResourceTemplate(
        uri_template=MEMORY + "{key}", name="memory", description="What is known under a key.", mime_type=JSON
    ),
]


async def list_resources(ctx: Any, params: Any) -> ListResourcesResult:
    return ListResourcesResult(resources=_RESOURCES)


async def list_templates(ctx: Any, params: Any) -> ListResourceTemplatesResult:
    return ListResourceTemplatesResult(resource_templates=TEMPLATES)


def read(uri: str, role: str) -> ReadResourceResult:
    """The text of one resource as the role may read it."""
    if uri == CHARTER:
        document = CharterVersion.objects.order_by("-version").values_list("document", flat=True)[0]
        return _text(uri, document, "application/toml")
    if uri == INBOX:
        return _json(uri, _inbox(role))
    try:
        if uri.startswith(DECISION):
            return _json(uri, get_decision.run(Actor(role), uri.removeprefix(DECISION)).model_dump(mode="json"))
        if uri.startswith(MEMORY):
            return _json(uri, whole_memory(recall.memory(unquote(uri.removeprefix(MEMORY)), "key")))
    except OrgError as error:
        raise MCPError(code=INVALID_PARAMS, message=str(error), data={"uri": uri}) from None
    raise MCPError(code=INVALID_PARAMS, message=f"No resource {uri[:200]}.", data={"uri": uri})


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


def _json(uri: str, value: Any) -> ReadResourceResult:
    return _text(uri, json.dumps(plain_json(value), ensure_ascii=False), JSON)


def _text(uri: str, text: str, mime_type: str) -> ReadResourceResult:
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, text=text, mime_type=mime_type)])
