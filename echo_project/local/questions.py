"""One question to a server on a Unix socket, put without a driver.

psycopg and redis-py cost a quarter of a second and 30 MB, and the supervisor, which is always there, asks little.
"""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path
from typing import Self

PROTOCOL = 196608  # PostgreSQL's version 3.0
TIMEOUT_SECONDS = 2.0


class Refusal(Exception):
    """The server answered, and the answer was an error: it lives."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


class Conversation:
    """A socket whose every answer has to be there by one deadline."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._deadline = time.monotonic() + timeout
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._stream = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _more(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("closed without an answer")
        self._stream += data

    def read(self, size: int) -> bytes:
        while len(self._stream) < size:
            self._more()
        data, self._stream = self._stream[:size], self._stream[size:]
        return data

    def line(self) -> bytes:
        while b"\r\n" not in self._stream:
            self._more()
        line, _, self._stream = self._stream.partition(b"\r\n")
        return line


def ask_postgres(path: Path, sql: str, database: str = "echo", timeout: float = TIMEOUT_SECONDS) -> str | None:
    """The first value of the first row, as text. Raises `Refusal` or, where nobody answers, `OSError`."""
    with Conversation(path, timeout) as talk:
        greeting = struct.pack("!i", PROTOCOL) + f"user\0echo\0database\0{database}\0\0".encode()
        talk.send(struct.pack("!i", len(greeting) + 4) + greeting)
        _until_ready(talk)
        query = sql.encode() + b"\0"
        talk.send(b"Q" + struct.pack("!i", len(query) + 4) + query)
        value = _until_ready(talk)
        talk.send(b"X\0\0\0\4")
        return value


def _until_ready(talk: Conversation) -> str | None:
    """Read messages up to `ReadyForQuery`; the first value among them."""
    value: str | None = None
    while True:
        kind, length = struct.unpack("!ci", talk.read(5))
        body = talk.read(length - 4)
        if kind == b"Z":
            return value
        if kind == b"E":
            fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
            raise Refusal(fields.get(b"C", ""), fields.get(b"M", ""))
        if kind == b"R" and body[:4] != b"\0\0\0\0":
            raise Refusal("28000", "the server asks for a password")
        if kind == b"D" and value is None and struct.unpack("!h", body[:2])[0]:
            size = struct.unpack("!i", body[2:6])[0]
            value = None if size < 0 else body[6 : 6 + size].decode()


def ask_valkey(path: Path, *words: str, timeout: float = TIMEOUT_SECONDS) -> str:
    """The answer to one command whose answer is a text."""
    with Conversation(path, timeout) as talk:
        talk.send(" ".join(words).encode() + b"\r\n")
        answer = talk.line().decode(errors="replace")
        if answer.startswith("-"):
            code, _, message = answer[1:].partition(" ")
            raise Refusal(code, message)
        if answer.startswith("$"):
            return talk.read(int(answer[1:])).decode(errors="replace")
        return answer[1:]
