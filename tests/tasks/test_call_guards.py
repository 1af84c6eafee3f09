"""What the database refuses to do to a stored call, whoever asks."""

from collections.abc import Callable

import pytest

from org.clock import database_clock
from org.models import Call
from org.services import calls
from tests.people import store
from tests.services.database import execute, refused

pytestmark = pytest.mark.django_db


def finished() -> None:
    claimed = calls.claim(["ceo"], "test")
    assert claimed
    assert calls.perform(claimed, lambda call: {}, database_clock)


@pytest.mark.parametrize(
    ("prepare", "change", "because"),
    [
        (None, "status = 'running', lease_until = NULL", "running_has_lease"),
        (None, "status = 'cancelled'", "finished_when_over"),
        (None, "finished_at = now()", "finished_when_over"),
        (None, "status = 'done', finished_at = now()", "answered_when_done"),
        (None, "status = 'lost'", "calls_"),
        (None, "role = 'ceo'", "Cannot update"),
        (None, "tool = 'allocate_budget'", "Cannot update"),
        (None, "arguments = '{\"a\": 1}'", "Cannot update"),
        (finished, "status = 'queued', finished_at = NULL", "Cannot update"),
        (finished, "result = '{}'", "Cannot update"),
        (finished, "finished_at = now()", "Cannot update"),
    ],
)
def test_a_call_is_what_it_was(prepare: Callable[[], None] | None, change: str, because: str) -> None:
    role = "ceo" if prepare else "cto"
    _, call_id = store(role)
    if prepare:
        prepare()
    with refused(because):
        execute(f"UPDATE calls SET {change} WHERE id = %s", call_id)
    assert Call.objects.filter(pk=call_id, role=role).exists()
