"""Under which account the servers run, and what that account can reach. PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from echo_project.local.errors import StackError

FOR_ROOT = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The account servers run under; `changes` when it is not the one this process has."""

    name: str
    uid: int
    gid: int
    changes: bool = False

    def own(self, folder: Path, mode: int = 0o700) -> None:
        """Make `folder` where it is missing, and give it to this account with `mode`."""
        folder.mkdir(mode=mode, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid not in (self.uid, os.geteuid()):
            raise StackError(f"{folder} belongs to somebody else.", "Set ECHO_HOME to a folder of your own.")
        if self.changes and (found.st_uid, found.st_gid) != (self.uid, self.gid):
            os.chown(folder, self.uid, self.gid)
        if found.st_mode & 0o7777 != mode:
            folder.chmod(mode)

    def allows(self, path: Path, bits: int) -> bool:
        """Whether the mode bits of `path` grant this account `bits` (4 read, 2 write, 1 enter or run)."""
        if self.uid == 0:
            return True
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid == self.gid else 0
        return (found.st_mode >> shift) & bits == bits

    def reaches(self, path: Path) -> bool:
        """Whether this account can enter every folder above `path`."""
        return all(self.allows(folder, 1) for folder in path.resolve().parents)


def this_account() -> str:
    """The name of the account this process runs under."""
    return pwd.getpwuid(os.geteuid()).pw_name


def server_account() -> Account:
    """This process's own account, or, for root, one that PostgreSQL accepts."""
    uid = os.geteuid()
    if uid:
        try:
            return Account(pwd.getpwuid(uid).pw_name, uid, os.getegid())
        except KeyError:
            raise StackError(
                f"The user id {uid} has no entry in the password file, and PostgreSQL does not start without one.",
                "Run Echo as a user with a name, or set DATABASE_URL and REDIS_URL to servers of yours.",
            ) from None
    for name in FOR_ROOT:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid, changes=True)
    raise StackError(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` for it.",
        "Run Echo as another user, or set DATABASE_URL to a server of yours.",
    )
