"""The web pages' socket. The supervisor owns it: a web process that is restarted loses neither port nor callers."""

from __future__ import annotations

import errno
import socket

from echo_project.local.errors import StackError

NEIGHBOURS = 20  # ports tried after a taken one, before any free one


def listen(bind: str) -> socket.socket:
    """Listen on `host:port`, or on a free port near it when somebody else has that one."""
    host, port = split(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (*range(port, min(port + NEIGHBOURS, 65535) + 1), 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # uvicorn takes the descriptor for a Unix socket and sets nothing; what is accepted inherits this
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                reason = f"ECHO_BIND={bind} cannot be used: {error.strerror}."
                raise StackError(reason, "Correct or unset it.") from error
    raise StackError(f"No port of {host} is free.", "Set ECHO_BIND to another address.")


def split(bind: str) -> tuple[str, int]:
    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise StackError(f"ECHO_BIND={bind} is not an address and a port.", "Write it as 127.0.0.1:8474, or unset it.")
    return host.strip("[]") or "127.0.0.1", int(port)


def moved(bind: str, listener: socket.socket) -> str:
    """A sentence where somebody else has the port that was asked for."""
    wanted, found = split(bind)[1], listener.getsockname()[1]
    if wanted in (0, found):
        return ""
    return f"{bind} is taken by another program, so the pages are at {address(listener)}; ECHO_BIND names a place."


def is_at(bind: str, bound: str) -> bool:
    """Whether a socket whose `address` is `bound` is where `bind` asks for one."""
    host, port = split(bind)
    return port == 0 or bound == _shown(host, port)


def address(listener: socket.socket) -> str:
    """`host:port` as people write it; for a socket open to the whole network, as people on this machine do."""
    host, port, *_ = listener.getsockname()
    return _shown(host, port)


def _shown(host: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  nothing is bound here
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
