from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from tests.attacks.world import World
from tests.conftest import use_database
from tests.stack import Organisation, Servers


@pytest.fixture(scope="module")
def world(servers: Servers, django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Echo with a worker and without a sweeper: what the clock does, an attack does when it wants it done."""
    before = connection.settings_dict["NAME"]
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with servers.clone() as name, django_db_blocker.unblock(), quick:
        use_database(name)
        running = Organisation(servers, name)
        running.start_worker()
        with ExitStack() as leaving:
            yield World(running, leaving)
        running.stop()
        use_database(before)
