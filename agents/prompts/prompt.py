"""`@prompt`: a plain typed function becomes a prompt a person can pick, as `@tool` makes a tool of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from agents.inputs import Roles, storable
from agents.role import RoleSpec
from agents.tool import arguments_of, parsed, strict_model
from org import money
from org.legible import plain


def _amount(value: str) -> Decimal:
    amount = money.typed(value)
    if amount is None:
        raise ValueError(f"{value[:40]!r} is not an amount; send US dollars, like 5000000 or 1,250.50.")
    return amount


def _roles(value: str) -> list[str]:
    return value.lower().replace(",", " ").split()


TypedUsd = Annotated[Decimal, BeforeValidator(_amount)]
TypedRoles = Annotated[Roles, BeforeValidator(_roles)]


@dataclass(frozen=True)
class Prompt:
    """A prompt: its name, what the person picking it reads, its arguments, and the function that writes it."""

    name: str
    title: str
    description: str
    run: Callable[..., str]
    inputs: type[BaseModel]

    @property
    def arguments(self) -> dict[str, str]:
        """Each argument with what it is; every one may be left out."""
        return {name: field.description or "" for name, field in self.inputs.model_fields.items()}

    def write(self, spec: RoleSpec, arguments: Mapping[str, str]) -> str:
        """The prompt for a role. What is blank counts as left out: clients send the fields of a form nobody filled in.

        Raises InvalidInput naming each argument, its rule and the next step.
        """
        given = {name: value for name, value in storable(arguments).items() if value.strip()}
        typed = parsed(self.name, self.inputs, given)
        return plain(self.run(spec, **{name: getattr(typed, name) for name in self.arguments}))


def prompt(run: Callable[..., str]) -> Prompt:
    """Make a prompt of a function; its name and docstring become those of the prompt."""
    title = run.__name__.replace("_", " ").capitalize()
    inputs = strict_model(run.__name__, arguments_of(run))
    return Prompt(run.__name__, title, inspect.cleandoc(run.__doc__ or ""), run, inputs)
