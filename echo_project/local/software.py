"""A twin of a server's programs inside the home, for an account that cannot enter the virtual environment."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path


def relocate(program: Path, into: Path) -> Path:
    """Link, or else copy, the package of `program` into the folder `into`; returns the program's twin.

    A wheel finds its libraries in a sibling folder `<package>.libs` relative to itself, so both keep their places.
    The twin's name comes from what the original is now: after a wheel's upgrade it is made anew.
    """
    program = program.resolve()
    package = package_of(program)
    found = program.stat()
    identity = f"{program} {found.st_size} {found.st_mtime_ns} {found.st_ino}"
    twin = into / f"{package.name}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    if not twin.exists():
        into.mkdir(mode=0o755, exist_ok=True)
        into.chmod(0o755)
        for former in into.glob(f"{package.name}-*"):  # nothing runs from it: the caller holds the supervisor's lock
            shutil.rmtree(former, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{package.name}-", dir=into))
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                link_tree(folder, fresh / folder.name)
        fresh.chmod(0o755)
        fresh.rename(twin)
    return twin / program.relative_to(package.parent)


def package_of(program: Path) -> Path:
    """The folder that has to move as a whole for `program` to run elsewhere."""
    for folder in program.parents:
        if folder.parent.name == "site-packages":
            return folder
    return program.parent.parent if program.parent.name == "bin" else program.parent


def link_tree(source: Path, target: Path) -> None:
    """A readable twin of a folder: hard links where all may read the file and the disk is the same, else copies."""
    target.mkdir(mode=0o755)
    target.chmod(0o755)
    for entry in os.scandir(source):
        twin = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            link_tree(Path(entry.path), twin)
        elif entry.is_symlink():
            twin.symlink_to(Path(entry.path).readlink())
        else:
            link_file(Path(entry.path), twin)


def link_file(source: Path, target: Path) -> None:
    mode = source.stat().st_mode
    needed = 0o755 if mode & 0o100 else 0o644
    if mode & needed == needed:
        try:
            os.link(source, target)
            return
        except OSError:  # another disk, or one that knows no hard links
            pass
    shutil.copy2(source, target)
    target.chmod(needed)
