"""Celery is imported late, by whoever needs it first: the first ring, or the server that warms up meanwhile."""

import subprocess
import sys

from tests.stack import ROOT

FIRST_RINGS = """
import django, sys, time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
django.setup()
from agents import doorbell
assert "celery" not in sys.modules
together = Barrier(40)
def first(n):
    together.wait()
    time.sleep(n / 5000)  # one after the other, while the first still imports
    return doorbell.warm()
with ThreadPoolExecutor(40) as threads:
    list(threads.map(first, range(40)))
"""


def test_threads_that_need_it_at_once_all_get_it() -> None:
    ended = subprocess.run([sys.executable, "-c", FIRST_RINGS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
