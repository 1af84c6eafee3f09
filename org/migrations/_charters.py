"""How a migration publishes a charter, and what is stored beside the document."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import migrations
from django.utils import timezone

SHIPPED_BY = "shipped"


def publish(name: str) -> migrations.RunPython:
    """Publishes a document of this folder, unless a board has published its own: that stays in force, and the board
    takes over on its pages what it wants of the new one."""
    document = Path(__file__).with_name(name).read_text()

    def add_version(apps: Any, schema_editor: Any) -> None:
        versions = apps.get_model("org", "CharterVersion").objects
        if versions.exclude(published_by=SHIPPED_BY).exists():
            return
        versions.create(
            version=versions.count() + 1,
            document=document,
            lines=reporting_lines(document),
            published_at=timezone.now(),
            published_by=SHIPPED_BY,
        )

    return migrations.RunPython(add_version, migrations.RunPython.noop)


def reporting_lines(document: str) -> dict[str, list[str]]:
    """For each role those above it, nearest first; what `CharterVersion.save` works out of a charter of today."""
    above = {role: row["reports_to"] for role, row in tomllib.loads(document)["roles"].items()}
    return {role: list(_line(above, role)) for role in above}


def _line(above: dict[str, str], role: str) -> Iterator[str]:
    while (role := above[role]) != "board":
        yield role
