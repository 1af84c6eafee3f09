#!/usr/bin/env python
"""Echo's command line. `python manage.py help` lists what it can do."""

import gc
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echo_project.settings")
    if sys.argv[1:2] == ["mcp_agent"]:
        gc.disable()  # imports allocate much and free nothing; the server freezes and enables it
        from agents import wire

        channel = wire.claim()  # before anything can print: stdout belongs to the protocol
        if len(sys.argv) == 3 and not sys.argv[2].startswith("-"):
            from echo_project.warm import start

            start.warm(sys.argv[2], (channel.input, channel.output, 2))
    if sys.argv[1:2] == ["forkserver"]:
        from echo_project.warm.identity import identity_at_start

        identity_at_start()  # that of the code which is imported from here on
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.BASE_DIR  # noqa: B018  # reads the settings, so that a mistake in them is said in one sentence
    except ImproperlyConfigured as error:
        sys.exit(f"echo: {error}")
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(
            f"echo: the database does not answer: {str(error).strip()}\n"
            "`manage.py stack status` says what runs; `make run` starts what Echo brings along."
        )


if __name__ == "__main__":
    main()
