"""What roles make is kept as it was made, and the others find it by name, by ref and by words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.roles.memory import recall as recall_tool
from org import names
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, RecordKind
from org.errors import InvalidInput, NotFound
from org.models import Artifact, OutboxEvent
from org.queries import artifacts as made
from org.queries import recall
from org.queries.recall import Wanted
from org.services import artifacts
from tests.people import acting, propose
from tests.services.database import execute, refused, signed_in_as

pytestmark = pytest.mark.django_db


def make(
    kind: ArtifactKind = ArtifactKind.FEATURE, name: str = "Dark mode", role: str = "cto", **given: Any
) -> Artifact:
    given = {"content": {"why": "Eyes tire at night."}, **given}
    return artifacts.make(kind=kind, name=name, by=acting(role), clock=database_clock, **given)


def test_a_feature_is_found_by_any_spelling_of_its_name_and_by_the_ref_of_what_was_made_for_it() -> None:
    feature = make()
    design = make(ArtifactKind.DESIGN, "Dark mode, design", feature=feature.feature)
    for text in ("Dark mode", "dark  MODE ", "D\u200bark mode", feature.ref, design.ref, design.ref.lower()):
        assert made.feature(text) == feature, text


def test_the_newest_of_a_kind_stands_and_earlier_ones_stay() -> None:
    first, second = make(), make(name="DARK MODE")
    assert made.feature("dark mode") == second
    assert set(Artifact.objects.of(ArtifactKind.FEATURE)) == {first, second}
    design, spec = (make(kind, "x", feature=second.feature) for kind in (ArtifactKind.DESIGN, ArtifactKind.SPEC))
    assert made.of_feature(second.feature) == {
        ArtifactKind.FEATURE: second,
        ArtifactKind.DESIGN: design,
        ArtifactKind.SPEC: spec,
    }


def test_a_miss_names_the_nearest_features_and_the_call_that_defines_one() -> None:
    for name in ("Dark mode", "Dark patterns", "Billing", "Search"):
        make(name=name)
    with pytest.raises(NotFound, match=r"feature: nothing is called 'darkmode'\. Known: Dark mode.*define_feature"):
        made.feature("darkmode")
    with pytest.raises(NotFound, match=r"feature: nothing is called 'F-999999'\. Known: F-"):
        made.feature("F-999999")


def test_spellings_of_a_release_are_one() -> None:
    results = make(ArtifactKind.TEST_RESULTS, "x", release=made.release_key("v1.4"))
    for text in ("1.4", "1.4.0", "V1.4.0", "Release 1.4", "Version v1.4.", results.ref):
        assert made.newest(ArtifactKind.TEST_RESULTS, release=made.release_key(text)) == results, text
    for text in ("1.4.1", "1.4-rc.1", "14", "1.40"):
        assert made.newest(ArtifactKind.TEST_RESULTS, release=made.release_key(text)) is None, text


@given(st.text(max_size=40))
def test_the_key_of_a_release_is_its_own_key(text: str) -> None:
    key = names.normalize_release(text)
    assert names.normalize_release(key) == key


def test_what_was_made_is_never_changed() -> None:
    make()
    with refused("Cannot update or delete rows from artifacts"):
        execute("UPDATE artifacts SET name = 'x'")
    with refused("Cannot update or delete rows from artifacts"):
        execute("DELETE FROM artifacts")


def test_a_name_that_nobody_can_see_is_refused() -> None:
    with pytest.raises(InvalidInput, match="name: holds nothing that can be seen"):
        make(name="\u200b\u2060")
    assert not Artifact.objects.exists()


def test_making_is_told_on_the_bus_by_ref_alone() -> None:
    artifact = make()
    event = OutboxEvent.objects.get(channel="echo:changes")
    assert event.payload == {"changed": [artifact.ref, str(artifact.pk)]}


def test_recall_finds_what_others_made_and_who_made_it_for_what() -> None:
    feature = make()
    design = make(ArtifactKind.DESIGN, "Palette", "senior_architect", feature=feature.feature)
    for n in range(20):
        make(name=f"Other {n}", content={"why": "Nobody asked."})
    with signed_in_as("test_lead"):
        rows, _ = recall.search("test_lead", Wanted("eyes at night", kinds=[RecordKind.ARTIFACT]), limit=5)
        assert {row.record.pk for row in rows} == {feature.pk, design.pk}
        answer = recall_tool.run(Actor("test_lead"), "palette")
        whole = recall_tool.run(Actor("test_lead"), id=design.ref.lower()).record
    assert (answer.matches[0].kind, answer.matches[0].ref) == ("artifact", design.ref)
    assert answer.matches[0].why == "The design that senior_architect made for “dark mode”."
    assert whole is not None
    assert (whole["ref"], whole["feature"], whole["made_by"]) == (design.ref, "dark mode", "senior_architect")
    assert whole["content"] == {"why": "Eyes tire at night."}


def test_a_decision_that_is_not_ones_to_read_is_not_named() -> None:
    secret = propose("ceo", 1_000, confidential=True)
    artifact = make(decision=secret)
    with signed_in_as("test_lead"):
        told = recall_tool.run(Actor("test_lead"), id=artifact.ref).record
    with signed_in_as("ceo"):
        own = recall_tool.run(Actor("ceo"), id=artifact.ref).record
    assert told is not None and own is not None
    assert (told["decision"], own["decision"]) == (None, secret.ref)
    by_one_login = [recall_tool.run(Actor(role), id=artifact.ref).record for role in ("test_lead", "ceo")]
    assert [each and each["decision"] for each in by_one_login] == [None, secret.ref]
