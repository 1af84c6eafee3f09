"""The rules of the house."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from io import StringIO
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands
from importlinter.cli import lint_imports

from agents.registry import NAMES
from agents.server import VERSION
from org import money
from org.charter import SHIPPED, parse, read
from org.enums import BOARD
from org.migrations._charters import publish
from org.models import CharterVersion
from tests import guide
from tests.people import acting, publish_charter

ROOT = Path(__file__).resolve().parent.parent
SPEAK_MCP = {
    f"agents.{name}"
    for name in (
        *("acting", "links", "prompting", "readiness", "resources", "results", "selection", "server", "subscriptions"),
        *("wire", "wire_streams"),
    )
}
OURS = {"org", "agents", "tasks", "echo_project", "tests", "bench"}
LONGEST_ROOM = 320  # lines; longer is two subjects


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split() or [str(path.relative_to(ROOT)) for p in patterns for path in ROOT.rglob(p)]
    return [ROOT / name for name in names if (ROOT / name).exists() and not name.startswith(".venv")]


def test_who_may_import_whom_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def contract(name: str) -> dict[str, Any]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [found] = [each for each in contracts if each["name"] == name]
    return found


def test_the_contracts_of_imports_leave_no_module_out() -> None:
    """`exhaustive` sees to the layers of org; of the other contracts the lists are compared here."""
    roles = {f"agents.roles.{name}" for name in NAMES}
    assert set(contract("roles never import each other")["modules"]) == roles
    agents = {f"agents.{module.name}" for module in iter_modules([str(ROOT / "agents")])}
    silent = set(contract("tools, calls and workers speak no MCP")["source_modules"])
    assert silent == agents - SPEAK_MCP | {"tasks"}
    without_celery = set(contract("only the doorbell rings Celery from the agents' side")["source_modules"])
    assert without_celery == agents - {"agents.doorbell"}


def test_rooms_are_short() -> None:
    rooms = [path for path in tracked("*.py") if not {"migrations", "tests", "tools"} & set(path.parts)]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in rooms
        if (lines := len(path.read_text().splitlines())) > LONGEST_ROOM
    }
    assert long == {}


def test_the_registry_and_the_charter_name_the_same_roles() -> None:
    assert set(NAMES) == set(read(SHIPPED.read_text()).roles)


def test_the_shipped_charter_is_the_one_the_newest_migration_publishes() -> None:
    """Whoever edits org/charter.toml adds a migration that publishes it as org/migrations/charter_<version>.toml."""
    frozen = sorted((ROOT / "org/migrations").glob("charter_*.toml"), key=lambda path: int(path.stem.split("_")[1]))
    assert [path.name for path in frozen] == [f"charter_{n}.toml" for n in range(1, len(frozen) + 1)]
    assert frozen[-1].read_text() == SHIPPED.read_text()


@pytest.mark.django_db
def test_a_new_database_is_under_the_shipped_charter() -> None:
    assert CharterVersion.objects.latest("version").document == SHIPPED.read_text()


def test_documents_made_from_the_code_are_in_step() -> None:
    call_command("docs", "--check")


@pytest.mark.django_db
def test_migrations_are_in_step_with_the_models() -> None:
    out = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes detected" in out.getvalue()


def test_every_requirement_says_what_it_is_for() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.match(r"\S+==\S+ .*# \w", line), f"{name}: {line}"


def required(*files: str) -> set[str]:
    """The distributions these files of requirements name."""
    lines = [line for name in files for line in (ROOT / name).read_text().splitlines()]
    return {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z][\w.-]*", line))}


def imported(*rooms: str) -> dict[str, str]:
    """What these rooms import of others' code, by top-level name, with one file that does."""
    found: dict[str, str] = {}
    for path in (path for room in rooms for path in tracked(f"{room}/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | OURS}


@pytest.mark.parametrize(
    ("rooms", "files"),
    [
        (("org", "agents", "tasks", "echo_project"), ("requirements.txt",)),
        (("tests",), ("requirements.txt", "requirements-dev.txt")),
        (("bench",), ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")),
    ],
)
def test_what_is_imported_is_required_by_name(rooms: tuple[str, ...], files: tuple[str, ...]) -> None:
    """Not only brought along by another package, which may stop doing so."""
    known, distributions = required(*files), packages_distributions()
    assert {
        name: path
        for name, path in imported(*rooms).items()
        if not known & {each.lower() for each in distributions.get(name, [name])}
    } == {}


def test_requirements_are_pinned_as_the_constraints_are() -> None:
    pinned = set((ROOT / "constraints.txt").read_text().lower().splitlines())
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if found := re.match(r"([\w.-]+)(?:\[.*\])?(==\S+)", line):
                assert f"{found[1]}{found[2]}".lower() in pinned, f"{name}: {line}"


def test_the_servers_tell_the_version_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


@pytest.mark.django_db
def test_the_guides_example_of_a_tool_works_as_it_stands() -> None:
    room: dict[str, Any] = {"__name__": "agents.roles.cto"}
    exec(compile(guide.shown("@tool"), "CONTRIBUTING.md", "exec"), room)
    added = room["ROLE"].tools[-1]
    answer = added.call(acting("cto"), added.validate({"standard": "Python 3.13", "reason": "One version to know"}))
    assert answer["say"] == f"{answer['ref']} goes to {len(NAMES) - 1} roles."


@pytest.mark.django_db
def test_a_migration_publishes_a_shipped_charter_until_a_board_has_published_its_own() -> None:
    first = CharterVersion.objects.in_force().version
    publish("charter_1.toml").code(apps, None)
    assert CharterVersion.objects.in_force().version == first + 1
    publish_charter(SHIPPED.read_text())
    publish("charter_1.toml").code(apps, None)
    assert CharterVersion.objects.in_force().version == first + 2


def test_the_guide_to_the_charter_tells_every_key_there_is() -> None:
    tables = {"all": "", "a role": "[roles.ceo]\n", "a type": "[types.other]\n"}
    guide = (ROOT / "docs/CHARTER.md").read_text()
    for of, table in tables.items():
        _, faults = parse(SHIPPED.read_text().replace(table, f"{table}no_key = 1\n", 1))
        [known] = [found[1] for fault in faults if (found := re.search(r"known are (\[.*?\])", fault))]
        [rows] = re.findall(rf"^\| of {of}\b.*\n\|[-|]+\n((?:\|.*\n)+)", guide, re.MULTILINE)
        told = {key for row in rows.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])}
        assert told == set(ast.literal_eval(known)) - {"roles", "types"}, of


def test_the_readmes_table_of_roles_is_the_charters() -> None:
    charter = read(SHIPPED.read_text())
    told: dict[str, tuple[str, str]] = {}
    for names, limit, above in re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|$", (ROOT / "README.md").read_text(), re.M):
        for name, title in re.findall(r"`(\w+)`,? ?([^`,]*)", names):
            assert title in ("", charter.title(name))
            told[name] = limit, above
    assert told == {
        name: (
            money.show(role.limit_usd) if role.limit_usd else "no money",
            "the board: people" if role.reports_to == BOARD else role.reports_to,
        )
        for name, role in charter.roles.items()
    }


def test_the_readme_names_only_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= get_commands().keys()
