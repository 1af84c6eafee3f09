"""A way to PostgreSQL that breaks once, at a chosen statement: before it arrives, or after it was done."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

SOCKET = ".s.PGSQL.5432"


@dataclass
class Cut:
    """Texts that a connection sends one after the other; at the last it breaks."""

    texts: tuple[bytes, ...]
    done_first: bool
    made: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """True for one connection only."""
        with self.lock:
            if self.made.is_set():
                return False
            self.made.set()
            return True


class CuttingProxy:
    """Listens where a PostgreSQL client looks in `folder`, and passes everything on to the server in `target`."""

    def __init__(self, target: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="echo-cuts-", dir="/tmp"))
        self._target = str(target / SOCKET)
        self._cut: Cut | None = None
        self.speaking = threading.Event()
        self.speaking.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / SOCKET))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, *texts: str, done_first: bool) -> Cut:
        """Break the next connection that sends `texts` in this order, when it sends the last of them."""
        self._cut = Cut(tuple(text.encode() for text in texts), done_first)
        return self._cut

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Pass nothing on meanwhile, as a server that hangs or a network that swallows everything."""
        self.speaking.clear()
        try:
            yield
        finally:
            self.speaking.set()

    def close(self) -> None:
        self._listener.close()
        rmtree(self.folder, ignore_errors=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                sent = Pipe(client, server, self)
                threading.Thread(target=sent.requests, daemon=True).start()
                threading.Thread(target=sent.replies, daemon=True).start()

    @property
    def armed(self) -> Cut | None:
        return self._cut


class Pipe:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket, proxy: CuttingProxy) -> None:
        self._client, self._server, self._proxy = client, server, proxy
        self._cut: Cut | None = None
        self._seen = 0
        self._silenced = False

    def requests(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(1 << 16):
                self._proxy.speaking.wait()
                if cut := self._due(data):
                    if cut.done_first:
                        self._silenced = True
                        self._server.sendall(data)
                        return  # the reply ends the connection
                    break
                self._server.sendall(data)
        self._break()

    def replies(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._server.recv(1 << 16):
                if self._silenced:
                    break
                self._client.sendall(data)
        self._break()

    def _due(self, data: bytes) -> Cut | None:
        if self._cut is not self._proxy.armed:
            self._cut, self._seen = self._proxy.armed, 0
        cut = self._cut
        if cut is None or cut.made.is_set() or cut.texts[self._seen] not in data:
            return None
        if self._seen < len(cut.texts) - 1:
            self._seen += 1
            return None
        return cut if cut.take() else None

    def _break(self) -> None:
        for side in (self._client, self._server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
