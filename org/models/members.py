"""The people: board members and others who sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

BOARD_GROUP = "Board"


class MemberQuerySet(models.QuerySet["Member"]):
    def on_the_board(self) -> MemberQuerySet:
        """Active members of the group Board. Being a superuser is not enough."""
        return self.filter(is_active=True, groups__name=BOARD_GROUP)

    def has(self, member: Member) -> bool:
        """Whether a member is on the board now."""
        return self.on_the_board().filter(pk=member.pk).exists()


class Member(AbstractUser):
    """A person who signs in to the web pages."""

    objects = UserManager()  # type: ignore[misc]  # the first manager is the default one, which signing in needs
    board = MemberQuerySet.as_manager()

    class Meta(AbstractUser.Meta):
        db_table = "members"
        verbose_name = "member"
        verbose_name_plural = "members"
