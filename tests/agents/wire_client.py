"""A client at the other end of the wire, and what tests of the wire send and expect."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.clients.raw import RawClient

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.agents.wire_server"]
QUIET = {"PYTHONUNBUFFERED": ""}  # set, it would write the server's first print before the claim could catch it
ENV = os.environ | QUIET
CALL = b'{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"%s","arguments":%s}}'
PING = b'{"jsonrpc":"2.0","id":"ping","method":"ping"}'
HELLO = (
    b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"script","version":"1"}}}\n'
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
)

spares: deque[RawClient] = deque()  # booting while other tests run: importing the SDK is most of a test's time


def boot_spare() -> None:
    spares.append(RawClient.start(COMMAND, QUIET, cwd=ROOT))


def start(**env: str) -> RawClient:
    if env or not spares:
        return RawClient.start(COMMAND, QUIET | env, cwd=ROOT)
    boot_spare()
    return spares.popleft()


def started(**env: str) -> RawClient:
    client = start(**env)
    client.initialize()
    return client


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def refused(client: RawClient, line: bytes) -> tuple[int, Any, str]:
    """Code, id and message of the one answer to this line; the next line is served."""
    client.send_line(line)
    answer = client.receive()
    assert_served(client)
    return answer["error"]["code"], answer["id"], answer["error"]["message"]


def assert_served(client: RawClient) -> None:
    client.send_line(PING)
    assert client.receive() == {"jsonrpc": "2.0", "id": "ping", "result": {}}


def echoed(client: RawClient, arguments: bytes) -> Any:
    client.send_line(CALL % (b'"echo"', b"echo", arguments))
    return client.wait("echo").structured
