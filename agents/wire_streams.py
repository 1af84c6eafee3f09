"""The two streams `mcp.server.Server.run` serves: messages read from and written to bare file descriptors.

Everything happens on the event loop, without a thread: a message costs one `os.read` and one `os.write`.
Back-pressure: input is read only when the server asks for the next message, and the server is not given one while
`MAX_IN_FLIGHT` requests wait for their answers; an answer that does not fit into the pipe keeps its handler waiting.
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

import anyio
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp.types import ErrorData, JSONRPCError, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse, RequestId
from mcp.types import jsonrpc_message_adapter as message_adapter
from pydantic import ValidationError

from agents.wire_lines import INVALID_REQUEST, Lines, Refusal, read

INTERNAL_ERROR = -32603
MAX_IN_FLIGHT = 1000
CHUNK_BYTES = 64 * 1024  # what a Linux pipe holds
ENDLESS = "subscriptions/listen"  # answered only when the subscription ends: nothing to wait for at the end of input

logger = logging.getLogger(__name__)


class InFlight:
    """Requests handed to the server and not yet answered."""

    def __init__(self) -> None:
        self._methods: dict[RequestId, str] = {}
        self._settled = asyncio.Event()

    def add(self, request: JSONRPCRequest) -> None:
        if request.id in self._methods:
            message = "Invalid Request: another request with this id is still in flight"
            raise Refusal(INVALID_REQUEST, message, id=request.id)
        self._methods[request.id] = request.method

    def settle(self, id: RequestId | None) -> None:
        if id in self._methods:
            del self._methods[id]
            self.wake()

    def full(self) -> bool:
        return len(self._methods) >= MAX_IN_FLIGHT

    def awaited(self) -> bool:
        return any(method != ENDLESS for method in self._methods.values())

    async def until_settled(self) -> None:
        """Until any request settles, or `wake`."""
        self._settled.clear()
        await self._settled.wait()

    def wake(self) -> None:
        self._settled.set()


class Stream:
    """The context manager's half of the SDK's stream protocols."""

    async def aclose(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Writer(Stream):
    """One line for each message. `on_broken` is called once, when the client closed its end or stopped reading;
    `on_answered` for each answer that was written whole.
    """

    def __init__(
        self,
        fd: int,
        in_flight: InFlight,
        *,
        stall_seconds: float,
        on_broken: Callable[[], None],
        on_answered: Callable[[RequestId], None] | None = None,
    ) -> None:
        self._fd, self._in_flight = fd, in_flight
        self._stall_seconds, self._on_broken, self._on_answered = stall_seconds, on_broken, on_answered
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._unsent = bytearray()
        self._sent = asyncio.Event()
        self._stall: asyncio.TimerHandle | None = None
        self._broken = False

    async def send(self, item: SessionMessage) -> None:
        message = item.message
        try:
            await self._write(_encode(message))
            if self._on_answered and isinstance(message, JSONRPCResponse) and not self._broken:
                self._on_answered(message.id)
        finally:
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                self._in_flight.settle(message.id)

    async def refuse(self, refusal: Refusal) -> None:
        error = {"code": refusal.code, "message": refusal.message}
        answer = json.dumps(
            {"jsonrpc": "2.0", "id": refusal.id, "error": error}
        )  # ASCII: an id may be half a surrogate
        with contextlib.suppress(anyio.BrokenResourceError):
            await self._write(answer.encode() + b"\n")

    async def drain(self) -> None:
        while self._unsent:
            self._sent.clear()
            await self._sent.wait()

    async def _write(self, line: bytes) -> None:
        async with self._turn:  # a cancelled sender leaves its whole line behind: lines are never torn
            if self._broken:
                raise anyio.BrokenResourceError
            self._unsent += line
            if not self._stall:
                self._flush()
            await self.drain()

    def _flush(self) -> None:
        """Write what the pipe takes; the rest waits for it to become writable."""
        sent = 0
        try:
            with memoryview(self._unsent) as unsent:
                while sent < len(unsent):
                    sent += os.write(self._fd, unsent[sent:])
        except BlockingIOError:
            pass
        except OSError as error:
            return self._break(f"the client closed our output ({error.strerror})")
        del self._unsent[:sent]
        if self._unsent:
            if self._stall:
                self._stall.cancel()
            else:
                self._loop.add_writer(self._fd, self._flush)
            self._stall = self._loop.call_later(self._stall_seconds, self._give_up)
        else:
            self._wait_no_more()

    def _wait_no_more(self) -> None:
        if self._stall:
            self._stall.cancel()
            self._stall = None
            self._loop.remove_writer(self._fd)
        self._sent.set()

    def _give_up(self) -> None:
        self._break(f"the client read nothing for {self._stall_seconds:g} seconds")

    def _break(self, reason: str) -> None:
        logger.warning("Stopping: %s.", reason)
        self._broken = True
        self._unsent.clear()
        self._wait_no_more()
        self._on_broken()


class Reader(Stream):
    """Valid messages only; every other line is answered here. `on_end` is called once, when the input ends."""

    def __init__(
        self,
        fd: int,
        writer: Writer,
        in_flight: InFlight,
        *,
        max_line_bytes: int,
        linger_seconds: float,
        on_end: Callable[[], None],
    ) -> None:
        self._fd, self._writer, self._in_flight = fd, writer, in_flight
        self._linger_seconds, self._on_end = linger_seconds, on_end
        self._loop = asyncio.get_running_loop()
        self._lines = Lines(max_line_bytes)
        self._watching = False
        self._woken = asyncio.Event()
        self._ended_at: float | None = None
        self._stopped = False
        self.started = False

    def stop(self) -> None:
        """End the stream now: what is unread stays unread, what is in flight is not waited for."""
        self._stopped = True
        self._woken.set()
        self._in_flight.wake()
        self._watch(False)

    async def aclose(self) -> None:
        self.stop()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def receive(self) -> SessionMessage:
        self.started = True
        while True:
            try:
                line = await self._next_line()
                if line is None:
                    await self._linger()
                    raise anyio.EndOfStream
                if line.strip():
                    return self._accept(line)
            except Refusal as refusal:
                logger.info("Refused a line: %s", refusal.message)
                if refusal.answered:
                    await self._writer.refuse(refusal)

    def _accept(self, line: bytes) -> SessionMessage:
        message = read(line)
        try:
            accepted = message_adapter.validate_python(message, by_name=False)
        except ValidationError:  # only a response can still be malformed, and a response is not answered
            raise Refusal(INVALID_REQUEST, "Invalid Request: malformed response", answered=False) from None
        if not isinstance(accepted, JSONRPCRequest):
            return SessionMessage(accepted)
        self._in_flight.add(accepted)

        async def unanswered() -> None:
            self._in_flight.settle(accepted.id)

        return SessionMessage(accepted, ServerMessageMetadata(on_request_unanswered=unanswered))

    async def _next_line(self) -> bytes | None:
        while not self._stopped:
            if self._in_flight.full():
                await self._in_flight.until_settled()
            elif (line := self._lines.next()) is not None:
                return line
            elif self._ended_at is not None:
                return None
            else:
                self._woken.clear()
                self._watch(True)
                await self._woken.wait()
        return None

    async def _linger(self) -> None:
        """Calls in flight may still answer, so that `printf ... | manage.py mcp_agent ceo` works."""
        if self._ended_at is None:
            return
        with anyio.move_on_after(self._ended_at + self._linger_seconds - self._loop.time()):
            while self._in_flight.awaited() and not self._stopped:
                await self._in_flight.until_settled()

    def _watch(self, wanted: bool) -> None:
        if wanted == self._watching:
            return
        if not wanted:
            self._loop.remove_reader(self._fd)
        else:
            try:
                self._loop.add_reader(self._fd, self._readable)
            except PermissionError:  # a regular file or /dev/null cannot be watched and is always readable
                self._loop.call_soon(self._readable)
                return
        self._watching = wanted

    def _readable(self) -> None:
        if self._lines.is_ready():  # the server is behind: leave the rest in the pipe until it asks again
            return self._watch(False)
        try:
            chunk = os.read(self._fd, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:  # a socket reset by the client
            chunk = b""
        if chunk:
            self._lines.feed(chunk)
        elif self._ended_at is None:
            self._ended_at = self._loop.time()
            self._lines.end()
            self._watch(False)
            self._on_end()
        self._woken.set()


def _encode(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
    except ValueError as error:  # half a surrogate pair, or an object JSON has no word for
        if not isinstance(message, JSONRPCResponse | JSONRPCError):
            raise
        logger.error("The answer to request %r cannot be written as JSON: %s", message.id, error)
        failure = ErrorData(code=INTERNAL_ERROR, message="Internal error: the answer cannot be written as JSON")
        return _encode(JSONRPCError(jsonrpc="2.0", id=message.id, error=failure))
