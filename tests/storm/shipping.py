"""Runs a Python command of Echo, given as arguments, with a workflow of twenty steps beside the shipped ones."""

from __future__ import annotations

import runpy
import sys
from dataclasses import replace

from org import workflows
from org.workflows.definition import Compute, Notice, Return, Step, Timer, Work, Workflow
from org.workflows.fields import Flag, Number, Text
from org.workflows.references import Is

OK = {"ok": Flag(says="Whether it went well.")}
SCORE = {"sus_score": Number(says="The score.")}
ANSWERS = {"sus_responses": [[4, 2] * 5] * 5}


def computes(key: str, *after: str) -> Compute:
    role, tool = "uiux_engineer", "analyze_usability"
    return Compute(key=key, title=key, after=after, role=role, tool=tool, arguments=ANSWERS, results=SCORE)


def tells(key: str, *after: str) -> Notice:
    return Notice(key=key, title=key, after=after, to="chro", subject=f"{{input.name}} {key}", content={})


def asks(key: str, role: str, *after: str) -> Work:
    return Work(key=key, title=key, after=after, role=role, asks="Do {input.name}.", results=OK)


STEPS: tuple[Step, ...] = (
    computes("a"),
    tells("b", "a"),
    asks("c", "cto", "a"),
    computes("d", "b", "c"),
    *(computes(f"branch_{letter}", "d") for letter in "abcd"),
    *(tells(f"told_{letter}", f"branch_{letter}") for letter in "abcd"),
    Timer(key="pause", title="pause", after=("d",), hours=1 / 3600),
    computes("join", "told_a", "told_b", "told_c", "told_d", "pause"),
    asks("judge", "test_lead", "join"),
    Return(key="back", title="back", after=("judge",), when=Is("judge.ok", False), to="join", times=1),
    tells("e", "back"),
    computes("f", "e"),
    computes("g", "f"),
    tells("h", "g"),
)
LADDER = Workflow(
    name="ladder",
    version=1,
    title="Ladder",
    purpose="Twenty steps, side by side and joined, with a way back.",
    starters=("ceo",),
    inputs={"name": Text(says="A name of its own.")},
    steps=STEPS,
)

SINGLE = replace(LADDER, name="single", title="Single", steps=(asks("only", "cto"),))

if __name__ == "__main__":
    workflows.SHIPPED += (LADDER, SINGLE)
    if sys.argv[1] == "-m":
        sys.argv = sys.argv[2:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = sys.argv[1:]
        runpy.run_path(sys.argv[0], run_name="__main__")
