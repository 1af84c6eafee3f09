"""A stdio peer that knows JSON-RPC and MCP's envelopes and nothing else, so that a test sees the bytes as they are.

    with RawClient.start(["python", "manage.py", "mcp_agent", "ceo"]) as ceo:
        ceo.initialize()
        assert ceo.call("list_decisions").structured == {"decisions": []}

Anything on the server's stdout that is not one JSON-RPC message a line raises `Noise` from the next wait.
"""

import contextlib
import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

Message = dict[str, Any]

MODERN_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
}


class Noise(AssertionError):
    """The server wrote something to stdout that is not a JSON-RPC message."""


class Silence(AssertionError):
    """Nothing fitting came in time, or the server closed its stdout; carries the end of its stderr."""


class RpcError(Exception):
    """The server answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.data = code, message, data


@dataclass(frozen=True, slots=True)
class ToolResult:
    is_error: bool
    text: str  # the text contents, joined by newlines
    structured: Any
    raw: Message  # the whole result


class RawClient:
    """One server process. Timeouts are in seconds."""

    def __init__(self, process: subprocess.Popen[bytes], *, modern: bool, timeout: float) -> None:
        self.process = process
        self.modern = modern
        self.timeout = timeout
        self.notifications: list[Message] = []
        self._ids = itertools.count(1)
        self._inbox: list[Message] = []  # responses and requests nobody has waited for yet
        self._errors: list[bytes] = []
        self._noise: bytes | None = None
        self._closed = False
        self._news = threading.Condition()
        self._reading = threading.Event()
        self._reading.set()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        cwd: str | Path | None = None,
        modern: bool = False,
        timeout: float = 30.0,
    ) -> Self:
        """`env` is added to this process's. `modern` sends the 2026-07-28 envelope with every request."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        return cls(process, modern=modern, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.kill()

    # Speaking MCP

    def initialize(self, version: str = "2025-06-18", *, capabilities: Mapping[str, Any] | None = None) -> Message:
        client = {"name": "raw", "version": "1"}
        result = self.request(
            "initialize",
            {"protocolVersion": version, "capabilities": dict(capabilities or {}), "clientInfo": client},
            timeout=max(self.timeout, 30.0),
        )
        self.notify("notifications/initialized")
        return result

    def request(self, method: str, params: Mapping[str, Any] | None = None, timeout: float | None = None) -> Message:
        """The result. Raises RpcError."""
        return self.result(self.request_nowait(method, params), timeout)

    def request_nowait(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        """The id to wait for."""
        id = next(self._ids)
        message: Message = {"jsonrpc": "2.0", "id": id, "method": method}
        if self.modern:
            params = params or {}
            message["params"] = {**params, "_meta": {**MODERN_META, **params.get("_meta", {})}}
        elif params is not None:
            message["params"] = params
        self.send(message)
        return id

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method} | ({} if params is None else {"params": params}))

    def call(self, tool: str, /, **arguments: Any) -> ToolResult:
        return self.wait(self.call_nowait(tool, **arguments))

    def call_nowait(self, tool: str, /, **arguments: Any) -> int:
        return self.request_nowait("tools/call", {"name": tool, "arguments": arguments})

    def wait(self, id: int | str, timeout: float | None = None) -> ToolResult:
        """The result of a tool call. Raises RpcError."""
        result = self.result(id, timeout)
        texts = [item["text"] for item in result.get("content", []) if item["type"] == "text"]
        return ToolResult(result.get("isError", False), "\n".join(texts), result.get("structuredContent"), result)

    def result(self, id: int | str, timeout: float | None = None) -> Message:
        answer = self.answer(id, timeout)
        if error := answer.get("error"):
            raise RpcError(error["code"], error["message"], error.get("data"))
        result: Message = answer["result"]
        return result

    # Speaking JSON-RPC

    def send(self, message: object) -> None:
        self.send_line(json.dumps(message, allow_nan=False).encode())

    def send_line(self, line: bytes) -> None:
        """The bytes as they are; a newline is added."""
        assert self.process.stdin
        try:
            self.process.stdin.write(line + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Silence(f"the server closed its stdin\n{self.stderr[-2000:]}") from None

    def answer(self, id: int | str | None, timeout: float | None = None) -> Message:
        """The whole response with this id. 1 and "1" are two ids."""

        def fits(message: Message) -> bool:
            return "method" not in message and message["id"] == id and type(message["id"]) is type(id)

        return self._take(self._inbox, fits, timeout, f"response to {id!r}")

    def receive(self, timeout: float | None = None) -> Message:
        """The oldest response or request of the server that nobody has taken. Notifications do not count."""
        return self._take(self._inbox, lambda message: True, timeout, "message")

    def receive_notification(self, method: str, timeout: float | None = None) -> Message:
        """The params of the oldest such notification, which leaves `notifications`."""

        def fits(message: Message) -> bool:
            return bool(message["method"] == method)

        params: Message = self._take(self.notifications, fits, timeout, method).get("params", {})
        return params

    def pause_reading(self) -> None:
        """Leave what the server writes in the pipe, which then fills. One line may still be read."""
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    # The process

    @property
    def stderr(self) -> str:
        return b"".join(self._errors).decode(errors="replace")

    def close(self, timeout: float = 20.0) -> int:
        """Close the server's stdin and return its exit status: negative for a signal, as subprocess has it."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.wait_for_exit(timeout)

    def wait_for_exit(self, timeout: float = 20.0) -> int:
        self.resume_reading()
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Silence(f"the server did not exit within {timeout} s\n{self.stderr[-2000:]}") from None
        for thread in self._threads:  # a grandchild may hold the pipes open: do not wait for it
            thread.join(1.0)
        self._raise_noise()
        return status

    def kill(self) -> None:
        self.resume_reading()
        self.process.kill()
        self.process.wait()

    # Inside

    def _take(
        self,
        messages: list[Message],
        fits: Callable[[Message], bool],
        timeout: float | None,
        wanted: str,
    ) -> Message:
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        with self._news:
            while True:
                self._raise_noise()
                for index, message in enumerate(messages):
                    if fits(message):
                        return messages.pop(index)
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    why = "stdout closed" if self._closed else "in time"
                    raise Silence(f"no {wanted}: {why}\n{self.stderr[-2000:]}")
                self._news.wait(left)

    def _raise_noise(self) -> None:
        if self._noise is not None:
            raise Noise(f"on stdout: {self._noise[:300]!r}")

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            try:
                message = json.loads(line, parse_constant=_not_json)
            except ValueError:
                message = None
            with self._news:
                if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
                    self._noise = self._noise or line
                elif "method" in message and "id" not in message:
                    self.notifications.append(message)
                else:
                    self._inbox.append(message)
                self._news.notify_all()
            self._reading.wait()
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._errors.append(line)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)
