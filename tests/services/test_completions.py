"""What is typed is completed with what the role may read, and with no more than a hundred values."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import completions
from org.charter import SHIPPED, read
from org.clock import database_clock
from org.enums import BoardAnswer
from org.errors import InvalidInput
from org.models import Decision
from org.queries.completions import MOST, Completed
from org.services import decisions
from tests.people import acting, answer, propose, put_to_vote
from tests.services.database import execute, signed_in_as
from tests.services.test_memories import remember

pytestmark = pytest.mark.django_db
CHARTER = read(SHIPPED.read_text())
ROWS = 20_000


def completed(argument: str, typed: str = "", role: str = "ceo") -> Completed:
    """As a role's server completes it, under the rights of its login."""
    with signed_in_as(role):
        return completions.of(argument, typed, role)


def refs(typed: str = "", role: str = "ceo") -> list[str]:
    return completed("decision_id", typed, role).values


def test_open_decisions_are_offered_newest_first_and_settled_ones_are_not() -> None:
    first, second = propose("ceo", 5_000_000), propose("cto", None, "other")
    put = put_to_vote("ceo")
    answer(propose("ceo", 6_000_000), BoardAnswer.REJECT)
    propose("ceo", 5)
    assert refs() == [put.ref, second.ref, first.ref]
    assert completed("focus") == completed("id") == completed("decision_id") == Completed(refs(), 3)


@pytest.mark.parametrize("spelled", ["D-{}", "d-{}", "d{}", "{}", " D-{} "])
def test_a_ref_is_completed_from_however_it_begins(spelled: str) -> None:
    matter = propose("ceo", 5_000_000)
    number = str(matter.number)
    for length in range(len(number) + 1):
        assert refs(spelled.format(number[:length])) == [matter.ref]
    assert refs(spelled.format(f"{number}0")) == []


def test_a_decision_is_completed_from_words_of_its_title() -> None:
    expansion, office = (
        propose("ceo", 5_000_000, title="Regional Expansion"),
        propose("ceo", 5_000_000, title="50% office"),
    )
    assert refs("expan region") == [expansion.ref]
    assert refs("%") == refs("50% OFF") == [office.ref]
    assert refs("regional office") == []
    assert refs("_") == []


def test_a_confidential_decision_is_offered_to_those_who_may_read_it_and_counted_for_nobody_else() -> None:
    matter = propose("senior_developer", 600_000, "vendor_contract", title="Secret", confidential=True)
    put = put_to_vote("ceo", participants=["cto", "chro"], title="Secret vote", confidential=True)
    readers = {
        "senior_developer": [matter],
        "senior_architect": [matter],
        "cto": [put, matter],
        "ceo": [put, matter],
        "chro": [put],
        "product_manager": [put],
        "test_lead": [],
    }
    for role, rows in readers.items():
        expected = [row.ref for row in rows]
        assert completed("decision_id", "secret", role) == Completed(expected, len(expected)), role
        # One login for all roles has no policies to help.
        assert completions.of("decision_id", "secret", role).values == expected, role


def test_more_than_a_hundred_are_counted_and_not_sent() -> None:
    for number in range(MOST + 2):
        propose("cto", None, "other", title=f"Matter {number}")
    found = completed("decision_id")
    assert (len(found.values), found.total) == (MOST, MOST + 2)
    assert found.values[0] == Decision.objects.latest("created_at").ref
    assert completed("decision_id", "matter 101").total == 1


def test_types_and_roles_are_the_charters() -> None:
    assert completed("decision_type") == Completed(list(CHARTER.types), len(CHARTER.types))
    assert completed("decision_type", "Techno").values == ["technology_selection"]
    assert completed("decision_type", "change").values == ["infrastructure_change"]
    assert completed("decision_type", "a").values == ["architecture", "budget_allocation"]
    assert completed("participants").values == [name for name in CHARTER.roles if name != "ceo"]
    assert completed("participants", "cto, se").values == ["cto, senior_architect", "cto, senior_developer"]
    assert completed("participants", "cto,chro,").values[0] == "cto, chro, operations_head"
    assert completed("participants", "cto, ct").values == []


def test_keys_of_memories_are_completed_from_however_they_are_spelled() -> None:
    for key in ("vendors/hosting", "Vendors/Payroll", "vendor_100%", "people/on call"):
        remember(key=key)
    assert completed("key", "VENDORS/").values == ["vendors/hosting", "Vendors/Payroll"]
    assert completed("key", "vendor_").values == ["vendor_100%"]
    assert completed("key", "%").values == []
    assert completed("key").total == 4


def test_a_key_that_hides_something_is_offered_in_the_form_that_shows_all() -> None:
    memory = remember(key="vendors/\u202ehosting")
    assert completed("key").values == [memory.folded] == ["vendors/hosting"]


def test_free_text_is_not_completed() -> None:
    propose("ceo", 5_000_000, title="Lab")
    assert completed("title", "La") == completed("amount_usd") == Completed([], 0)


@pytest.mark.parametrize("argument", ["decision_id", "key", "decision_type"])
def test_what_cannot_be_text_is_refused_and_what_is_too_long_fits_nothing(argument: str) -> None:
    for typed in ("a\x00", "\ud800"):
        with pytest.raises(InvalidInput, match=r"^value"):
            completed(argument, typed)
    assert completed(argument, "x" * 256) == completed(argument, "x " * 10_000) == Completed([], 0)


def test_a_completed_decision_is_gone_once_it_is_settled() -> None:
    matter = propose("ceo", 5_000_000)
    decisions.withdraw(decision=matter.ref, reason="x", by=acting("ceo"), clock=database_clock)
    assert refs(matter.ref) == []


def many_decisions() -> None:
    """A thousandth of them open."""
    execute("ALTER TABLE decisions DISABLE TRIGGER USER")
    execute(
        """
        INSERT INTO decisions (id, number, decision_type, initiator_role, mode, title, context, initiative,
                               initiative_key, confidential, urgency, status, charter_version_id, ruling, content_hash,
                               outcome, decided_by, created_at, completed_at, timer)
        SELECT gen_random_uuid(), 1000000 + n, 'policy', 'ceo', 'autonomous', 'Lab ' || n, '{}', 'x', 'x', false,
               'normal', CASE n %% 1000 WHEN 0 THEN 'pending' ELSE 'approved' END, 1, '{}', '',
               CASE WHEN n %% 1000 > 0 THEN '{}'::jsonb END, CASE WHEN n %% 1000 > 0 THEN 'ceo' END, now(),
               CASE WHEN n %% 1000 > 0 THEN now() END, 'x'
        FROM generate_series(1, %s) n
        """,
        ROWS,
    )
    execute("ANALYZE decisions")


def many_memories() -> None:
    execute("ALTER TABLE memories DISABLE TRIGGER USER")
    execute(
        """
        INSERT INTO memories (id, key, folded, content, tags, revision, inserted_at, updated_at)
        SELECT gen_random_uuid(), 'key ' || n, 'key ' || n, 'x', '{}', 1, now(), now() FROM generate_series(1, %s) n
        """,
        ROWS,
    )
    execute("ANALYZE memories")


@pytest.mark.parametrize(
    ("rows", "argument", "typed", "index"),
    [
        (many_decisions, "decision_id", "", "idx_decisions_status"),
        (many_decisions, "decision_id", "lab", "idx_decisions_status"),
        (many_decisions, "decision_id", "D-1", "idx_decisions_status"),
        (many_memories, "key", "key 77", "on memories"),
    ],
)
def test_it_is_one_query_found_by_its_index(rows: object, argument: str, typed: str, index: str) -> None:
    assert callable(rows)
    rows()
    with signed_in_as("cto"):
        with CaptureQueriesContext(connection) as asked:
            completions.of(argument, typed, "cto")
        [_, query] = asked.captured_queries  # the charter, by its number, comes first
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + query["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
    assert index in plan, plan
    assert "Index Cond" in plan, plan
    assert "Seq Scan" not in plan, plan
