from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from org.enums import MessageType, Urgency
from org.models.base import Deed, found_by_words, one_cause, one_of, refuse_truncate, true_cause, words_of

_RECEIPTS = ("offered_at", "read_at", "acknowledged_at", "missed_at", "expired_at")
MOVING = ("read", *_RECEIPTS, "acknowledge_note", "settled")  # all that changes of a message

NEEDING_ACTION = (MessageType.REQUEST, MessageType.ESCALATION)


def _receipts_change() -> pgtrigger.Q:
    """A receipt that was given, or the note of one, becomes another or none."""
    changes = pgtrigger.Q(old__acknowledged_at__isnull=False) & (
        pgtrigger.Q(old__acknowledge_note__df=pgtrigger.F("new__acknowledge_note"))
        | pgtrigger.Q(old__settled__df=pgtrigger.F("new__settled"))
    )
    for column in _RECEIPTS:
        given = pgtrigger.Q(**{f"old__{column}__isnull": False})
        changes |= given & pgtrigger.Q(**{f"old__{column}__df": pgtrigger.F(f"new__{column}")})
    return changes


class Inbox(models.Model):
    """One row a recipient: locked by each delivery, so that `position` counts in commit order."""

    role = models.CharField(max_length=50, primary_key=True)
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "inboxes"
        verbose_name_plural = "inboxes"

    def __str__(self) -> str:
        return f"Inbox of {self.role}"


class MessageQuerySet(models.QuerySet["Message"]):
    def inbox(self, role: str) -> MessageQuerySet:
        return self.filter(to_role=role, expired_at__isnull=True)

    def unread(self) -> MessageQuerySet:
        return self.filter(read=False)

    def needing_action(self) -> MessageQuerySet:
        """Requests and escalations nobody has acknowledged or answered yet, read or not."""
        return self.filter(type__in=NEEDING_ACTION, acknowledged_at__isnull=True)


class Message(Deed):
    """One delivery of a message: a row for each recipient, all under one `number` (`M-903`, `msg_903`)."""

    number = models.BigIntegerField()
    from_role = models.CharField(max_length=50)
    to_role = models.CharField(max_length=50)
    sent_to = models.CharField(max_length=50, help_text="What the sender addressed: a role, leadership or all.")
    type = models.CharField(max_length=50, choices=MessageType.choices)
    subject = models.CharField(max_length=255)
    content = models.JSONField()
    metadata = models.JSONField(null=True, blank=True)
    priority = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    thread_id = models.CharField(max_length=64)
    reply_to = models.BigIntegerField(null=True, blank=True, help_text="Number of the message this answers.")
    decision = models.ForeignKey("org.Decision", models.PROTECT, null=True, blank=True, related_name="messages")
    position = models.BigIntegerField(help_text="Order of commit within the recipient's inbox.")
    read = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledge_note = models.TextField(blank=True, default="")
    settled = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It needed no action any more by what others did: nobody acknowledged it.",
    )
    ack_by = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was told that nobody had acknowledged it by then."
    )
    expires_at = models.DateTimeField()
    expired_at = models.DateTimeField(null=True, blank=True)
    words = words_of("message_words", "subject", "content")

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "messages"
        constraints = [
            one_cause("messages"),
            one_of("messages", "type", MessageType),
            one_of("messages", "priority", Urgency),
            models.UniqueConstraint(fields=["number", "to_role"], name="messages_one_a_recipient"),
            models.UniqueConstraint(fields=["to_role", "position"], name="messages_one_a_position"),
            models.CheckConstraint(
                condition=Q(read=True, read_at__isnull=False) | Q(read=False, read_at__isnull=True),
                name="messages_read_when_read",
            ),
            models.CheckConstraint(
                condition=Q(settled=False) | Q(acknowledged_at__isnull=False, acknowledge_note=""),
                name="messages_settled_by_others",
            ),
        ]
        indexes = [
            models.Index(fields=["to_role", "created_at"], name="idx_messages_to"),
            models.Index(fields=["from_role", "created_at"], name="idx_messages_from"),
            models.Index(fields=["to_role", "read"], name="idx_messages_unread"),
            models.Index(  # the sender as well, which the policy of the rows asks for: they are counted by it alone
                fields=["to_role", "from_role"],
                name="idx_messages_new",
                condition=Q(read=False, expired_at__isnull=True),
            ),
            models.Index(fields=["thread_id"], name="idx_messages_thread"),
            found_by_words("messages"),
            models.Index(
                fields=["to_role", "position"],
                name="idx_messages_action",
                condition=Q(type__in=["request", "escalation"], acknowledged_at__isnull=True, expired_at__isnull=True),
            ),
            models.Index(
                fields=["ack_by"],
                name="idx_messages_ack_by",
                condition=Q(ack_by__isnull=False, acknowledged_at__isnull=True, missed_at__isnull=True),
            ),
            models.Index(fields=["expires_at"], name="idx_messages_expiry", condition=Q(expired_at__isnull=True)),
        ]
        triggers = [
            true_cause("messages", "nullif(NEW.from_role, 'system')"),
            pgtrigger.ReadOnly(name="messages_content_is_fixed", exclude=[*MOVING, "words"]),
            pgtrigger.Trigger(
                name="messages_wake_their_step",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Q(old__acknowledged_at__isnull=True, new__acknowledged_at__isnull=False),
                func="PERFORM wake_step_of_message(NEW.number); RETURN NULL;",
            ),
            pgtrigger.Protect(
                name="messages_receipts_are_given_once", operation=pgtrigger.Update, condition=_receipts_change()
            ),
            pgtrigger.Protect(name="messages_stay", operation=pgtrigger.Delete),
            refuse_truncate("messages"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.subject}"

    @property
    def ref(self) -> str:
        return f"M-{self.number}"

    @property
    def message_id(self) -> str:
        return f"msg_{self.number}"

    @property
    def is_over(self) -> bool:
        """Whether nothing becomes of the delivery any more."""
        return self.acknowledged_at is not None or self.expired_at is not None

    @property
    def state(self) -> str:
        """How far the delivery has come: stored, offered, read, acknowledged; or settled by others, or expired."""
        if self.acknowledged_at:
            return "settled" if self.settled else "acknowledged"
        if self.expired_at:
            return "expired"
        if self.read_at:
            return "read"
        return "offered" if self.offered_at else "stored"
