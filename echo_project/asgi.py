"""The web pages as an ASGI application: `uvicorn echo_project.asgi:application`."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echo_project.settings")

application = get_asgi_application()

from org import credentials  # noqa: E402  what needs Django
from org.clock import assert_unshifted  # noqa: E402
from org.enums import LoginKind  # noqa: E402

credentials.use(LoginKind.WEB)
with ThreadPoolExecutor(1) as outside:  # uvicorn imports this in its event loop, where Django asks no database
    outside.submit(assert_unshifted).result()
