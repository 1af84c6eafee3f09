"""Handing a client's pipes to a process that forks a server for them, and standing in for that server meanwhile.

Said over the socket, in lines: the client its identity; the other `ready` or `no`; the client its request, and with it
the descriptors; the server `serving`, and at its end its status. Until `serving` is said nobody has read the pipes, so
that the client may still serve them itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 0.5  # a process that is stopped or overloaded is not waited for
MOST_BYTES = 1 << 18
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
            connection.settimeout(None)
            if receive(connection) != "serving":
                return None
        except (OSError, ValueError):
            return None
        for number in RELAYED:
            signal.signal(number, lambda received, _: connection.sendall(bytes([received])))
        for descriptor in descriptors[:2]:
            os.close(descriptor)  # the client must see its end when the server ends
        with suppress(OSError, ValueError):
            return int(receive(connection))
        return 1  # it was killed


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


def receive(connection: socket.socket) -> str:
    """One line without its end. Raises OSError, or ValueError when the other side has gone."""
    return receive_with_descriptors(connection, 0)[0]


def receive_with_descriptors(connection: socket.socket, most: int) -> tuple[str, list[int]]:
    data, descriptors = b"", list[int]()
    while not data.endswith(b"\n"):
        more, found, _, _ = socket.recv_fds(connection, MOST_BYTES, most)
        descriptors += found
        data += more
        if not more or len(data) > MOST_BYTES:
            for descriptor in descriptors:
                os.close(descriptor)
            raise ValueError("the other side has gone")
    return data[:-1].decode(), descriptors


def parse(line: str) -> dict[str, Any]:
    """A request. Raises ValueError."""
    request = json.loads(line)
    if not isinstance(request, dict) or not isinstance(request.get("environ"), dict):
        raise ValueError("not a request")
    return request
