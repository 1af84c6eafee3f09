"""An agent's login makes nothing grow without end, and is told no score of what it recalls."""

from __future__ import annotations

from django.db import migrations

from org.migrations._bounds import BEAT, SCORED, UNBOUNDED, UNSCORED


class Migration(migrations.Migration):
    dependencies = [("org", "0023_overrides")]
    operations = [
        migrations.RunSQL(UNSCORED, SCORED),
        migrations.RunSQL(BEAT, UNBOUNDED),
    ]
