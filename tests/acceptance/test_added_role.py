"""A role is added by what the guide says: a charter entry with its migration, and a room."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import guide
from tests.clients.raw import RawClient
from tests.stack import ROOT, Organisation, Servers, wait_until

WORKER = "-m celery -A echo_project worker -P threads -c 2 -Q legal_counsel --without-mingle --without-gossip -l INFO"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The code with a tenth role, made of what CONTRIBUTING shows."""
    copy = tmp_path / "echo"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    charter = copy / "org" / "charter.toml"
    text = charter.read_text().replace("\n# decided_by:", f"\n{guide.shown('[roles.')}\n# decided_by:", 1)
    text, types = re.subn(r"(\[types\.policy\]\ndecided_by = \[)", r'\1"legal_counsel", ', text)
    assert types == 1
    charter.write_text(text)
    (copy / "agents" / "roles" / "legal_counsel.py").write_text(guide.shown('RoleSpec(name="legal_counsel"'))
    return copy


def publish(tree: Path, env: dict[str, str]) -> None:
    """Copy the charter, and write the migration that publishes the copy."""
    migrations = tree / "org" / "migrations"
    name = f"charter_{len(list(migrations.glob('charter_*.toml'))) + 1}.toml"
    shutil.copy(tree / "org" / "charter.toml", migrations / name)
    manage(tree, env, "makemigrations", "org", "--empty", "--name", "legal_counsel")
    [begun] = migrations.glob("*_legal_counsel.py")
    [dependencies] = re.findall(r"dependencies = (\[.*?\])", begun.read_text(), re.DOTALL)
    shown = guide.shown("operations = [publish(").replace("charter_2.toml", name)
    begun.write_text(shown.replace("dependencies = []", f"dependencies = {dependencies}"))


def manage(tree: Path, env: dict[str, str], *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=tree, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
        publish(tree, env)
        for command in (["migrate", "--noinput"], ["logins", "make"], ["charter", "check", "org/charter.toml"]):
            manage(tree, env, *command)
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
