"""What is wrong with a definition, told before any run of it begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from org.charter import SMALLEST_ELECTORATE, Charter, TypeRow
from org.enums import ALL, LEADERSHIP, Mode
from org.workflows.definition import Approval, Compute, Notice, Return, Step, Timer, Vote, Work, Workflow
from org.workflows.fields import Fields
from org.workflows.recorded import Decided
from org.workflows.references import INPUT, refs_in

KEY = re.compile(r"[a-z][a-z_]{0,49}")
MOST_STEPS = 100
MOST_RETURNS = 9


def faults(workflow: Workflow, charter: Charter) -> list[str]:
    """What is wrong with it, a sentence each: roles and types the charter does not know, steps that nothing leads to,
    references to what is not there yet, ways back without bound.
    """
    keys = [step.key for step in (*workflow.steps, *workflow.undoing)]
    found = [f"{name} is the key of two steps." for name, again in pairwise(sorted(keys)) if name == again]
    found += [
        f"{key!r} is no key; use small letters and _." for key in (*keys, workflow.name) if not KEY.fullmatch(key)
    ]
    found += [f"{key!r} is what runs are started with, not a step's key." for key in keys if key == INPUT]
    if not 1 <= len(keys) <= MOST_STEPS:
        found.append(f"it has {len(keys)} steps; 1 to {MOST_STEPS} can be run.")
    found += [
        f"{role} may start it, and is no role." for role in starters(workflow, charter) if role not in charter.roles
    ]
    known = {step.key for step in workflow.steps}
    for step in workflow.steps:
        absent = [each for each in step.after if each not in known]
        found += [f"{step.key} comes after {each}, which is no step." for each in absent]
    if found:
        return found
    if workflow.once_for and workflow.once_for not in workflow.inputs:
        found.append(f"it is once for {workflow.once_for}, which is no input.")
    found += [f"{key} is never begun: it comes after itself." for key in keys if key in workflow.before(key)]
    if found:
        return found
    for step in workflow.steps:
        found += [f"{step.key}: {each}" for each in (*_words(step, charter, workflow), *_references(step, workflow))]
        if step.undo:
            wrong = (*_undoing(step.undo), *_words(step.undo, charter, workflow), *_undo_references(step, workflow))
            found += [f"{step.undo.key}: {each}" for each in wrong]
    return found


def _undoing(undo: Step) -> Iterator[str]:
    """What no step can be that takes back another."""
    if not isinstance(undo, Work | Compute | Notice):
        yield f"a {undo.kind} takes nothing back; work, a computation or a notice does."
    if undo.after or undo.when or undo.undo or undo.vital:
        yield "it begins when its step is undone: it has no after, when, undo or vital."


def starters(workflow: Workflow, charter: Charter) -> tuple[str, ...]:
    """The roles that start it: as the charter says, or, where that is silent, as the workflow does."""
    return charter.starters.get(workflow.name, workflow.starters)


def _words(step: Step, charter: Charter, workflow: Workflow) -> Iterator[str]:
    """Roles, types and bounds that are none."""
    match step:
        case Work() | Compute():
            if step.role not in charter.roles:
                yield f"{step.role} is no role."
            types = [each.type for each in step.gives.values() if isinstance(each, Decided)]
            yield from (f"{each} is no type of decision." for each in types if each not in charter.types)
        case Vote() | Approval():
            if step.type not in charter.types:
                yield f"{step.type} is no type of decision."
            yield from _asked(step, charter.kind(step.type))
            if isinstance(step, Vote):
                yield from (f"{role} is no role." for role in step.participants if role not in charter.roles)
                yield from _voters(step, charter, workflow)
        case Notice():
            if step.to not in (*charter.roles, LEADERSHIP, ALL):
                yield f"{step.to} is nobody to write to."
        case Return():
            if not 1 <= step.times <= MOST_RETURNS:
                yield f"it goes back {step.times} times; 1 to {MOST_RETURNS} are bounded."
            if step.when is None:
                yield "it would always go back; say when."
        case _:
            pass
    for hours in (getattr(step, name, None) for name in ("hours", "ack_hours")):
        if hours is not None and not 0 < hours <= 24 * 366:
            yield f"it waits {hours:g} hours; more than none and at most a year can be waited."
    if isinstance(step, Timer) and step.gives:
        yield "a timer gives nothing."


def _asked(step: Vote | Approval, kind: TypeRow) -> Iterator[str]:
    """Whether a decision of that type can be asked for in this way."""
    mode = Mode.COLLABORATIVE if isinstance(step, Vote) else Mode.HUMAN
    if kind.decided_by and mode not in kind.modes:
        yield f"{kind.name} is not decided in mode {mode}."
    amount = getattr(step, "amount_usd", None)
    if kind.money is not (amount is not None):
        yield f"{kind.name} {'carries no money' if amount else 'carries money: it needs amount_usd'}."


def _voters(step: Vote, charter: Charter, workflow: Workflow) -> Iterator[str]:
    """Whether enough vote, whoever starts the run: its starter asks, and does not vote."""
    kind = charter.kind(step.type)
    for starter in starters(workflow, charter):
        voters = {*kind.must_include, *kind.veto, *step.participants} - {starter}
        if len(voters) < SMALLEST_ELECTORATE:
            yield f"{len(voters)} vote where the {starter} started it; {SMALLEST_ELECTORATE} have to."


def _references(step: Step, workflow: Workflow) -> Iterator[str]:
    """What it refers to that is not there when it begins."""
    before = workflow.before(step.key)
    if isinstance(step, Return) and step.to not in before:
        yield f"it goes back to {step.to}, which is not before it."
    for back in workflow.steps:  # a step that is done again may refer to what those after it gave the time before
        if isinstance(back, Return) and step.key in (again := workflow.between(back.to, back.key)):
            before |= set(again)
    yield from _absent(step, before, workflow)


def _undo_references(step: Step, workflow: Workflow) -> Iterator[str]:
    if step.undo:
        yield from _absent(step.undo, workflow.before(step.key) | {step.key}, workflow)


def _absent(step: Step, before: set[str], workflow: Workflow) -> Iterator[str]:
    used = [ref for value in step.values() for ref in refs_in(value)]
    for ref in [*used, *([step.when.ref] if step.when else [])]:
        if ref.step != INPUT and ref.step not in before:
            yield f"it refers to {ref.name}, and {ref.step} is not over when it begins."
        elif ref.field not in (gives := _gives(workflow, ref.step)):
            yield f"it refers to {ref.name}; {ref.step} gives {_listed(gives)}."


def _gives(workflow: Workflow, key: str) -> Fields:
    return workflow.inputs if key == INPUT else workflow.step(key).gives


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
