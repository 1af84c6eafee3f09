"""Whether a folder is a place where a database survives: a local disk with room that no program synchronises."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from echo_project.local.accounts import Account
from echo_project.local.errors import StackError
from echo_project.local.home import Home

LEAST_FREE_BYTES = 200 * 1024 * 1024
MOVE_IT = "Set ECHO_HOME to a folder on a local disk."
SYNCED = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "icloud drive": "iCloud",
    "mobile documents": "iCloud",
    "icloud~": "iCloud",
    "cloudstorage": "a cloud drive",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "box sync": "Box",
    "pcloud drive": "pCloud",
    "pclouddrive": "pCloud",
}
TOLERATED = {"lost+found", ".DS_Store", ".gitkeep"}
REMOTE = {
    *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "drvfs", "afs", "afpfs", "webdav", "ceph"),
    *("glusterfs", "lustre", "gpfs", "beegfs", "ncpfs", "vboxsf", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse"),
    *("fuse.rclone", "fuse.grpcfuse", "fuse.glusterfs", "fuse.davfs", "fuse.ceph", "fuse.juicefs", "fuse.mfs"),
}


def check(home: Home) -> None:
    """Refuse a home on a synchronised or network folder, or on a disk that is nearly full."""
    if synced := syncing_program(home.root):
        raise StackError(
            f"{home.root} is kept in step by {synced}, which copies files while PostgreSQL writes them and would "
            "ruin the database.",
            MOVE_IT,
        )
    if (kind := filesystem(home.root, mounts())) in REMOTE:
        raise StackError(
            f"{home.root} lies on a network file system ({kind}), where neither PostgreSQL's writes nor locks hold.",
            MOVE_IT,
        )
    free = free_bytes(home.root)
    if free < LEAST_FREE_BYTES:
        raise StackError(
            f"The disk of {home.root} is full: {free // 2**20} MB are free, Echo needs {LEAST_FREE_BYTES // 2**20}.",
            "Free some space, or set ECHO_HOME to a folder on another disk.",
        )


def syncing_program(folder: Path) -> str:
    """The program that by its name synchronises `folder`, or nothing."""
    for part in folder.parts:
        name = part.lower()
        for beginning, program in SYNCED.items():
            if name == beginning or name.startswith((f"{beginning} -", f"{beginning} (", f"{beginning}-")):
                return program
            if beginning.endswith("~") and name.startswith(beginning):
                return program
    return ""


def mounts() -> list[tuple[str, str]]:
    """Every mount as (folder, kind of file system), later ones covering earlier ones."""
    if sys.platform == "linux":
        table = Path("/proc/self/mounts").read_text(errors="surrogateescape")
        rows = (line.split(" ") for line in table.splitlines())
        return [(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), row[1]), row[2]) for row in rows]
    import subprocess  # here and in `_write_secret`: clients import this module, and never get this far

    listing = subprocess.run(
        ["/sbin/mount"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    ).stdout
    found = []
    for line in listing.splitlines():  # "//me@host/share on /Volumes/share (smbfs, nodev)"
        folder, _, rest = line.partition(" on ")[2].rpartition(" (")
        found.append((folder, rest.split(",")[0].rstrip(")")))
    return found


def filesystem(folder: Path, table: list[tuple[str, str]]) -> str:
    """The kind of file system that holds `folder`."""
    longest, kind = -1, ""
    for mount, its_kind in table:
        if len(mount) >= longest and folder.is_relative_to(mount):
            longest, kind = len(mount), its_kind
    return kind


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written to the disk of `folder`, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def sync_folder(folder: Path) -> None:
    """Make a rename within `folder` survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def make(home: Home) -> None:
    """Make the home's folder. One that holds other things is refused: its mode would change, and `reset` may follow."""
    try:
        home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = home.root.stat().st_uid
        if owner != os.geteuid():
            raise StackError(
                f"{home.root} belongs to user id {owner}, and this is user id {os.geteuid()}.",
                "Run Echo as the user the folder belongs to, or set ECHO_HOME to a folder of your own.",
            )
        found = set() if home.marker.exists() else {path.name for path in home.root.iterdir()}
        strangers = found - home.names - TOLERATED
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise StackError(
            f"{error.filename} cannot be used as a folder by this user.", "Set ECHO_HOME to a folder of your own."
        ) from error
    if strangers:
        raise StackError(
            f"{home.root} holds other things, such as {min(strangers)!r}, and Echo wants a folder for itself.",
            "Set ECHO_HOME to a new or empty folder.",
        )


def furnish(home: Home, account: Account | None) -> None:
    """Make what lies in the home: private, except that root's account for servers, if there are any, may pass."""
    home.root.chmod(0o711 if account and account.changes else 0o700)
    for folder in (home.logs, home.backups):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not home.marker.exists():
        home.marker.write_text("This folder belongs to Echo; `manage.py stack` looks after it.\n")
    if not home.secret_key.exists() or not home.secret_key.stat().st_size:
        _write_secret(home.secret_key)
    if account and not account.reaches(home.root / "any"):
        raise StackError(
            f"{home.root} cannot be entered by `{account.name}`, under which root runs the servers.",
            "Set ECHO_HOME to a folder that other users may enter, for example /var/lib/echo.",
        )


def _write_secret(path: Path) -> None:
    """Write a new key where it is whole or absent, and readable by its owner only."""
    import secrets

    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
