"""What reviews of the code of a release's features say about its quality."""

from __future__ import annotations

from typing import Any

import pytest

from org.clock import database_clock
from org.models import CharterVersion
from org.queries import gates
from tests.roles.releasing import approve, define, results
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
INJECTION = "def find(db, name):\n    return db.execute(\"SELECT * FROM users WHERE name = '%s'\" % name)\n"
CLEAN = "def two() -> int:\n    return 2\n"


def read_code(feature: str, **files: str) -> dict[str, Any]:
    named = {f"{name}.py": text for name, text in files.items()}
    return use("senior_developer", "review_code", files=named, feature=feature)


def ready(*features: str) -> None:
    use("product_manager", "plan_release", release="v1.4", features=list(features))
    for each in features:
        use("test_lead", "create_test_plan", feature=each, acceptance_criteria="Given a, when b, then c.")
    results()


def test_an_error_that_a_review_found_in_the_code_holds_the_release_until_a_review_finds_it_mended() -> None:
    feature = define()
    ready(feature)
    ref = read_code(feature, users=INJECTION)["ref"]
    told = approve()
    [held] = told["blocking"]
    assert (told["status"], held["role"], held["tool"]) == ("rejected", "senior_developer", "review_code")
    assert held["arguments"] == {"files": {"users.py": "…"}, "feature": feature}
    assert held["why"].startswith(
        f"A review of the code of {feature} “Dark mode” found S608 at line 2 of “users.py” ({ref})."
    )
    read_code(feature, other=CLEAN)
    assert approve()["approved"] is False, "a review of another file hides nothing"
    read_code(feature, users=CLEAN)
    assert approve()["approved"] is True


def test_an_error_found_after_the_approval_overtakes_it() -> None:
    feature = define()
    ready(feature)
    assert approve()["approved"] is True
    read_code(feature, users=INJECTION)
    [gate] = gates.of_deployment("1.4.0", ["production"], CharterVersion.objects.in_force(), database_clock())[:1]
    assert "is overtaken: A review of the code" in gate.says


def test_code_that_is_gone_is_reviewed_by_an_empty_text_and_warnings_hold_nothing() -> None:
    feature = define()
    ready(feature)
    read_code(feature, users=INJECTION, loud="import os\n")
    read_code(feature, users="")
    assert approve()["approved"] is True


def test_a_release_whose_code_nobody_reviewed_is_approved_and_says_so() -> None:
    features = [define(f"Feature {n}") for n in range(12)]
    ready(*features)
    told = approve()
    assert told["approved"] is True
    [unread] = told["basis"]["missing"]
    assert unread.startswith(f"a review of the code of {features[0]}, ")
    assert f" and 2 more: the senior developer's review_code {{files: …, feature: {features[0]}}}" in unread


def test_of_a_review_with_more_errors_than_it_tells_every_file_is_read_anew() -> None:
    feature = define()
    ready(feature)
    read_code(feature, **{f"users{n}": INJECTION for n in range(101)})
    [held] = approve()["blocking"]
    assert "and in 100 more of its files" in held["why"]
    assert len(held["arguments"]["files"]) == 20
