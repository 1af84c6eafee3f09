"""Handing a client's pipes to a process that forks a server for them, and standing in for that server meanwhile.

Said over the socket, in lines: the client its identity; the other `ready` or `no`; the client its request, and with it
the descriptors; the server `serving`, and at its end its status. Until `serving` is said nobody has read the pipes, so
that the client may still serve them itself.
"""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 0.5  # a process that is stopped or overloaded is not waited for
MOST_BYTES = 1 << 18
MOST_BYTES_A_LINE = 200
DESCRIPTORS = 3
RELAYED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def hand_over(path: Path, identity: str, role: str, descriptors: tuple[int, int, int]) -> int | None:
    """Have the process that listens at `path` serve `descriptors` (input, output, errors); the server's exit status.

    None: nobody took them, and nothing was read from them.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
            if not is_mine(connection):
                return None
            send(connection, identity)
            if receive(connection) != "ready":
                return None
            request = {"role": role, "parent": os.getppid(), "environ": dict(os.environ)}
            send(connection, json.dumps(request), descriptors)
            connection.settimeout(None)  # from here on somebody may read the pipes, and it is not for us to guess
            if receive(connection) != "serving":
                return None
        except (OSError, ValueError):
            return None
        received: list[int] = []

        def relay(number: int, _: object) -> None:
            received.append(number)
            with suppress(OSError):
                connection.sendall(bytes([number]))

        for number in RELAYED:
            signal.signal(number, relay)
        for descriptor in descriptors[:2]:
            os.close(descriptor)  # the client must see its end when the server ends
        try:
            return int(receive(connection))
        except (OSError, ValueError):  # it ended without a word, by force
            return 128 + received[-1] if received else 1


def is_mine(connection: socket.socket) -> bool:
    """Whether the other side belongs to this process's account."""
    if sys.platform != "linux":
        return True  # the folder of the socket is open to its owner only
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(user == os.geteuid())


def send(connection: socket.socket, line: str, descriptors: tuple[int, ...] = ()) -> None:
    data = line.encode() + b"\n"
    sent = socket.send_fds(connection, [data], list(descriptors)) if descriptors else 0
    connection.sendall(data[sent:])


def receive(connection: socket.socket, deadline: float = math.inf) -> str:
    """One line without its end, and nothing of what follows. Raises OSError, or ValueError when there is none."""
    line = b""
    while len(line) < MOST_BYTES_A_LINE:
        if deadline < math.inf:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
        byte = connection.recv(1)
        if byte == b"\n":
            return line.decode()
        if not byte:
            break
        line += byte
    raise ValueError("the other side has gone, or says too much")


def receive_request(connection: socket.socket, deadline: float) -> tuple[dict[str, Any], list[int]]:
    """A request and its descriptors. Raises OSError or ValueError."""
    data, descriptors = b"", list[int]()
    try:
        while not data.endswith(b"\n"):
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            more, found, _, _ = socket.recv_fds(connection, MOST_BYTES, DESCRIPTORS)
            descriptors += found
            data += more
            if not more or len(data) > MOST_BYTES:
                raise ValueError("the other side has gone, or says too much")
        request = json.loads(data)
        if not isinstance(request, dict) or not isinstance(request.get("environ"), dict):
            raise ValueError("not a request")
        if len(descriptors) != DESCRIPTORS:
            raise ValueError(f"{len(descriptors)} descriptors")
    except (OSError, ValueError):
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return request, descriptors
