from __future__ import annotations

from django.db import models

from org.enums import LockClass, LoginKind
from org.models.base import one_of


class Lock(models.Model):
    """A row that stands for a sum, or for repeats of a role's calls, so that there is something to lock."""

    lock_class = models.PositiveSmallIntegerField(choices=LockClass.choices)
    key = models.CharField(max_length=1024)

    class Meta:
        db_table = "locks"
        constraints = [models.UniqueConstraint(fields=["lock_class", "key"], name="locks_one_a_key")]

    def __str__(self) -> str:
        return f"{LockClass(self.lock_class).label} {self.key}"


class Turn(models.Model):
    """What takes turns though no row stands for it: a row to lock by `take_turns`, or the table by `pass_gate`.

    No login has a right on it but through these functions: an advisory lock is anybody's to take, and to keep.
    """

    name = models.CharField(max_length=20, primary_key=True)

    class Meta:
        db_table = "turns"

    def __str__(self) -> str:
        return self.name


class Login(models.Model):
    """A database login, what it is for, and the role an agent's login acts for, which cannot be another.

    A login that is not listed is the owner's: of a database with one login for all, its processes believe each other.
    """

    login = models.CharField(max_length=63, primary_key=True)
    kind = models.CharField(max_length=10, choices=LoginKind.choices, default=LoginKind.AGENT)
    role = models.CharField(max_length=50, null=True, blank=True)

    class Meta:
        db_table = "logins"
        constraints = [
            one_of("logins", "kind", LoginKind),
            models.CheckConstraint(
                condition=models.Q(kind=LoginKind.AGENT, role__isnull=False)
                | (~models.Q(kind=LoginKind.AGENT) & models.Q(role__isnull=True)),
                name="logins_role_of_agents",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.login} acts as {self.role or self.kind}"
