"""Django's settings for Echo. Every variable read here is explained in `configuration.py`."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from echo_project.configuration import BASE_DIR, read_environment
from echo_project.local.home import Home
from org import money

env = read_environment()

# --- Where it lives -------------------------------------------------------------------------------------------------

ECHO_ENV: str = env["ECHO_ENV"]
if ECHO_ENV not in ("development", "production"):
    raise ImproperlyConfigured(f"ECHO_ENV is development or production, not {ECHO_ENV!r}. Correct or unset it.")
PRODUCTION = ECHO_ENV == "production"
HOME = Home.named(env["ECHO_HOME"])
DEBUG = False

# --- Servers --------------------------------------------------------------------------------------------------------

DATABASE_URL: str = env["DATABASE_URL"]
REDIS_URL: str = env["REDIS_URL"]
EMBEDDED_POSTGRES = not DATABASE_URL
EMBEDDED_REDIS = not REDIS_URL
if PRODUCTION and (EMBEDDED_POSTGRES or EMBEDDED_REDIS):
    raise ImproperlyConfigured(
        "ECHO_ENV=production never starts a database of its own: "
        "set DATABASE_URL and REDIS_URL to your servers, or unset ECHO_ENV to use the embedded ones."
    )


def database(url: str) -> dict[str, object]:
    """Django's connection settings for a PostgreSQL URL; `?host=/folder` names a socket folder."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://; Echo's rules live in PostgreSQL.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "echo_project.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **query,
            "connect_timeout": 3,
            "keepalives_idle": 30,  # a peer that vanished is noticed in a minute, not in hours
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
            "prepare_threshold": None,  # a transaction-mode pooler may give each transaction another server session
            "pool": {
                "min_size": 1,
                "max_size": env["ECHO_DATABASE_POOL_SIZE"],
                "timeout": 5,
                "reconnect_timeout": 2,  # then whoever asks next tries again; psycopg's own waits grow to minutes
            },
        },
    }


DATABASES = {"default": database(DATABASE_URL or HOME.database_url)}
REDIS_ADDRESS = REDIS_URL or HOME.redis_url


def broker_url(address: str) -> str:
    """Celery's spelling of a redis-py address: a socket needs another scheme and another query."""
    if not address.startswith("unix://"):
        return address
    path, _, query = address.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}?virtual_host={query.removeprefix('db=') or '0'}"


BROKER_URL = broker_url(REDIS_ADDRESS)
BROKER_KEY_PREFIX = "echo:"  # everything of Echo in a Redis it may share
ECHO_ATTACH = "echo_project.local.attaching.attach"  # what a server calls to have its database there

# --- Application ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "org.apps.PagesConfig",  # admin pages are imported by urls.py, not by every process
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "pgtrigger",
    "org",
    "agents",
    "tasks",
    "echo_project",
    "echo_project.local",
]
AUTH_USER_MODEL = "org.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = "echo_project.formats"

# --- Web ------------------------------------------------------------------------------------------------------------


def secret_key() -> str:
    """The configured key, or one made once and kept in the home for as long as the home lives."""
    configured: str = env["ECHO_SECRET_KEY"]
    if configured:
        if len(configured) < 50:
            raise ImproperlyConfigured("ECHO_SECRET_KEY must have at least 50 characters.")
        return configured
    if PRODUCTION:
        raise ImproperlyConfigured("ECHO_ENV=production needs ECHO_SECRET_KEY, at least 50 random characters.")
    try:
        return HOME.secret_key.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return secrets.token_urlsafe(64)  # the supervisor writes the lasting one before any page is served
    except PermissionError as error:
        raise ImproperlyConfigured(
            f"{HOME.root} belongs to another user. Set ECHO_HOME to a folder of your own."
        ) from error


SECRET_KEY = secret_key()
BIND: str = env["ECHO_BIND"]
BOARD_MEMBER: str = env["ECHO_BOARD_MEMBER"]
PUBLIC_URL: str = env["ECHO_PUBLIC_URL"].rstrip("/") or f"http://{BIND}"
ALLOWED_HOSTS = [*env["ECHO_ALLOWED_HOSTS"], "localhost", "127.0.0.1", urlsplit(PUBLIC_URL).hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
ROOT_URLCONF = "echo_project.urls"
ASGI_APPLICATION = "echo_project.asgi.application"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "org.admin.policy.content_policy",  # beside the other one that is not async: each change costs a thread
    "org.admin.addresses.readable_address",
    "org.admin.moments.one_moment",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"  # no cache server is assumed
AXES_LOCKOUT_PARAMETERS = ["username"]  # of addresses, which have another limit, org.services.sign_ins judges
AXES_FAILURE_LIMIT = 5
FAILURES_FROM_AN_ADDRESS = 20
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or whoever keeps knocking would lock a person out for good
AXES_RESET_ON_SUCCESS = (
    False  # it would forget an address's tries at others' names; org.services.sign_ins forgets one name
)
AXES_DISABLE_ACCESS_LOG = True  # Echo's own audit tells of sign-ins
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W002"]  # its middleware would answer for us; our own page tells of a lock
OTP_TOTP_ISSUER = "Echo"
OTP_TOTP_SYNC = False  # one step of 30 s either way, always; a drift it learned would narrow the other side

SECOND_FACTOR: str = env["ECHO_SECOND_FACTOR"]
TRUSTED_PROXIES: list[str] = env["ECHO_TRUSTED_PROXIES"]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # pages are served without a collect step
WHITENOISE_AUTOREFRESH = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True

# --- Audit ----------------------------------------------------------------------------------------------------------

AUDIT_FOLDER = Path(env["ECHO_AUDIT_FOLDER"]).expanduser() if env["ECHO_AUDIT_FOLDER"] else HOME.audit
AUDIT_VERIFIER = BASE_DIR / "tools" / "verify_audit.py"

# --- Identity -------------------------------------------------------------------------------------------------------

CREDENTIALS = Path(env["ECHO_CREDENTIALS"]).expanduser() if env["ECHO_CREDENTIALS"] else HOME.credentials
CREDENTIALS_REQUIRED = bool(env["ECHO_CREDENTIALS"] and DATABASE_URL)  # who says where they are means them to be used

# --- Charter --------------------------------------------------------------------------------------------------------

CEO_LIMIT_USD = money.typed(env["ECHO_CEO_LIMIT_USD"])  # None: as shipped
if env["ECHO_CEO_LIMIT_USD"] and CEO_LIMIT_USD is None:
    raise ImproperlyConfigured(
        f"ECHO_CEO_LIMIT_USD={env['ECHO_CEO_LIMIT_USD']!r} is no amount of US dollars. Write it like 250000."
    )

# --- Work -----------------------------------------------------------------------------------------------------------

WORKER_THREADS: int = env["ECHO_WORKER_THREADS"]

# --- Logging: stderr only, since stdout may belong to a protocol ---------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    # Its warnings are of connections it opens anew by itself; whoever gets none says so.
    # Those of axes repeat typed names, which may be mistyped passwords; the audit tells of failed sign-ins.
    "loggers": {"psycopg.pool": {"level": "ERROR"}, "axes": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": env["ECHO_LOG_LEVEL"]},
}
