"""The process that has everything imported: it forks a role's server for each client that hands over its pipes."""

from __future__ import annotations

import gc
import logging
import os
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from echo_project.warm import handover
from echo_project.warm.identity import identity, identity_at_start

logger = logging.getLogger(__name__)

ADMISSION_SECONDS = 2.0
Serve = Callable[[str, int], None]  # role, process id of the client


class ForkServer:
    """Single-threaded, without a connection to anything: what it is at the fork, every server is.

    It knows nothing of a server once that is forked: the server itself tells its client how it ended.
    """

    def __init__(self, path: Path, serve: Serve) -> None:
        self._path = path
        self._serve = serve
        self._identity = identity_at_start()
        self._stopping = identity() != self._identity  # the code changed while it was imported
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them

    def run(self) -> None:
        """Listen until told to stop, or until the code on the disk is no longer what was imported."""
        gc.collect()
        gc.freeze()
        with _listen(self._path) as self._listener, selectors.DefaultSelector() as self._selector:
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping:
                if any(key.fileobj is self._listener for key, _ in self._selector.select()):
                    try:
                        self._admit()
                    except (OSError, ValueError) as error:
                        logger.warning("A client was not served: %s", error)
        with suppress(OSError):
            self._path.unlink()

    def _stop(self, *_: Any) -> None:
        self._stopping = True

    def _admit(self) -> None:
        """Serve one client in a fork, or let it serve itself. Raises OSError or ValueError where it left meanwhile."""
        deadline = time.monotonic() + ADMISSION_SECONDS
        with self._listener.accept()[0] as connection:
            connection.settimeout(ADMISSION_SECONDS)
            if not handover.is_mine(connection) or not self._is_fit(handover.receive(connection, deadline)):
                handover.send(connection, "no")
                return
            handover.send(connection, "ready")
            request, descriptors = handover.receive_request(connection, deadline)
            try:
                self._fork(connection, request, descriptors)
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)

    def _is_fit(self, wanted: str) -> bool:
        if wanted == self._identity:
            return True
        if identity() != self._identity:
            logger.warning("The code has changed; starting anew.")
            self._stopping = True
        return False

    def _fork(self, connection: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
        if threading.active_count() > 1:
            raise ValueError(f"{threading.active_count()} threads")
        if os.fork() == 0:
            self._become_server(connection, request, descriptors)

    # --- In the fork ----------------------------------------------------------------------------------------------

    def _become_server(self, connection: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
        status = 1
        try:
            self._let_go()
            os.setsid()  # it outlives this process, as a server that a client started itself would
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(request["environ"])
            connection.settimeout(None)
            handover.send(connection, "serving")
            threading.Thread(target=_obey, args=(connection,), name="stand-in", daemon=True).start()
            self._serve(str(request["role"]), int(request["parent"]))
            status = 0
        except SystemExit as end:
            status = _status(end)
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError):
                handover.send(connection, str(status))
            os._exit(status)

    def _let_go(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        for held in (self._selector, self._listener, self._woken, self._waker):
            held.close()


def _status(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _obey(connection: socket.socket) -> None:
    """Pass on the signals the stand-in was sent; without a stand-in, end."""
    with suppress(OSError):
        while received := connection.recv(1):
            os.kill(os.getpid(), received[0])
    os.kill(os.getpid(), signal.SIGTERM)


def _listen(path: Path) -> socket.socket:
    """Under a fresh name and then renamed, so that nobody finds a socket that does not answer yet."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    listener.bind(str(fresh))
    os.umask(before)
    listener.listen(64)
    fresh.replace(path)
    return listener
