"""Which answers the wire calls written: those that are in the client's pipe, whole."""

from __future__ import annotations

import asyncio
import os

from mcp.shared.message import SessionMessage
from mcp.types import ErrorData, JSONRPCError, JSONRPCNotification, JSONRPCResponse

from agents.wire_streams import InFlight, Writer


async def send(output: int, *messages: JSONRPCResponse | JSONRPCError | JSONRPCNotification) -> list[int | str]:
    answered: list[int | str] = []
    writer = Writer(output, InFlight(), stall_seconds=0.1, on_broken=lambda: None, on_answered=answered.append)
    for message in messages:
        await writer.send(SessionMessage(message))
    return answered


def test_answers_are_told_and_nothing_else() -> None:
    read, write = os.pipe()
    fault = JSONRPCError(jsonrpc="2.0", id=2, error=ErrorData(code=-1, message="no"))
    note = JSONRPCNotification(jsonrpc="2.0", method="notifications/progress")
    answer = JSONRPCResponse(jsonrpc="2.0", id="a", result={})
    assert asyncio.run(send(write, fault, note, answer)) == ["a"]
    os.close(read)
    os.close(write)


def test_an_answer_to_a_client_that_is_gone_is_not_told() -> None:
    read, write = os.pipe()
    os.close(read)
    assert asyncio.run(send(write, JSONRPCResponse(jsonrpc="2.0", id=1, result={}))) == []
    os.close(write)


def test_an_answer_nobody_reads_to_its_end_is_not_told() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    answer = JSONRPCResponse(jsonrpc="2.0", id=1, result={"text": "x" * 1_000_000})
    assert asyncio.run(send(write, answer)) == []
    os.close(read)
    os.close(write)
