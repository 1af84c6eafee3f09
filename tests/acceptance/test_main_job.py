from collections.abc import Callable

from tests.clients.raw import RawClient


def test_a_ceo_approves_within_the_limit(client_of: Callable[[str], RawClient]) -> None:
    answer = client_of("ceo").call("approve_strategic_initiative", initiative="AI lab", business_value="much", budget=750_000)
    assert not answer.is_error
    assert answer.structured["approved"] is True
    assert answer.structured["status"] == "approved"
    assert answer.structured["remaining_usd"] == 250_000
