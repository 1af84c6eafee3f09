"""Whose failures are counted: the address is the peer's, unless a proxy of ours vouches for another."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from org.admin.visits import address

PROXY = "10.0.0.7"
unhurried = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@unhurried
@given(st.text(max_size=80))
def test_without_trusted_proxies_nothing_a_client_writes_matters(forwarded: str) -> None:
    assert address("192.0.2.1", forwarded) == "192.0.2.1"


@unhurried
@given(st.lists(st.ip_addresses(v=4).map(str), max_size=4), st.ip_addresses(v=4))
def test_behind_a_proxy_what_the_client_wrote_itself_does_not_matter(
    settings: Any, forged: list[str], client: IPv4Address
) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    forwarded = ", ".join([*forged, str(client)])
    expected = str(client) if str(client) != PROXY else address(PROXY, ", ".join(forged))
    assert address(PROXY, forwarded) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, "1.1.1.1, 203.0.113.9, 10.0.0.8", "203.0.113.9"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "", "2001:db8:1:2::"),
        ("fe80::1%eth0", "", "fe80::"),
        ("", "198.51.100.1", None),
        ("unix:", "", None),
    ],
)
def test_the_address_counted(settings: Any, peer: str, forwarded: str, counted: str | None) -> None:
    settings.TRUSTED_PROXIES = [PROXY, "10.0.0.8"]
    assert address(peer, forwarded) == counted


@unhurried
@given(st.text(max_size=60), st.text(max_size=120))
def test_whatever_comes_the_result_is_an_address_or_nothing(settings: Any, peer: str, forwarded: str) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    for found in (address(peer, forwarded), address(PROXY, forwarded)):
        assert found is None or ip_address(found)
