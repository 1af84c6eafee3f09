"""The quick way for `manage.py mcp_agent <role>`: a server forked by the stack, if it runs and fits."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from echo_project.configuration import read_environment
from echo_project.local.home import Home
from echo_project.warm.handover import hand_over
from echo_project.warm.identity import identity


def warm(role: str, descriptors: tuple[int, int, int]) -> None:
    """Stand in for a forked server until it ends, and leave with its status; return if there is none to be had."""
    try:
        path = Home.named(read_environment()["ECHO_HOME"]).agents_socket
        if not path.is_socket():
            return
        status = hand_over(path, identity(), role, descriptors)
    except (ImproperlyConfigured, OSError):
        return  # said in one sentence on the ordinary way
    if status is not None:
        os._exit(status)
