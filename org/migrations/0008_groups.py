"""The groups Operator and Auditor beside Board, and the count by which a change of factor ends sessions."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def add(apps: Any, schema_editor: Any) -> None:
    for name in ("Operator", "Auditor"):
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("org", "0007_charter_drafts"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.AddField(
            model_name="member",
            name="factor_changes",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="How often the second factor changed; sessions from before a change end.",
            ),
        ),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
