"""After years, what is asked all the time still reads little: an index each, of few entries."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.many_years import Years
from tests.services.plans import asked_all_the_time, watched

pytestmark = pytest.mark.usefixtures("committed")  # a database in which nothing was undone, and so nothing is dead
ROWS = 20_000
MOST_READ = 400  # by one statement
MOST_WEIGHED = ROWS  # of a recall, which weighs what it finds


def test_what_is_asked_all_the_time_reads_little_and_no_table_whole() -> None:
    Years(messages=ROWS, decisions=ROWS // 4, memories=ROWS, artifacts=ROWS // 4, runs=ROWS // 4, words=10).load()
    for role in ("ceo", "senior_developer"):
        for name, ask in asked_all_the_time(role).items():
            with transaction.atomic(), watched() as seen:
                ask()
            assert seen.whole == [], name
            assert seen.most <= (MOST_WEIGHED if name.startswith("recall") else MOST_READ), name
