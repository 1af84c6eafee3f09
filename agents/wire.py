"""The stdio transport of Echo's MCP servers: who owns the process's standard streams, and how serving ends.

It serves a low-level `mcp.server.Server` through its public `run`, in place of the SDK's `stdio_server`, which leaves
malformed lines unanswered, lets an early `print` onto the wire and dies of SIGTERM without leaving its lifespan.

Only the standard library is imported until `serve`: `claim` runs before Django and the SDK, which may print.
What a line may hold is in `wire_lines`; reading, writing and back-pressure are in `wire_streams`.
"""

import contextlib
import fcntl
import logging
import math
import os
import queue
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from agents.wire_lines import MAX_LINE_BYTES, NumberLiteral

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.types import RequestId

__all__ = ["MAX_LINE_BYTES", "STALL_SECONDS", "NumberLiteral", "Wire", "claim", "serve"]

GRACE_SECONDS = 1.5  # MCP clients close our input, wait 2 s and send SIGTERM, wait 2 s and send SIGKILL
LINGER_SECONDS = 1.0  # for calls still in flight when the input ends
STALL_SECONDS = 30.0  # a client that reads nothing for so long while an answer is waiting is gone
LAST_RESORT_SECONDS = 0.2  # before the hard exit, whatever still runs is cancelled
CLIENT_IS_GONE = 128 + signal.SIGPIPE
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wire:
    """Private descriptors of the client's pipes. Children do not inherit them."""

    input: int
    output: int


_claimed: Wire | None = None


def claim() -> Wire:
    """Keep the standard streams for the protocol; from here on the rest of the process reads nothing and prints to
    stderr, including its children and what it had buffered before. The second call returns the same wire."""
    global _claimed
    if _claimed is None:
        _claimed = Wire(input=_duplicate(0), output=_own_output())
        null = os.open(os.devnull, os.O_RDWR)
        if sys.stderr is None:  # started with a closed fd 2
            os.dup2(null, 2)
            sys.stderr = os.fdopen(2, "w", closefd=False)
        os.dup2(null, 0)
        os.dup2(2, 1)
        if null > 2:
            os.close(null)
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.stdout = sys.stderr
    return _claimed


def _duplicate(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)


def _own_output() -> int:
    """A non-blocking descriptor for what fd 1 is.

    O_NONBLOCK belongs to the open file, not to the descriptor: set on a duplicate it would also make the terminal of
    a shell or our own stderr non-blocking. So pipes and terminals are opened anew. Sockets (Node's pipes are) cannot
    be; files must not be, their offset would start again at 0.
    """
    mode = os.fstat(1).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        with contextlib.suppress(OSError):
            return os.open("/proc/self/fd/1", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    output = _duplicate(1)
    if not stat.S_ISCHR(mode):
        os.set_blocking(output, False)
    return output


async def serve(
    server: "Server[Any]",
    wire: Wire | None = None,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    grace_seconds: float = GRACE_SECONDS,
    linger_seconds: float = LINGER_SECONDS,
    stall_seconds: float = STALL_SECONDS,
    on_answered: Callable[["RequestId"], None] | None = None,
) -> int:
    """Serve until the client ends its input (0), a signal comes (128 + its number) or nobody reads us (141).

    At the end of input, calls in flight have `linger_seconds` to answer: a server that waits for slow work should give
    up and withdraw it before that. What is then unanswered is cancelled, as after a signal; the lifespan leaves
    normally and may await. `on_answered` is called with the id of each request whose answer was written whole; an
    answer that is cancelled or finds nobody there is not.

    Trap: the whole process ends `grace_seconds` after the end began, also if `serve` has returned by then.
    Call it from the main thread (signals) on an asyncio loop.
    """
    import anyio

    from agents.wire_streams import InFlight, Reader, Writer

    wire = wire or claim()
    status = 0
    ends: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=_exit_after, args=(ends, grace_seconds), name="wire-deadline", daemon=True).start()

    def end(end_status: int) -> None:
        nonlocal status
        status = end_status or status
        ends.put(status)
        if scope.deadline == math.inf:
            scope.deadline = anyio.current_time() + grace_seconds - LAST_RESORT_SECONDS

    def ended_input() -> None:
        logger.info("The client ended its input.")
        end(0)

    def stop(stop_status: int) -> None:
        end(stop_status)
        reader.stop()
        if not reader.started:  # still in the lifespan's first half, which does not notice the end of a stream
            scope.cancel()

    in_flight = InFlight()
    writer = Writer(
        wire.output,
        in_flight,
        stall_seconds=stall_seconds,
        on_broken=lambda: stop(CLIENT_IS_GONE),
        on_answered=on_answered,
    )
    reader = Reader(
        wire.input,
        writer,
        in_flight,
        max_line_bytes=max_line_bytes,
        linger_seconds=linger_seconds,
        on_end=ended_input,
    )
    with anyio.CancelScope() as scope, _signals(stop, ends):
        await server.run(reader, writer, server.create_initialization_options())
        await writer.drain()
    return status


@contextlib.contextmanager
def _signals(stop: Callable[[int], None], ends: "queue.SimpleQueue[int]") -> Iterator[None]:
    """Signals stop the server through the loop, and start the deadline even if the loop is stuck in a handler.

    `SimpleQueue.put` is the one way to wake a thread that is safe inside a signal handler.
    """
    import asyncio

    loop = asyncio.get_running_loop()

    def received(number: int, _: FrameType | None) -> None:
        ends.put(128 + number)
        loop.call_soon_threadsafe(stop, 128 + number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    if before[signal.SIGHUP] == signal.SIG_IGN:  # under nohup
        del before[signal.SIGHUP]
    for number in before:
        signal.signal(number, received)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_after(ends: "queue.SimpleQueue[int]", grace_seconds: float) -> None:
    """Leave the process `grace_seconds` after the first end, with the status of the latest one.

    Nothing is flushed: a client that no longer reads our stderr would hold us.
    """
    status = ends.get()
    deadline = time.monotonic() + grace_seconds
    while (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(queue.Empty):
            status = ends.get(timeout=left)
    os._exit(status)
