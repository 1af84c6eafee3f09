"""A feature goes through the whole company while servers are restarted; the board says yes in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from redis import Redis

from org.models import Decision
from tests.clients.raw import RawClient
from tests.journey import Company, goes_from_its_definition_to_its_announcement
from tests.people import board_member, use_database
from tests.stack import ROOT, Organisation, Servers

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


class Restarted:
    """An organisation whose worker is killed, whose Redis is emptied and whose PostgreSQL is restarted."""

    def __init__(self, servers: Servers, organisation: Organisation) -> None:
        self.servers, self.organisation = servers, organisation
        self.worker = organisation.start_worker()

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker = self.organisation.start_worker()

    def empty_redis(self) -> None:
        Redis.from_url(self.servers.home.redis_url).flushall()

    def restart_postgresql(self) -> None:
        self.servers.postgres.stop()
        self.servers.postgres.start()
        self.servers.postgres.wait_ready()
        use_database(self.organisation.database)  # this process opens another connection for itself


@pytest.fixture
def company(organisation: Organisation) -> Iterator[Company]:
    with ExitStack() as stack:

        def start(role: str) -> RawClient:
            command = organisation.client_command(role)
            opened = stack.enter_context(RawClient.start(command, organisation.env, cwd=ROOT, timeout=60))
            opened.initialize()
            return opened

        yield Company(start)


def test_a_feature_is_announced_after_the_board_approved_it_in_a_browser(
    visit: Any, organisation: Organisation, servers: Servers, company: Company
) -> None:
    board_member("ada")
    ada = visit()
    ada.sign_in("ada")
    organisation.start_sweeper()

    def approve(decision: Decision) -> None:
        ada.open("/admin/")
        ada.page.get_by_role("link", name=decision.title).first.click()
        ada.page.get_by_role("button", name="Approve").click()
        ada.page.locator(".verdict", has_text="Approved").wait_for()

    goes_from_its_definition_to_its_announcement(company, Restarted(servers, organisation), approve)
    ada.open("/admin/org/run/")
    ada.shoot("runs-after-a-feature")
