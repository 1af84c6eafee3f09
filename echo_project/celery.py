"""The Celery app of Echo's workers: `celery -A echo_project worker -Q ceo,cto`.

Rows in PostgreSQL are the queue. A Celery message carries no promise: it rings a role's bell, and a worker that hears
it claims whatever rows wait. Lost, doubled and forged messages therefore do nothing.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echo_project.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # Django's checks import every admin page, which no worker needs

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from kombu.entity import Exchange, Queue

app = Celery("echo")
app.conf.update(
    broker_url=settings.BROKER_URL,
    imports=("tasks.tools",),  # autodiscovery does not find a package at the top level
    task_ignore_result=True,  # results are rows; with a result backend a missing Redis blocks callers for seconds
    task_acks_late=False,  # the row carries the promise; a late ack also makes workers exit when Redis restarts
    worker_disable_prefetch=True,  # what a killed worker had prefetched would stay invisible for an hour
    worker_consumer="tasks.rings:Consumer",  # what anybody wrote into a queue must not end the worker that reads it
    worker_send_task_events=False,  # events halve the throughput
    worker_enable_remote_control=False,  # whoever can write to Redis must not be able to stop a worker
    worker_hijack_root_logger=False,
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "global_keyprefix": settings.BROKER_KEY_PREFIX,
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "health_check_interval": 3,  # a broker that hangs is noticed in seconds, not in a minute
        "socket_keepalive": True,
    },
)


@worker_init.connect  # type: ignore[untyped-decorator]
def _sign_in(**_: object) -> None:
    from org import credentials
    from org.enums import LoginKind

    credentials.use(LoginKind.WORKER)


@app.on_after_finalize.connect  # type: ignore[untyped-decorator]
def _complete(sender: Celery, **_: object) -> None:
    """What needs Django: the queue of each role, and the steps of a worker."""
    from agents.registry import NAMES
    from tasks.fallback import Look
    from tasks.presence import Present
    from tasks.readiness import Readiness

    sender.conf.task_queues = [  # a ring needs no receipt, which would be half of what hearing it costs
        Queue(name, Exchange(name), routing_key=name, no_ack=True)  # type: ignore[no-untyped-call]
        for name in NAMES
    ]
    sender.steps["worker"].update({Readiness, Look, Present})
