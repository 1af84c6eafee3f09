"""What several records share: short refs, the cause of a deed, the words by which it is found."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from org.enums import Urgency


class NextRef(models.Func):
    """The next number of a kind of record; `D-142` is number 142 of `ref_d`."""

    template = "nextval('%(sequence)s')"
    output_field = models.BigIntegerField()

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.letter = letter
        self.extra = {"sequence": f"ref_{letter.lower()}"}

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return f"{self.__class__.__module__}.{self.__class__.__qualname__}", [self.letter], {}


class Deed(models.Model):
    """A row that somebody did, with its one cause: a call, a person or a timer. A trigger of each table fixes it."""

    call = models.ForeignKey("org.Call", models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey("org.Member", models.PROTECT, null=True, blank=True, related_name="+")
    timer = models.CharField(max_length=50, null=True, blank=True)

    class Meta:
        abstract = True


def one_cause(table: str) -> models.CheckConstraint:
    """The constraint every `Deed` carries: exactly one cause."""
    causes = ("call", "person", "timer")
    condition = models.Q()
    for cause in causes:
        condition |= models.Q(**{f"{other}__isnull": other != cause for other in causes})
    return models.CheckConstraint(condition=condition, name=f"{table}_one_cause")


def true_cause(
    table: str, author: str = "NULL", operation: pgtrigger.Operation | pgtrigger.Operations = pgtrigger.Insert
) -> pgtrigger.Trigger:
    """A row's cause is one that its database login may have, and its call's role is its author.

    `author`: the SQL of who the row says did it, where it says so.
    """
    return pgtrigger.Trigger(
        name=f"{table}_true_cause",
        operation=operation,
        when=pgtrigger.Before,
        func=f"""
            PERFORM require_cause(NEW.call_id, NEW.person_id, NEW.timer, {author});
            RETURN NEW;
        """,
    )


def agents_own(table: str) -> pgtrigger.Trigger:
    """A row that only an agent's own call brings about, and no step of a workflow."""
    return pgtrigger.Trigger(
        name=f"{table}_agents_own",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.Before,
        func="PERFORM require_agents_call(NEW.call_id); RETURN NEW;",
    )


def words_of(function: str, *fields: str) -> models.GeneratedField:
    """What a record is found by: the words that a function of the database takes from these fields, kept in step."""
    expression = models.Func(*fields, function=function)
    return models.GeneratedField(expression=expression, output_field=SearchVectorField(), db_persist=True)


def found_by_words(table: str) -> GinIndex:
    """The index of `words`. What was written last waits in a short list, which every search reads through."""
    return GinIndex(fields=["words"], name=f"idx_{table}_words", gin_pending_list_limit=128)


def one_of(table: str, column: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """A column holds one of the words of an enum."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__in": choices.values}), name=f"{table}_{column}_known"
    )


def only_more_urgent(table: str) -> pgtrigger.Trigger:
    """The column `urgency` is raised or left alone."""
    return pgtrigger.Protect(
        name=f"{table}_urgency_only_raised",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__urgency=Urgency.CRITICAL) & ~pgtrigger.Q(new__urgency=Urgency.CRITICAL)
        | pgtrigger.Q(old__urgency=Urgency.HIGH) & pgtrigger.Q(new__urgency__in=[Urgency.LOW, Urgency.NORMAL])
        | pgtrigger.Q(old__urgency=Urgency.NORMAL) & pgtrigger.Q(new__urgency=Urgency.LOW),
    )


def refuse_truncate(table: str) -> pgtrigger.Trigger:
    """A table that only ever grows is not emptied either; row triggers do not see TRUNCATE."""
    return pgtrigger.Trigger(
        name=f"{table}_no_truncate",
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        func=f"RAISE EXCEPTION '{table} only ever grows';",
    )
