"""What roles write down: kept under a key, revision by revision, by whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from org.clock import database_clock
from org.errors import InvalidInput
from org.models import AuditRecord, Memory, MemoryRevision
from org.services import memories
from tests.people import acting
from tests.services.database import execute, refused

pytestmark = pytest.mark.django_db


def remember(role: str = "cto", key: str = "vendors/hosting", content: str = "OVH", **given: Any) -> Memory:
    return memories.remember(key=key, content=content, by=acting(role), clock=database_clock, **given)


def revisions(memory: Memory) -> list[tuple[int, str, str]]:
    return list(memory.revisions.order_by("revision").values_list("revision", "by_role", "content"))


def test_what_is_written_again_is_a_new_revision_and_the_former_stays() -> None:
    first = remember("cto", content="Hetzner", tags=["hosting"])
    newest = remember("operations_head", content="OVH", tags=["hosting"])
    assert newest.pk == first.pk
    assert (newest.revision, newest.created_by_role, newest.revised_by_role) == (2, "cto", "operations_head")
    assert revisions(newest) == [(1, "cto", "Hetzner"), (2, "operations_head", "OVH")]


def test_the_same_again_changes_nothing() -> None:
    first = remember("cto", tags=["Hosting"])
    again = remember("chro", tags=["hosting "])
    assert (again.revision, again.revised_by_role, again.updated_at) == (1, "cto", first.updated_at)
    assert AuditRecord.objects.filter(action="memory.written").count() == 1


@pytest.mark.parametrize(
    "key", ["VENDORS/Hosting", " vendors/hosting ", "vendors/\u200bhosting", "\uff56endors/hosting"]
)
def test_a_key_in_another_spelling_is_the_same_key(key: str) -> None:
    first = remember()
    assert remember(key=key, content="other").pk == first.pk
    assert Memory.objects.get().key == "vendors/hosting"


def test_the_trail_says_who_wrote_which_revision() -> None:
    remember("cto", content="Hetzner")
    remember("chro", content="OVH")
    first, second = AuditRecord.objects.filter(action="memory.written").order_by("pk")
    assert (first.actor, first.subject, first.data["before"]) == ("cto", "vendors/hosting", None)
    assert (second.actor, second.data["before"], second.data["after"]) == (
        "chro",
        {"revision": 1, "revised_by_role": "cto"},
        {"revision": 2, "revised_by_role": "chro"},
    )


@pytest.mark.parametrize("replaces", [0, 1, 3])
def test_who_has_read_another_revision_overwrites_nothing(replaces: int) -> None:
    remember(content="a")
    remember(content="b")
    with pytest.raises(InvalidInput, match="revision 2 is the newest, by the cto; you have read") as fault:
        remember("chro", content="c", replaces=replaces)
    assert fault.value.field == "replaces"
    assert Memory.objects.get().content == "b"
    assert remember("chro", content="c", replaces=2).revision == 3


def test_a_first_revision_replaces_none() -> None:
    with pytest.raises(InvalidInput, match="nothing is known under"):
        remember(replaces=1)
    assert remember(replaces=0).revision == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"key": "\u200b"}, "key"),
        ({"tags": ["x" * 65]}, "tags"),
        ({"tags": ["\u200b"]}, "tags"),
        ({"tags": [str(n) for n in range(21)]}, "tags"),
    ],
)
def test_a_key_or_tag_that_is_none_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        remember(**given)
    assert fault.value.field == field
    assert not Memory.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE memories SET content = 'forged'",
        "UPDATE memories SET tags = '{forged}'",
        "UPDATE memories SET revised_by_role = 'ceo'",
        "UPDATE memories SET revision = 2",
        "UPDATE memories SET updated_at = now() + interval '1 day'",
    ],
)
def test_a_memory_says_what_its_newest_revision_does(change: str) -> None:
    remember()
    with refused("a memory is what its newest revision says"):
        execute(change)
        execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ("UPDATE memories SET key = 'x'", "Cannot update"),
        ("UPDATE memories SET folded = 'x'", "Cannot update"),
        ("UPDATE memories SET created_by_role = 'ceo'", "Cannot update"),
        ("DELETE FROM memories", "Cannot delete"),
        ("TRUNCATE memories CASCADE", "only ever grows"),
        ("UPDATE memory_revisions SET content = 'x'", "Cannot update or delete"),
        ("DELETE FROM memory_revisions", "Cannot update or delete"),
        ("TRUNCATE memory_revisions", "only ever grows"),
    ],
)
def test_what_was_written_stays(change: str, because: str) -> None:
    remember()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(because):
        execute(change)


def test_a_revision_is_written_by_the_role_whose_call_it_is() -> None:
    memory, by = remember("cto"), acting("chro")
    assert by.call is not None
    with refused("a call of chro does no deed of cto"):
        MemoryRevision.objects.create(
            memory=memory, revision=2, content="x", by_role="cto", written_at=database_clock(), **by.cause
        )
    with refused("memory_revisions_one_a_number", IntegrityError):
        MemoryRevision.objects.create(
            memory=memory, revision=1, content="x", by_role="chro", written_at=database_clock(), **by.cause
        )
