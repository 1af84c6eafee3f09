"""Asking roles what a feature must do, by calls that come at once."""

from __future__ import annotations

from functools import partial

from org.clock import database_clock
from org.models import Message
from org.queries import artifacts as made
from org.services import requirements
from tests.people import acting, racers
from tests.roles.tools import use


def test_calls_at_once_ask_each_role_once(committed: str) -> None:
    stories = ["As a reader, I want dark pages, so that my eyes rest."]
    use("product_manager", "define_feature", name="Dark mode", user_stories=stories, business_value="x")
    feature = made.feature("Dark mode")
    with racers(6) as ready:
        deed = partial(requirements.gather, feature=feature, stakeholders=["cto"], clock=database_clock)
        told = ready.race([partial(deed, by=acting("product_manager")) for _ in range(6)])
    assert [each for each in told if isinstance(each, Exception)] == []
    assert Message.objects.filter(to_role="cto").count() == 1
