"""Which servers are in use, said without their passwords."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from echo_project.local.errors import StackError
from echo_project.local.home import Home

CONNECT_SECONDS = 5
REASONS = {  # parts of libpq's answers, which are not shown whole: of a mistyped address they repeat the password
    "authentication": "it refuses the user or the password",
    "does not exist": "it has no such database or user",
    "refused": "nothing listens there",
    "No such file": "nothing listens there",
    "translate host name": "its host's name is not known",
    "resolve host": "its host's name is not known",
    "timeout": f"no answer within {CONNECT_SECONDS} s",
    "starting up": "it is just starting",
    "SSL": "the two do not agree on SSL",
    "too many": "it has too many clients",
}


def describe_database(home: Home, url: str) -> str:
    return _host(url) if url else f"embedded PostgreSQL in {home.postgres_data}"


def describe_redis(home: Home, url: str) -> str:
    return _host(url) if url else f"embedded Valkey in {home.valkey_data}"


def require_database(url: str) -> None:
    """Refuse to go on with an operator's server that lets nobody in; the embedded one, an empty `url`, is ours."""
    if not url:
        return
    import psycopg  # 150 ms and 15 MB; the embedded stack never needs it here

    try:
        psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.Error as error:
        said = str(error)
        reason = next((f": {reason}" for part, reason in REASONS.items() if part in said), "")
        raise StackError(
            f"The database given by DATABASE_URL, {_host(url)}, is not reachable{reason}.",
            "See that this server runs and correct DATABASE_URL, or unset it to use the embedded PostgreSQL.",
        ) from None


def _host(url: str) -> str:
    """`host:port/name` of an address. User, password and options are left out: any of them may be secret."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{unquote(parts.path)}"
