"""Plans for tests: processes that do nothing, or that nothing good comes of."""

from __future__ import annotations

from echo_project.local.plans import Plan, Process, Step

SLEEP = "import time; time.sleep(1000)"
SLOW_TO_END = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), 1 / 0)); time.sleep(1000)"
SERVE = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    caller, _ = listener.accept()
    caller.sendall(b"hello")
    caller.close()
"""
WRITE_ENVIRONMENT = """
import os, pathlib
pathlib.Path(os.environ["ECHO_HOME"], "logs", "seen").write_text(os.environ["ECHO_BIND"])
"""

SLEEPER = Plan(processes=(Process("sleeper", ("-c", SLEEP)),))
SLOW = Plan(processes=(Process("slow", ("-c", SLOW_TO_END)),))
CRASHER = Plan(processes=(Process("crasher", ("-c", "raise SystemExit(3)")), Process("sleeper", ("-c", SLEEP))))
WEB = Plan(processes=(Process("web", ("-c", SERVE, "{web}"), listens=True),))
STEPS = Plan(steps=(Step("first", ("-c", WRITE_ENVIRONMENT)), Step("absent", ("nowhere.py",), needs="nowhere.py")))
FAILING_STEP = Plan(steps=(Step("migrate", ("-c", "raise SystemExit('the schema is wrong')")),))
