"""Times steps that do nothing of DBOS, a durable workflow library, on the database of `DATABASE_URL`; prints JSON."""

from __future__ import annotations

import json
import logging
import os
import time

from dbos import DBOS, DBOSConfig

CHAIN = 20
RUNS = 15

logging.disable(logging.CRITICAL)
config: DBOSConfig = {"name": "bench", "system_database_url": os.environ["DATABASE_URL"]}
DBOS(config=config)
times: list[float] = []


@DBOS.step()  # type: ignore[untyped-decorator]
def step(number: int) -> int:
    return number


@DBOS.workflow()  # type: ignore[untyped-decorator]
def chain() -> int:
    for number in range(CHAIN):
        began = time.perf_counter()
        step(number)
        times.append(time.perf_counter() - began)
    return CHAIN


DBOS.launch()
for _ in range(RUNS):
    chain()
print(json.dumps(times))
DBOS.destroy()
