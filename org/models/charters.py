from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import pgtrigger
from django.db import connections, models
from django.db.models import Q

from org.charter import Charter, read
from org.enums import DraftStatus
from org.models.base import one_of, refuse_truncate

_parse = lru_cache(maxsize=64)(read)
_IN_FORCE = "SELECT document, version FROM charter_versions ORDER BY version DESC LIMIT 1"
_AT = "SELECT document, version FROM charter_versions WHERE version = %s"


class CharterVersionQuerySet(models.QuerySet["CharterVersion"]):
    def in_force(self) -> Charter:
        """The newest published charter."""
        return self._read(_IN_FORCE, "No charter is published; run the migrations.")

    def at(self, version: int) -> Charter:
        """A published charter, as an older decision was judged by it."""
        return self._read(_AT, f"There is no charter {version}.", version)

    def _read(self, statement: str, absent: str, *values: int) -> Charter:
        with connections[self.db].cursor() as cursor:  # read in each deed: plain SQL takes half the time of the ORM
            cursor.execute(statement, values)
            found = cursor.fetchone()
        if found is None:
            raise CharterVersion.DoesNotExist(absent)
        return _parse(*found)


class CharterVersion(models.Model):
    """A published charter. The newest version is in force; older ones explain older decisions."""

    version = models.PositiveIntegerField(primary_key=True)
    document = models.TextField(help_text="The charter as TOML.")
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150)
    lines = models.JSONField(default=dict, editable=False, help_text="For each role those above it, nearest first.")

    objects = CharterVersionQuerySet.as_manager()

    class Meta:
        db_table = "charter_versions"
        constraints = [models.CheckConstraint(condition=~Q(lines={}), name="charter_versions_have_lines")]
        triggers = [
            pgtrigger.Protect(name="charter_versions_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="charter_versions_follow",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM charter_versions) THEN
                        RAISE EXCEPTION 'a charter follows the one in force';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="charter_versions_approved",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="PERFORM require_published(NEW.version, NEW.document); RETURN NULL;",
            ),
            refuse_truncate("charter_versions"),
        ]

    def __str__(self) -> str:
        return f"Charter {self.version}"

    def save(self, *arguments: Any, **given: Any) -> None:
        """The reporting lines stand beside the document, for the database's own rules, which read no TOML."""
        self.lines = {role: list(self.charter.managers(role)) for role in self.charter.roles}
        super().save(*arguments, **given)

    @property
    def charter(self) -> Charter:
        """What the document says."""
        return _parse(self.document, self.version)


class CharterDraft(models.Model):
    """A charter somebody is writing, to follow the version `base`. What is published or discarded stays as it was.

    `revision` counts its texts: an approval is for one of them and void for any other, an earlier one included.
    """

    document = models.TextField(help_text="The charter as TOML.")
    revision = models.PositiveIntegerField(default=1)
    base = models.ForeignKey(CharterVersion, models.PROTECT, related_name="+")
    author = models.ForeignKey("org.Member", models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=DraftStatus.choices, default=DraftStatus.DRAFT)
    published_as = models.OneToOneField(CharterVersion, models.PROTECT, null=True, blank=True, related_name="draft")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "charter_drafts"
        constraints = [
            one_of("charter_drafts", "status", DraftStatus),
            models.CheckConstraint(
                condition=Q(status=DraftStatus.DRAFT, closed_at__isnull=True)
                | (~Q(status=DraftStatus.DRAFT) & Q(closed_at__isnull=False)),
                name="charter_drafts_closed_when_done",
            ),
            models.CheckConstraint(
                condition=Q(status=DraftStatus.PUBLISHED, published_as__isnull=False)
                | (~Q(status=DraftStatus.PUBLISHED) & Q(published_as__isnull=True)),
                name="charter_drafts_published_as_a_version",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="charter_drafts_closed_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="charter_drafts_new_text_new_revision",
                operation=pgtrigger.Update,
                condition=(
                    pgtrigger.Q(old__document__df=pgtrigger.F("new__document"))
                    | pgtrigger.Q(old__base__df=pgtrigger.F("new__base"))
                )
                & ~pgtrigger.Q(new__revision__gt=pgtrigger.F("old__revision"))
                | pgtrigger.Q(new__revision__lt=pgtrigger.F("old__revision"))
                | pgtrigger.Q(old__author__df=pgtrigger.F("new__author"))
                | pgtrigger.Q(old__created_at__df=pgtrigger.F("new__created_at")),
            ),
            pgtrigger.Protect(name="charter_drafts_stay", operation=pgtrigger.Delete),
            refuse_truncate("charter_drafts"),
            pgtrigger.Trigger(
                name="charter_drafts_published_by_the_board",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Q(new__status=DraftStatus.PUBLISHED),
                declare=[("members", "int"), ("approvals", "int")],
                func="""
                    SELECT count(*), count(a.id) INTO members, approvals
                    FROM members m
                    LEFT JOIN charter_approvals a
                        ON a.member_id = m.id AND a.draft_id = NEW.id AND a.revision = NEW.revision
                    WHERE m.is_active AND EXISTS (
                        SELECT 1 FROM members_groups mg JOIN auth_group g ON g.id = mg.group_id AND g.name = 'Board'
                        WHERE mg.member_id = m.id
                    );
                    IF approvals < greatest(1, least(2, members)) THEN
                        RAISE EXCEPTION 'a charter is published by the board''s members alone';
                    END IF;
                    IF NOT EXISTS (
                        SELECT 1 FROM charter_versions v
                        WHERE v.version = NEW.published_as_id AND v.document = NEW.document
                            AND v.version = NEW.base_id + 1
                    ) THEN
                        RAISE EXCEPTION 'a draft is published as it was approved, right after its base';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"Draft {self.pk} of charter {self.base_id + 1}"

    @property
    def ref(self) -> str:
        return f"charter draft {self.pk}"

    @property
    def hash(self) -> str:
        """SHA-256 of the document, as the audit tells of it."""
        return hash_of(self.document)

    @property
    def shown_hash(self) -> str:
        """What a member is shown and answers: the document, and which charter it is shown as a change of."""
        return hash_of(f"{self.base_id} {self.revision}\n{self.document}")


class CharterApproval(models.Model):
    """A member's approval of exactly one text of a draft, given on the web pages."""

    draft = models.ForeignKey(CharterDraft, models.PROTECT, related_name="approvals")
    member = models.ForeignKey("org.Member", models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    document_hash = models.CharField(max_length=64)
    approved_at = models.DateTimeField()

    class Meta:
        db_table = "charter_approvals"
        constraints = [
            models.UniqueConstraint(fields=["draft", "member", "revision"], name="charter_approvals_one_a_member"),
        ]
        triggers = [
            pgtrigger.Protect(name="charter_approvals_stay", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse_truncate("charter_approvals"),
            pgtrigger.Trigger(
                name="charter_approvals_of_the_text",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM charter_drafts d
                        WHERE d.id = NEW.draft_id AND d.status = 'draft' AND d.revision = NEW.revision
                            AND encode(sha256(convert_to(d.document, 'UTF8')), 'hex') = NEW.document_hash
                    ) THEN
                        RAISE EXCEPTION 'an approval is for the text of an open draft as it stands';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.document_hash[:12]}"


def hash_of(document: str) -> str:
    """SHA-256 of a charter's text, as hex."""
    return hashlib.sha256(document.encode()).hexdigest()
