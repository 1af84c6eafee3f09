"""Start a program that ends when its starter does: `python -I -S leash.py [--watch] PARENT SIGNAL USER -- program …`.

`PARENT` is the starter's process id: when it dies, however it dies, the program gets `SIGNAL`. `USER` is the account
to run under, `-` to keep the present one. Only the standard library is imported, and little of it: this runs once for
every process of the stack. The starter must be the main thread of its process, since Linux watches the thread.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
WATCH_SECONDS = 0.2
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


def drop_privileges(user: str) -> None:
    import pwd

    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def bind_to_parent(number: int, user: str) -> None:
    """Have the kernel send the signal. It survives exec but not a change of account, so that comes first."""
    import ctypes  # before the change: afterwards the virtual environment may be out of reach

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if user != "-":
        drop_privileges(user)
    if prctl(PR_SET_PDEATHSIG, number, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def watch(parent: int, number: int, user: str, program: list[str]) -> int:
    """Stay, and watch the parent: for systems whose kernel cannot."""
    child = os.fork()
    if child == 0:
        if user != "-":
            drop_privileges(user)
        os.execv(program[0], program)  # noqa: S606  no shell is the point
    for each in FORWARDED:
        signal.signal(each, lambda received, _: os.kill(child, received))
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if os.getppid() != parent:
            os.kill(child, number)
            parent = os.getppid()
        time.sleep(WATCH_SECONDS)


def main(arguments: list[str]) -> int:
    stays = arguments[0] == "--watch"
    parent, name, user, dashes, *program = arguments[stays:]
    if dashes != "--" or not program:
        raise SystemExit(__doc__)
    number = signal.Signals[name].value
    os.umask(0o077)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    if stays or sys.platform != "linux":
        return watch(int(parent), number, user, program)
    bind_to_parent(number, user)
    if os.getppid() != int(parent):  # it died before the kernel was told
        return 1
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
