"""What was written with invisible characters between its letters is found by the words that people see."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from org.models import Artifact, Decision, Memory, Message
from tests.people import propose
from tests.services.test_memories import remember
from tests.services.test_recall import found, say

SPLIT = "hetz\u200bner"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sign", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u3164", "\ufe0f", "\U000e0061"], ids=ascii
)
def test_a_word_with_an_invisible_character_is_found_as_without(sign: str) -> None:
    decision = propose("cto", None, "architecture", title="Move", context={"why": f"Hetz{sign}ner is dear."})
    assert found("hetzner") == [decision.ref]
    assert found(f"he{sign}tzner") == [decision.ref]


@pytest.mark.django_db
def test_words_between_which_such_a_character_stands_are_found_each() -> None:
    ref = say("ceo", "Where", "amsterdam\u200bfrankfurt\u200blondon")
    assert [found(word) for word in ("amsterdam", "frankfurt", "london", "amsterdamfrankfurtlondon")] == [[ref]] * 4


@pytest.mark.django_db
def test_records_of_every_kind_are_found_so() -> None:
    remember(key="vendor", content=f"We left {SPLIT}.")
    ref = say("ceo", f"About {SPLIT}", "soon")
    assert {*found("hetzner")} == {ref, "vendor"}


@pytest.mark.django_db
@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_the_largest_text_is_read_both_ways(length: int) -> None:
    signs = [chr(number) for number in range(0x20000, 0x2A000)]
    words = ["".join(signs[(n * 7 + k * 31) % len(signs)] for k in range(length)) for n in range(120_000 // length)]
    text = "".join(word + (" ", "\u200b ")[n % 2] if n % 3 else word + "\u200b" for n, word in enumerate(words))
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(searchable(%s))", [text[:100_000]])
        assert cursor.fetchone()[0] > 1_000


def test_what_was_written_before_is_found_after_and_nothing_else_of_it_moves(committed: str) -> None:
    call_command("migrate", "org", "0026_unallocated", verbosity=0)
    decision = propose("cto", None, "architecture", title=f"Leave {SPLIT}")
    say("ceo", SPLIT, "soon")
    remember(key="vendor", content=SPLIT)
    assert found("hetzner") == []
    before = rows()
    indexes = definitions()
    call_command("migrate", "org", "0027_findable", verbosity=0)
    assert {*found("hetzner")} == {decision.ref, Message.objects.get(subject=SPLIT).ref, "vendor"}
    assert rows() == before
    assert definitions() == indexes
    assert len(indexes) == 4


def rows() -> list[object]:
    """All that is kept, but what it is found by, and when each row was written last."""
    kept: list[object] = []
    for model in (Decision, Message, Memory, Artifact):
        fields = [field.attname for field in model._meta.concrete_fields if field.attname != "words"]
        kept += model.objects.order_by("pk").values_list(*fields)
    return kept


def definitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'idx%%words' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]
