"""Offering a person a page to open, on clients that can (URL elicitation)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import CallToolRequestParams, ElicitRequest, ElicitRequestURLParams, InputRequiredResult
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

logger = logging.getLogger(__name__)

OFFER = "board_page"
MESSAGE = "This decision waits for the board. Open its page?"

_offers: set[asyncio.Task[Any]] = set()


def offer(
    ctx: ServerRequestContext[Any], params: CallToolRequestParams, url: str, state: str
) -> InputRequiredResult | None:
    """Offer the page at `url` to the person at the client.

    A client of the newest protocol is answered with the request for it (returned) and repeats its call with `state`
    once the person has reacted; an older one is asked beside the answer, which does not wait for the person.
    """
    capabilities = ctx.session.client_capabilities
    if not (capabilities and capabilities.elicitation and capabilities.elicitation.url is not None):
        return None
    if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
        if params.input_responses is not None:
            return None
        question = ElicitRequest(params=ElicitRequestURLParams(message=MESSAGE, url=url))
        return InputRequiredResult(input_requests={OFFER: question}, request_state=state)
    if ctx.session.can_send_request:
        task = asyncio.create_task(_ask(ctx, url))
        _offers.add(task)
        task.add_done_callback(_offers.discard)
    return None


async def _ask(ctx: ServerRequestContext[Any], url: str) -> None:
    try:
        await ctx.session.elicit_url(MESSAGE, url, elicitation_id=url)
    except Exception as error:  # the answer is on its way already; an offer nobody takes changes nothing
        logger.info("The offer of %s came to nothing: %s", url, error)
