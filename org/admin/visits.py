"""From where somebody visits the pages."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from org.services.sign_ins import SIGN_IN, Visit


def of(request: HttpRequest, purpose: str = SIGN_IN) -> Visit:
    return Visit(address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")), purpose)


def address(peer: str, forwarded: str) -> str | None:
    """Whose failures are counted: the peer's own address, or the last one named by a trusted proxy that is none.

    Of IPv6 the network of 64 bits, which one household has whole. What is no address leaves the proxy's to be counted.
    """
    found = _normal(peer)
    for hop in reversed(forwarded.split(",")):
        if found not in settings.TRUSTED_PROXIES or not _normal(hop):
            break
        found = _normal(hop)
    if found and ":" in found:
        return str(ip_network(f"{found}/64", strict=False).network_address)
    return found or None


def _normal(text: str) -> str:
    try:
        read = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return str(mapped or read)
