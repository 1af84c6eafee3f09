from __future__ import annotations

from django.db import models

from org.enums import LockClass


class Lock(models.Model):
    """A row that stands for a sum, so that there is something to lock before the sum is taken."""

    lock_class = models.PositiveSmallIntegerField(choices=LockClass.choices)
    key = models.CharField(max_length=1024)

    class Meta:
        db_table = "locks"
        constraints = [models.UniqueConstraint(fields=["lock_class", "key"], name="locks_one_a_key")]

    def __str__(self) -> str:
        return f"{LockClass(self.lock_class).label} {self.key}"


class Login(models.Model):
    """A database login and the role it acts for. A login listed here cannot act for another role."""

    login = models.CharField(max_length=63, primary_key=True)
    role = models.CharField(max_length=50)

    class Meta:
        db_table = "logins"

    def __str__(self) -> str:
        return f"{self.login} acts as {self.role}"
