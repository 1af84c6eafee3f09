from __future__ import annotations

from functools import lru_cache

import pgtrigger
from django.db import connections, models

from org.charter import Charter, read
from org.models.base import refuse_truncate

_parse = lru_cache(maxsize=64)(read)


class CharterVersionQuerySet(models.QuerySet["CharterVersion"]):
    def in_force(self) -> Charter:
        """The newest published charter."""
        with connections[self.db].cursor() as cursor:  # read in each deed: plain SQL takes half the time of the ORM
            cursor.execute("SELECT document, version FROM charter_versions ORDER BY version DESC LIMIT 1")
            newest = cursor.fetchone()
        if newest is None:
            raise CharterVersion.DoesNotExist("No charter is published; run the migrations.")
        return _parse(*newest)

    def at(self, version: int) -> Charter:
        """A published charter, as an older decision was judged by it."""
        return _parse(self.values_list("document", flat=True).get(version=version), version)


class CharterVersion(models.Model):
    """A published charter. The newest version is in force; older ones explain older decisions."""

    version = models.PositiveIntegerField(primary_key=True)
    document = models.TextField(help_text="The charter as TOML.")
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150)

    objects = CharterVersionQuerySet.as_manager()

    class Meta:
        db_table = "charter_versions"
        triggers = [
            pgtrigger.Protect(name="charter_versions_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse_truncate("charter_versions"),
        ]

    def __str__(self) -> str:
        return f"Charter {self.version}"
