"""A server of a role says that it is there, from its first use on, and that it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.db import Error as DatabaseError

from agents import receipts
from agents.calling import in_database

VERSION = "0.1.0"
BEAT_SECONDS = 10.0
PROBE_SECONDS = 10.0  # a client that asks for nothing for so long only looked whether there is a server
HOST = socket.gethostname()[:255]


class Presence:
    """One process as an agent of one role. Who only looks leaves no trace."""

    def __init__(self, role: str, client: Mapping[str, Any]) -> None:
        self._role, self._client = role, client
        self._process = uuid.uuid4()
        self._wanted = asyncio.Event()
        self._seen = False

    def begin(self) -> None:
        """A client wants something of the role."""
        self._wanted.set()

    async def keep(self, on_outage: Callable[[DatabaseError], None]) -> None:
        """Beat until cancelled."""
        await self._wanted.wait()
        while True:
            try:
                self._seen = True  # before it is so: what was begun is ended
                await in_database(receipts.beat, self._role, self._process, VERSION, HOST, os.getpid(), self._client)
            except DatabaseError as error:
                on_outage(error)
            await asyncio.sleep(BEAT_SECONDS)

    async def end(self) -> None:
        """Leave. Where PostgreSQL is away, silence will tell the same."""
        if self._seen:
            try:
                await in_database(receipts.leave, self._role, self._process)
            except DatabaseError:
                return
