"""A role is added by what the guide says: a charter entry with its migration, and a room."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from tests.clients.raw import RawClient
from tests.stack import ROOT, Organisation, Servers, wait_until

ENTRY = """
[roles.legal_counsel]
title = "Legal Counsel"
reports_to = "ceo"
limit_usd = 0

# decided_by:"""
ROOM = '''"""The Legal Counsel's room."""

from agents.role import RoleSpec
from agents.roles.shared import EVERY_ROLE

ROLE = RoleSpec(name="legal_counsel", persona="You answer for what the law asks.", tools=EVERY_ROLE)
'''
WORKER = "-m celery -A echo_project worker -P threads -c 2 -Q legal_counsel --without-mingle --without-gossip -l INFO"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The code with a tenth role, made as CONTRIBUTING tells."""
    copy = tmp_path / "echo"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    charter = copy / "org" / "charter.toml"
    text = charter.read_text().replace("\n# decided_by:", ENTRY, 1)
    text = text.replace(
        '[types.policy]\ndecided_by = ["ceo", "chro"]', '[types.policy]\ndecided_by = ["legal_counsel", "ceo"]'
    )
    charter.write_text(text)
    migrations = copy / "org" / "migrations"
    (migrations / "charter_2.toml").write_text(text)
    newest = max(path.stem for path in migrations.glob("0*.py"))
    (migrations / f"{int(newest[:4]) + 1:04}_legal_counsel.py").write_text(guides_migration())
    (copy / "agents" / "roles" / "legal_counsel.py").write_text(ROOM)
    return copy


def guides_migration() -> str:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    [example] = re.findall(r"^   ```python\n(.*?)^   ```", guide, re.DOTALL | re.MULTILINE)
    return dedent(example)


@contextmanager
def running(tree: Path, office: Organisation, env: dict[str, str]) -> Iterator[None]:
    """A worker of the new role, from its tree."""
    log = tree / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen([sys.executable, *WORKER.split()], cwd=tree, env=env, stdout=output, stderr=output)
    try:
        wait_until(lambda: " ready." in log.read_text() or worker.poll() is not None, 60, "the worker")
        yield
    finally:
        worker.terminate()
        worker.wait(30)


@pytest.mark.timeout(240)
def test_a_tenth_role_decides_by_its_charter_under_a_login_of_its_own(tree: Path, servers: Servers) -> None:
    database = "echo_ten_roles"
    servers.run_sql("CREATE DATABASE {}", database)
    office = Organisation(servers, database)
    env = office.env | {"ECHO_CREDENTIALS": str(tree / "credentials"), "ECHO_HOME": str(tree / "home")}
    try:
        for command in (["migrate", "--noinput"], ["logins", "make"], ["charter", "check", "org/charter.toml"]):
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=tree, env=env, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, done.stdout + done.stderr
        server = [sys.executable, "manage.py", "mcp_agent", "legal_counsel"]
        with running(tree, office, env), RawClient.start(server, env, cwd=tree, timeout=60) as client:
            hello = client.initialize()
            assert hello["serverInfo"]["name"] == "echo-legal_counsel"
            decided = client.call("propose_decision", decision_type="policy", title="Terms of use", context="New law.")
            assert (decided.structured["status"], decided.structured["acted_as"]) == ("approved", "legal_counsel")
            above = client.call("check_authority", decision_type="hiring", amount_usd=1).structured
            assert above["would_decide_alone"] is False
    finally:
        servers.run_sql("DROP DATABASE {} WITH (FORCE)", database)
