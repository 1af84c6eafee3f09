"""What completes an argument of a prompt or of a resource's address, from what a person has typed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from agents.inputs import storable
from org.charter import Charter
from org.models import CharterVersion
from org.queries.completions import Completed, memory_keys, open_decisions


def _types(typed: str, role: str, charter: Charter) -> Completed:
    return Completed.among(_fitting(typed, charter.types))


def _roles(typed: str, role: str, charter: Charter) -> Completed:
    """The last of several names; those before it are kept, and nobody is offered twice."""
    *before, last = typed.replace(",", " ").split(" ")
    named = [name for name in before if name]
    others = [name for name in charter.roles if name != role and name not in named]
    return Completed.among([", ".join([*named, name]) for name in _fitting(last, others)])


def _keys(typed: str, role: str, charter: Charter) -> Completed:
    return memory_keys(typed)


BY_ARGUMENT: Mapping[str, Callable[[str, str, Charter], Completed]] = {
    "decision_id": open_decisions,
    "focus": open_decisions,
    "id": open_decisions,
    "decision_type": _types,
    "participants": _roles,
    "key": _keys,
}


def of(argument: str, typed: str, role: str) -> Completed:
    """What fits so far, by the argument's name; nothing for one that is free text.

    Raises InvalidInput for what cannot be text.
    """
    storable({"value": typed})
    complete = BY_ARGUMENT.get(argument)
    return complete(typed, role, CharterVersion.objects.in_force()) if complete else Completed([], 0)


def _fitting(typed: str, names: Iterable[str]) -> list[str]:
    """The names that begin so, then those with a word that does."""
    begun = typed.strip().lower().replace(" ", "_")
    within = [name for name in names if f"_{begun}" in f"_{name}"]
    return sorted(within, key=lambda name: not name.startswith(begun))
