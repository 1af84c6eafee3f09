"""Every environment variable Echo reads, with its default and what it is for.

`docs/CONFIGURATION.md` is written from this list (`manage.py docs`), and a test compares the two.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from echo_project.local import ports
from echo_project.local.errors import StackError

BASE_DIR = Path(__file__).resolve().parent.parent


def folder(text: str) -> str:
    """A path that means the same folder wherever a process is started, as MCP clients do from anywhere."""
    try:
        if Path(text).expanduser().is_absolute():
            return text
    except RuntimeError:  # the home of somebody unknown
        pass
    raise ImproperlyConfigured(f"ECHO_HOME={text!r} is not a whole path. Begin it with / or ~, or unset it.")


def address(text: str) -> str:
    try:
        ports.split(text)
    except StackError as error:
        raise ImproperlyConfigured(str(error)) from None
    return text


def second_factor(text: str) -> str:
    if text in ("optional", "required"):
        return text
    raise ImproperlyConfigured(f"ECHO_SECOND_FACTOR is optional or required, not {text!r}. Correct or unset it.")


def proxies(text: str) -> list[str]:
    try:
        return [str(ip_address(part.strip())) for part in text.split(",") if part.strip()]
    except ValueError:
        raise ImproperlyConfigured(
            f"ECHO_TRUSTED_PROXIES={text!r} is no list of IP addresses. Write it like 10.0.0.7,10.0.0.8, or unset it."
        ) from None


@dataclass(frozen=True)
class Variable:
    """One environment variable: its section in the document, its Python type and default, and a sentence."""

    section: str
    name: str
    cast: Any
    default: Any
    explains: str
    shown: str = ""  # the default as the document prints it, where the value itself would not help


VARIABLES = (
    Variable(
        "Where it lives",
        "ECHO_HOME",
        folder,
        "",
        "Folder of the embedded stack: data, sockets, logs, keys. It begins with `/` or `~`.",
        "the platform's user data folder; `/var/lib/echo` for root on Linux",
    ),
    Variable(
        "Where it lives",
        "ECHO_ENV",
        str,
        "development",
        "`production` refuses the embedded stack and every insecure default.",
    ),
    Variable(
        "Where it lives",
        "ECHO_ENV_FILE",
        str,
        str(BASE_DIR / ".env"),
        "File of `NAME=value` lines read at start; a variable that is already set wins. Empty: none.",
        "`.env` beside `manage.py`",
    ),
    Variable(
        "Servers",
        "DATABASE_URL",
        str,
        "",
        "PostgreSQL 16 or newer, `postgresql://user:password@host/name`. Empty: an embedded one is started.",
    ),
    Variable(
        "Servers",
        "REDIS_URL",
        str,
        "",
        "Redis 7 or Valkey, `redis://host:6379/0`. Empty: an embedded Valkey is started.",
    ),
    Variable(
        "Servers",
        "ECHO_CREDENTIALS",
        str,
        "",
        "Folder of the database logins' files, one each: a process uses the one of its own role or kind. Only where "
        "there are none at all, and none were asked for by this variable, all use the login of `DATABASE_URL`.",
        "`credentials` in `ECHO_HOME`",
    ),
    Variable("Servers", "ECHO_DATABASE_POOL_SIZE", int, 10, "Most connections one process opens to PostgreSQL."),
    Variable("Web", "ECHO_BIND", address, "127.0.0.1:8474", "Address and port of the web pages."),
    Variable(
        "Web", "ECHO_PUBLIC_URL", str, "", "Where people reach the web pages, when that is not `http://ECHO_BIND`."
    ),
    Variable(
        "Web",
        "ECHO_ALLOWED_HOSTS",
        list,
        [],
        "Host names the web pages answer to, separated by commas; that of `ECHO_PUBLIC_URL` is added.",
    ),
    Variable(
        "Web",
        "ECHO_BOARD_MEMBER",
        str,
        "",
        "User name of the first board member, who is made at the first start.",
        "the account you start Echo with",
    ),
    Variable(
        "Web",
        "ECHO_SECRET_KEY",
        str,
        "",
        "Signs sessions and forms; at least 50 characters.",
        "made once and kept in `ECHO_HOME`; required in production",
    ),
    Variable(
        "Web",
        "ECHO_SECOND_FACTOR",
        second_factor,
        "optional",
        "`required`: whoever may change something needs a second factor (codes of an app) before they may. "
        "`optional`: everybody chooses for themselves.",
    ),
    Variable(
        "Web",
        "ECHO_TRUSTED_PROXIES",
        proxies,
        [],
        "IP addresses of your reverse proxies, separated by commas. Only theirs is the `X-Forwarded-For` believed by "
        "which failed sign-ins are counted.",
    ),
    Variable(
        "Audit",
        "ECHO_AUDIT_FOLDER",
        str,
        "",
        "Folder of the key that signs checkpoints of the audit, and of the checkpoints; on servers, one that lasts.",
        "`audit` in `ECHO_HOME`",
    ),
    Variable(
        "Charter",
        "ECHO_CEO_LIMIT_USD",
        str,
        "",
        "How much the CEO decides alone, in US dollars, like `250000`; every limit scales with it. Heeded at the first "
        "start only: later the board changes the charter on its pages.",
        "asked at the first start on a terminal; else 1,000,000",
    ),
    Variable("Work", "ECHO_WORKER_THREADS", int, 8, "Tool calls the embedded stack's worker runs at the same time."),
    Variable(
        "Work",
        "ECHO_LOG_LEVEL",
        str,
        "WARNING",
        "Level of what is written to stderr and the log files: DEBUG, INFO, WARNING or ERROR.",
    ),
    Variable(
        "Embedded stack",
        "ECHO_POSTGRES_BIN",
        str,
        "",
        "Folder with `initdb` and `postgres` to use in place of the packaged ones.",
        "the wheel's, then the system's",
    ),
    Variable(
        "Embedded stack",
        "ECHO_VALKEY_BIN",
        str,
        "",
        "A `valkey-server` or `redis-server` to use in place of the packaged one.",
        "the wheel's, then the system's",
    ),
    Variable(
        "Embedded stack",
        "ECHO_GRACE_SECONDS",
        float,
        20.0,
        "How long the stack stays up after its last client has gone.",
    ),
)


def read_environment() -> dict[str, Any]:
    """Every variable's typed value; the file named by `ECHO_ENV_FILE` fills in what is not set.

    Raises ImproperlyConfigured naming the variable whose text cannot be read.
    """
    env_file = os.environ.get("ECHO_ENV_FILE", str(BASE_DIR / ".env"))
    if env_file and Path(env_file).is_file():
        environ.Env.read_env(env_file)
    env = environ.Env()
    return {variable.name: _read(env, variable) for variable in VARIABLES}


def _read(env: environ.Env, variable: Variable) -> Any:
    if not os.environ.get(variable.name, ""):
        return variable.default  # set to nothing is not set
    try:
        return env.get_value(variable.name, cast=variable.cast)
    except ValueError:
        kind = {int: "a whole number", float: "a number"}.get(variable.cast, variable.cast.__name__)
        raise ImproperlyConfigured(
            f"{variable.name}={os.environ[variable.name]!r} is not {kind}. Correct or unset it."
        ) from None
