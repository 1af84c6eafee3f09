"""Connections to PostgreSQL that end while nobody uses them."""

from __future__ import annotations

import contextlib
import threading
import time

from django.db import OperationalError, close_old_connections, connection

from tests.cuts import SOCKET, CuttingProxy
from tests.stack import Servers, wait_until

IDLE = 10  # as many as the pool holds


def ask() -> int:
    """One query on a connection of the pool."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])
    finally:
        close_old_connections()


def answers() -> bool:
    with contextlib.suppress(OperationalError):
        return ask() > 0
    return False


def open_at_once(number: int) -> set[int]:
    """Fill the pool: threads that hold a connection each until all have one; their server processes."""
    held, pids = threading.Barrier(number), set()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.add(cursor.fetchone()[0])
            held.wait(10)
        close_old_connections()

    threads = [threading.Thread(target=hold) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pids


def test_however_many_idle_connections_were_cut_the_next_query_is_answered(servers: Servers, committed: str) -> None:
    close_old_connections()
    cut = open_at_once(IDLE)
    assert len(cut) == IDLE
    servers.run_sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{committed}'")
    assert ask() not in cut


def test_a_connection_told_of_a_changed_setting_is_kept(servers: Servers, committed: str) -> None:
    close_old_connections()
    kept = open_at_once(IDLE)
    servers.run_sql("ALTER SYSTEM SET intervalstyle = 'iso_8601'")
    try:
        servers.run_sql("SELECT pg_reload_conf()")
        time.sleep(0.3)
        assert open_at_once(IDLE) == kept
    finally:
        servers.run_sql("ALTER SYSTEM RESET intervalstyle")
        servers.run_sql("SELECT pg_reload_conf()")


def test_after_an_outage_the_first_to_ask_does_not_wait_as_long_again(servers: Servers, committed: str) -> None:
    proxy = CuttingProxy(servers.home.sockets)
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["HOST"] = str(proxy.folder)
    try:
        ask()
        away = (proxy.folder / SOCKET).rename(proxy.folder / "away")
        cut = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{committed}'"
        wait_until(lambda: servers.run_sql(cut) or not answers(), 20, "the outage")  # one may have been on its way
        ended = time.monotonic() + 8
        while time.monotonic() < ended:
            assert not answers()
            time.sleep(0.2)
        away.rename(proxy.folder / SOCKET)
        back = time.monotonic()
        wait_until(answers, 10, "an answer")
        assert time.monotonic() - back < 3
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict["HOST"] = host
        proxy.close()
