"""The first charter, the ledger's first accounts, the inboxes, and the group whose members are the board."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import migrations
from django.utils import timezone

FIRST_CHARTER = Path(__file__).with_name("charter_1.toml")  # frozen: org/charter.toml may have moved on


def load(apps: Any, schema_editor: Any) -> None:
    document = FIRST_CHARTER.read_text()
    apps.get_model("org", "CharterVersion").objects.create(
        version=1, document=document, published_at=timezone.now(), published_by="shipped"
    )
    accounts = apps.get_model("org", "LedgerAccount").objects
    accounts.create(name="board", bounded=False)
    accounts.create(name="treasury", bounded=False)
    inboxes = apps.get_model("org", "Inbox").objects
    for role in tomllib.loads(document)["roles"]:
        inboxes.create(role=role)
    apps.get_model("auth", "Group").objects.get_or_create(name="Board")


class Migration(migrations.Migration):
    dependencies = [("org", "0002_functions"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
