"""What has invisible characters between its letters is found by `recall`, what was written before as well."""

from __future__ import annotations

from django.db import migrations

from org.migrations._findable import FINDABLE, MADE_ANEW, PLAIN


class Migration(migrations.Migration):
    dependencies = [("org", "0026_unallocated")]
    operations = [migrations.RunSQL(FINDABLE + MADE_ANEW, PLAIN + MADE_ANEW)]
