"""`manage.py client_config`: other people's files come out of it whole."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agents.client_configs import entries, files, known
from agents.client_configs.known import Machine
from agents.registry import NAMES
from tests.stack import ROOT

NOW = datetime(2026, 11, 22, 9, 30)
ECHO = {"echo-ceo": {"command": "/echo/python", "args": ["/echo/manage.py", "mcp_agent", "ceo"]}}


def run(*arguments: str, home: Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, with nothing in the environment but what is given."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "client_config", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "ECHO_ENV_FILE": "", **env},
        timeout=30,
    )


def desktop(home: Path) -> Path:
    return known.named("claude-desktop").path(Machine(sys.platform, home, home, {}))


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.bak"))


# What is printed


def test_it_prints_all_roles_for_claude_desktop_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    done = run(home=tmp_path)
    servers = json.loads(done.stdout)["mcpServers"]
    assert list(servers) == [f"echo-{role}" for role in NAMES]
    for role, entry in zip(NAMES, servers.values(), strict=True):
        assert entry == {"command": sys.executable, "args": [str(ROOT / "manage.py"), "mcp_agent", role]}
    assert "as CEO, approve the AI Research Lab, $750,000" in done.stderr
    assert not list(tmp_path.iterdir()), "printing leaves no trace"


def test_a_server_starts_from_its_entry_alone(tmp_path: Path) -> None:
    """As a client would start it: from its own folder, with an environment of almost nothing."""
    printed = run(
        "--roles",
        "cto",
        home=tmp_path,
        ECHO_HOME=str(tmp_path / "echo"),
        DATABASE_URL="postgresql://nowhere/x",
        REDIS_URL="redis://nowhere",
    )
    entry = json.loads(printed.stdout)["mcpServers"]["echo-cto"]
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
    done = subprocess.run(
        [entry["command"], *entry["args"]],
        input=line + "\n",
        capture_output=True,
        text=True,
        cwd="/",
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], **entry["env"]},
        timeout=30,
    )
    assert json.loads(done.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "echo-cto", done.stderr


def test_one_server_for_one_chat_with_every_role_is_one_entry(tmp_path: Path) -> None:
    printed = run("--roles", "all", home=tmp_path)
    entry = {"command": sys.executable, "args": [str(ROOT / "manage.py"), "mcp_agent", "all"]}
    assert json.loads(printed.stdout)["mcpServers"] == {"echo-all": entry}
    assert "as CEO, approve" in printed.stderr


def test_roles_are_chosen_in_order_and_unknown_ones_are_named(tmp_path: Path) -> None:
    assert list(json.loads(run("--roles", "cto, ceo,cto", home=tmp_path).stdout)["mcpServers"]) == [
        "echo-cto",
        "echo-ceo",
    ]
    refused = run("--roles", "ceo,boss", home=tmp_path)
    assert refused.returncode != 0
    assert "There is no role 'boss'" in refused.stderr


def test_settings_of_the_terminal_go_along_and_a_password_is_pointed_out(tmp_path: Path) -> None:
    done = run(
        home=tmp_path, DATABASE_URL="postgresql://me:secret@db/echo", REDIS_URL="redis://r:6379/0", ECHO_HOME="~/here"
    )
    entry = json.loads(done.stdout)["mcpServers"]["echo-ceo"]
    assert entry["env"] == {
        "ECHO_HOME": str(tmp_path / "here"),
        "DATABASE_URL": "postgresql://me:secret@db/echo",
        "REDIS_URL": "redis://r:6379/0",
    }
    assert "password" in done.stderr


def test_what_the_env_file_says_is_not_repeated(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("REDIS_URL=redis://from-the-file\nDATABASE_URL=postgresql://from-the-file/x\n")
    given = {"REDIS_URL": "redis://from-the-file", "DATABASE_URL": "postgresql://from-the-terminal/x"}
    assert entries.needed_env(given, tmp_path, str(env_file)) == {"DATABASE_URL": "postgresql://from-the-terminal/x"}


def test_a_home_that_only_the_terminal_would_find_is_named(tmp_path: Path) -> None:
    assert entries.needed_env({"XDG_DATA_HOME": "/elsewhere"}, tmp_path, "") == {"ECHO_HOME": str(tmp_path)}
    assert entries.needed_env({}, tmp_path, "") == {}


def test_claude_code_gets_command_lines_that_a_shell_takes_apart_again(tmp_path: Path) -> None:
    entry = {
        "command": "/my venv/python",
        "args": ["/echo/manage.py", "mcp_agent", "ceo"],
        "env": {"ECHO_HOME": "/a b"},
    }
    [line] = entries.add_commands({"echo-ceo": entry})
    assert shlex.split(line) == [
        *("claude", "mcp", "add", "--env", "ECHO_HOME=/a b", "--scope", "user", "echo-ceo"),
        *("--", "/my venv/python", "/echo/manage.py", "mcp_agent", "ceo"),
    ]
    printed = run("--client", "claude-code", "--roles", "ceo", home=tmp_path)
    assert json.loads(printed.stdout)["mcpServers"]["echo-ceo"]["type"] == "stdio"
    assert "claude mcp add --scope user echo-ceo -- " in printed.stderr


def test_claude_code_is_configured_for_a_project_of_ones_own(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    here = run("--client", "claude-code", "--roles", "ceo", "--write", home=tmp_path, cwd=tmp_path)
    assert f"Claude Code reads this file only in {tmp_path}. For a project of yours add --folder" in here.stdout
    there = run("--client", "claude-code", "--roles", "ceo", "--write", "--folder", str(project), home=tmp_path)
    assert f"File: {project / '.mcp.json'}" in there.stdout
    assert f"Start `claude` in {project}" in there.stdout
    refused = run("--client", "cursor", "--folder", str(project), home=tmp_path)
    assert "--folder goes with --client claude-code" in refused.stderr


def test_a_client_that_was_never_there_is_said_and_one_that_was_is_not(tmp_path: Path) -> None:
    sentence = f"Its folder, {desktop(tmp_path).parent}, was not there before: see that Claude Desktop is installed."
    assert sentence in run("--roles", "ceo", "--write", home=tmp_path).stdout
    assert "was not there" not in run("--roles", "ceo,cto", "--write", home=tmp_path).stdout


# Where the files lie


@pytest.mark.parametrize(
    ("client", "platform", "expected"),
    [
        ("claude-desktop", "darwin", "home/Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "linux", "home/.config/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", "roaming/Claude/claude_desktop_config.json"),
        ("claude-code", "linux", "project/.mcp.json"),
        ("cursor", "darwin", "home/.cursor/mcp.json"),
        (
            "cline",
            "linux",
            "home/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ),
        ("cline", "win32", "roaming/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
    ],
)
def test_each_client_on_each_platform(tmp_path: Path, client: str, platform: str, expected: str) -> None:
    windows = {"APPDATA": str(tmp_path / "roaming"), "LOCALAPPDATA": str(tmp_path / "local")}
    machine = Machine(platform, tmp_path / "home", tmp_path / "project", windows if platform == "win32" else {})
    assert known.named(client).path(machine) == tmp_path / expected


def test_packaged_claude_desktop_on_windows_has_a_folder_of_its_own(tmp_path: Path) -> None:
    packaged = tmp_path / "Packages/Claude_abc/LocalCache/Roaming/Claude"
    packaged.mkdir(parents=True)
    machine = Machine("win32", tmp_path, tmp_path, {"LOCALAPPDATA": str(tmp_path), "APPDATA": str(tmp_path / "r")})
    assert known.named("claude-desktop").path(machine).parent == packaged


def test_cline_is_found_where_vs_code_works_remotely(tmp_path: Path) -> None:
    remote = tmp_path / ".vscode-server/data/User/globalStorage/saoudrizwan.claude-dev"
    remote.mkdir(parents=True)
    assert known.named("cline").path(Machine("linux", tmp_path, tmp_path, {})).is_relative_to(remote)


# Writing


def test_it_writes_a_private_file_where_there_was_none(tmp_path: Path) -> None:
    done = run("--write", home=tmp_path)
    assert done.returncode == 0, done.stderr
    path = desktop(tmp_path)
    assert list(json.loads(path.read_text())["mcpServers"]) == [f"echo-{role}" for role in NAMES]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not backups(path)
    assert str(path) in done.stdout
    assert "start it again" in done.stdout


def test_the_second_time_nothing_is_written(tmp_path: Path) -> None:
    run("--write", home=tmp_path)
    path = desktop(tmp_path)
    before = path.stat()
    done = run("--write", home=tmp_path)
    assert done.returncode == 0
    assert "already there" in done.stdout
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not backups(path)


def test_everything_else_keeps_its_value_and_its_place(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    former = {
        "theme": "dark ☾",
        "mcpServers": {"files": {"command": "npx"}, "echo-ceo": {"command": "old"}},
        "z": [1, 2.50],
    }
    path.write_text(json.dumps(former, indent=4, ensure_ascii=False))
    path.chmod(0o640)
    merged = files.merge(path, ECHO | {"echo-cto": {"command": "/echo/python"}}, NOW)
    assert (merged.added, merged.changed, merged.kept) == (["echo-cto"], ["echo-ceo"], [])
    text = path.read_text()
    document = json.loads(text)
    assert list(document) == ["theme", "mcpServers", "z"]
    assert document["z"] == [1, 2.5]
    assert list(document["mcpServers"]) == ["files", "echo-ceo", "echo-cto"]
    assert document["mcpServers"]["echo-ceo"] == ECHO["echo-ceo"]
    assert "dark ☾" in text
    assert '\n    "theme"' in text, "the manner of the file is kept"
    assert path.stat().st_mode & 0o777 == 0o640
    assert merged.backup == tmp_path / "config.json.20261122-093000.bak"
    assert json.loads(merged.backup.read_text()) == former
    assert merged.backup.stat().st_mode & 0o777 == 0o640


def test_two_changes_in_one_second_keep_two_backups(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    first = files.merge(path, ECHO, NOW)
    second = files.merge(path, {"echo-cto": {"command": "x"}}, NOW)
    assert first.backup
    assert second.backup
    assert first.backup.read_text() == "{}"
    assert len(backups(path)) == 2


def test_what_a_person_added_to_an_entry_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    mine = {
        "command": "old",
        "args": [],
        "env": {"ECHO_LOG_LEVEL": "DEBUG"},
        "disabled": True,
        "autoApprove": ["brief_me"],
    }
    path.write_text(json.dumps({"mcpServers": {"echo-ceo": mine}}))
    new: dict[str, Any] = {"echo-ceo": {**ECHO["echo-ceo"], "disabled": False, "env": {"ECHO_HOME": "/h"}}}
    files.merge(path, new, NOW)
    entry = json.loads(path.read_text())["mcpServers"]["echo-ceo"]
    assert entry["env"] == {"ECHO_LOG_LEVEL": "DEBUG", "ECHO_HOME": "/h"}
    assert entry["disabled"] is True
    assert entry["autoApprove"] == ["brief_me"]
    assert entry["command"] == "/echo/python"
    assert not files.merge(path, new, NOW).wrote


def test_line_ends_and_byte_order_mark_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n\t"a": 1\r\n}\r\n')
    files.merge(path, ECHO, NOW)
    raw = path.read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf{\r\n\t"a": 1,\r\n\t"mcpServers"')
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_a_link_stays_a_link_and_its_file_is_changed(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "claude.json", tmp_path / "config.json"
    real.write_text("{}")
    link.symlink_to(real)
    merged = files.merge(link, ECHO, NOW)
    assert link.is_symlink()
    assert "echo-ceo" in real.read_text()
    assert merged.backup
    assert merged.backup.parent == real.parent


def test_an_empty_file_is_an_empty_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(" \n")
    assert files.merge(path, ECHO, NOW).added == ["echo-ceo"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"mcpServers": {},}', "not valid JSON (line 1, column"),
        (b"{ // mine\n}", "not valid JSON (line 1, column 3"),
        (b'{"a": 1, "a": 2}', "the name 'a' stands twice"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"mcpServers": []}', "other than an object as 'mcpServers'"),
        (b"[]", "not an object"),
        (b'{"a": "\xff"}', "not UTF-8"),
    ],
)
def test_a_file_that_is_not_understood_is_left_alone(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(files.Unusable) as refused:
        files.merge(path, ECHO, NOW)
    assert problem in str(refused.value)
    assert str(path) in str(refused.value)
    assert "Nothing was changed" in str(refused.value)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_loops_of_links_and_folders_are_refused(tmp_path: Path) -> None:
    loop, folder = tmp_path / "loop.json", tmp_path / "folder.json"
    loop.symlink_to(loop)
    folder.mkdir()
    for path in loop, folder:
        with pytest.raises(files.Unusable, match="Nothing was changed"):
            files.merge(path, ECHO, NOW)


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(files.Unusable, match="No space left on device"):
        files.merge(path, ECHO, NOW)
    assert path.read_text() == "{}"
    assert not list(tmp_path.glob(".*.new"))


def test_a_refusal_is_one_sentence_and_not_a_traceback(tmp_path: Path) -> None:
    path = desktop(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text("{oops")
    done = run("--write", home=tmp_path)
    assert done.returncode == 1
    assert "is not valid JSON" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_text() == "{oops"
    assert not backups(path)


def test_the_example_is_what_a_person_gets(tmp_path: Path) -> None:
    example = json.loads((ROOT / "examples" / "claude_desktop_config.json").read_text())["mcpServers"]
    printed = json.loads(run(home=tmp_path).stdout)["mcpServers"]
    assert list(example) == list(printed)
    for name, entry in example.items():
        assert entry["args"][1:] == printed[name]["args"][1:]
        assert entry.keys() == printed[name].keys()
