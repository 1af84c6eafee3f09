"""The people: board members and others who sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.crypto import salted_hmac

BOARD_GROUP = "Board"
OPERATOR_GROUP = "Operator"
AUDITOR_GROUP = "Auditor"
GROUPS = (BOARD_GROUP, OPERATOR_GROUP, AUDITOR_GROUP)


class MemberQuerySet(models.QuerySet["Member"]):
    def on_the_board(self) -> MemberQuerySet:
        """Active members of the group Board. Being a superuser is not enough."""
        return self.filter(is_active=True, groups__name=BOARD_GROUP)

    def has(self, member: Member) -> bool:
        """Whether a member is on the board now."""
        return self.on_the_board().filter(pk=member.pk).exists()


class Member(AbstractUser):
    """A person who signs in to the web pages."""

    factor_changes = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often the second factor changed; sessions from before a change end."
    )

    objects = UserManager()  # type: ignore[misc]  # the first manager is the default one, which signing in needs
    board = MemberQuerySet.as_manager()

    class Meta(AbstractUser.Meta):
        db_table = "members"
        verbose_name = "member"
        verbose_name_plural = "members"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is bound to: the password, and since it was first changed, the second factor."""
        if not self.factor_changes:
            return super()._get_session_auth_hash(secret=secret)  # type: ignore[misc,no-any-return]
        bound = f"{self.factor_changes}:{self.password}"
        return salted_hmac("org.models.Member", bound, secret=secret, algorithm="sha256").hexdigest()
