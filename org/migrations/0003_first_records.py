"""The shipped charter, the ledger's first accounts, the inboxes, and the group whose members are the board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import migrations
from django.utils import timezone

from org.charter import read


def load(apps: Any, schema_editor: Any) -> None:
    document = (Path(__file__).parent.parent / "charter.toml").read_text()
    apps.get_model("org", "CharterVersion").objects.create(
        version=1, document=document, published_at=timezone.now(), published_by="shipped"
    )
    accounts = apps.get_model("org", "LedgerAccount").objects
    accounts.create(name="board", bounded=False)
    accounts.create(name="treasury", bounded=False)
    inboxes = apps.get_model("org", "Inbox").objects
    for role in read(document).roles:
        inboxes.create(role=role)
    apps.get_model("auth", "Group").objects.get_or_create(name="Board")


class Migration(migrations.Migration):
    dependencies = [("org", "0002_functions"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
