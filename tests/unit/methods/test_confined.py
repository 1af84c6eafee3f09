"""Programs that may be hostile have little of everything, and nothing of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.methods import confined


def python(program: str) -> list[str]:
    return [*confined.ALONE, "-c", program]


def test_a_confined_program_has_no_settings_and_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "secret")
    program = "import os, sys; print(sorted(set(os.environ) - {'LC_CTYPE'}), os.getcwd()); print(sys.stdin.read())"
    told = confined.run(python(program), folder=tmp_path, seconds=5, given=b"given")
    assert told == confined.Output((f"['RAYON_NUM_THREADS'] {tmp_path}", "given"), 0)


@pytest.mark.parametrize(
    "program",
    ["x = 'x' * 2 * 1024**3", "import sys; sys.stdout.write('x\\n' * 10**7)", "open('f', 'w').write('x' * 10**7)"],
)
def test_a_confined_program_takes_little_memory_and_room(tmp_path: Path, program: str) -> None:
    told = confined.run(python(program), folder=tmp_path, seconds=5)
    assert told.ended not in (0, None)
    assert sum(map(len, told.lines)) <= confined.MOST_OUTPUT
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= confined.MOST_OUTPUT


def test_a_confined_program_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    program = "import time; print('begun', flush=True); time.sleep(60)"
    assert confined.run(python(program), folder=tmp_path, seconds=0.5) == confined.Output(("begun",), None)
