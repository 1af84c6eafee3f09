"""Which servers are in use, said without their passwords."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from echo_project.local.home import Home


def describe_database(home: Home, url: str) -> str:
    return _host(url) if url else f"embedded PostgreSQL in {home.postgres_data}"


def describe_redis(home: Home, url: str) -> str:
    return _host(url) if url else f"embedded Valkey in {home.valkey_data}"


def _host(url: str) -> str:
    """`host:port/name` of an address. User, password and options are left out: any of them may be secret."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{unquote(parts.path)}"
