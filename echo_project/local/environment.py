"""The supervisor's settings, read from the environment without Django."""

from __future__ import annotations

from dataclasses import dataclass

from echo_project.configuration import read_environment
from echo_project.local.home import Home


@dataclass(frozen=True)
class Settings:
    """What the environment says, of that which matters to the stack."""

    home: Home
    database_url: str
    redis_url: str
    production: bool
    bind: str
    public_url: str
    threads: int
    grace: float
    postgres_bin: str
    valkey_bin: str

    @classmethod
    def read(cls, home: str = "") -> Settings:
        env = read_environment()
        return cls(
            home=Home.named(home or env["ECHO_HOME"]),
            database_url=env["DATABASE_URL"],
            redis_url=env["REDIS_URL"],
            production=env["ECHO_ENV"] == "production",
            bind=env["ECHO_BIND"],
            public_url=env["ECHO_PUBLIC_URL"],
            threads=env["ECHO_WORKER_THREADS"],
            grace=env["ECHO_GRACE_SECONDS"],
            postgres_bin=env["ECHO_POSTGRES_BIN"],
            valkey_bin=env["ECHO_VALKEY_BIN"],
        )
