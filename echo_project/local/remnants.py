"""What a killed run left alive: found by what it holds or where it works, never by a remembered process id alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process


def evict(lock: Path) -> None:
    """End by force the processes that still hold `lock`: they belong to this home."""
    import psutil  # here and below: rarely needed, and 20 ms

    for process in holders(lock):
        with suppress(psutil.Error):
            process.kill()


def holders(lock: Path) -> list[Process]:
    """The other processes that have the file `lock` open, as far as this user may look into them."""
    import psutil

    wanted = lock.stat()
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and any(
                os.path.samestat(Path(file.path).stat(), wanted) for file in process.open_files()
            ):
                found.append(process)
    return found


def works_in(pid: int, folder: Path) -> bool:
    """Whether process `pid` has `folder` as its working folder, as a postmaster has its data folder."""
    import psutil

    with suppress(psutil.Error, OSError, ValueError, OverflowError):
        return pid > 0 and folder.samefile(psutil.Process(pid).cwd())
    return False


def runs_module(pid: int, module: str) -> bool:
    """Whether process `pid` is a Python that runs `module`."""
    import psutil

    with suppress(psutil.Error, ValueError, OverflowError):
        return module in psutil.Process(pid).cmdline()
    return False
