"""`manage.py forkserver`: forks servers of roles for clients of the embedded stack; its supervisor runs it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from agents import serving
from echo_project.warm.forkserver import ForkServer


class Command(BaseCommand):
    help = "Fork a role's server for each client that hands over its pipes; the supervisor runs it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        serving.preload()
        ForkServer(settings.HOME.agents_socket, serving.serve).run()
