"""The form by which a member of the board writes to roles; each fault says the rule and what to do."""

from __future__ import annotations

from typing import Any

from django import forms

from org.admin import moments
from org.admin.columns import title
from org.enums import ALL, BOARD, LEADERSHIP, SYSTEM, MessageType, Urgency
from org.legible import plain
from org.models import Message

LONGEST_SUBJECT, LONGEST_TEXT = 255, 20_000
UNKEPT = {"null_characters_not_allowed": "It holds a NUL character, which cannot be kept. Take it out."}
TYPES = [(kind, kind.label) for kind in (MessageType.REQUEST, MessageType.NOTIFICATION)]


class LetterForm(forms.Form):
    """What a member writes. To whom is no field where it answers a role."""

    to = forms.ChoiceField(
        error_messages={
            "required": "Nobody is chosen. Choose a role, leadership or all.",
            "invalid_choice": "There is no such role. Choose one of the list.",
        }
    )
    subject = forms.CharField(
        max_length=LONGEST_SUBJECT,
        error_messages={
            "required": "It is empty. Say in one line what it is about.",
            "max_length": "It has %(show_value)s characters, more than %(limit_value)s. Shorten it.",
            **UNKEPT,
        },
    )
    content = forms.CharField(
        label="Text",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 6}),
        error_messages={
            "required": "It is empty. Write what the role is to know or do.",
            "max_length": "It has %(show_value)s characters, more than %(limit_value)s. Shorten it, or send parts.",
            **UNKEPT,
        },
    )
    type = forms.ChoiceField(
        choices=TYPES,
        error_messages={
            "required": "None is chosen. Choose request or notification.",
            "invalid_choice": "People send requests and notifications. Choose one of the two.",
        },
    )
    priority = forms.ChoiceField(
        choices=Urgency.choices,
        initial=Urgency.NORMAL,
        error_messages={
            "required": "None is chosen. Choose one, normal if in doubt.",
            "invalid_choice": "There is no such priority. Choose one of the list.",
        },
    )
    ack_by = forms.DateTimeField(
        label="Acknowledge by",
        help_text="UTC, optional",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "It is no date and time. Write it like 2027-03-01 17:00, or leave it empty."},
    )

    def __init__(self, *given: Any, answers: Message | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        if answers is not None:
            del self.fields["to"]
        else:
            self.fields["to"].choices = _addresses()  # type: ignore[attr-defined]

    def clean_content(self) -> str:
        return str(self.cleaned_data["content"]).replace("\r\n", "\n")


def _addresses() -> list[Any]:
    charter = moments.charter()
    roles = [(name, title(name)) for name in charter.roles]
    leaders = ", ".join(title(name) for name in charter.leadership)
    return [("", "Choose"), *roles, (LEADERSHIP, f"Leadership: {leaders}"), (ALL, "All roles")]


def anew(to: str) -> LetterForm:
    """An empty letter that begins a thread."""
    return LetterForm(initial={"to": to, "type": MessageType.REQUEST, "priority": Urgency.NORMAL})


def reply(message: Message) -> LetterForm:
    """An empty reply on a thread: to whoever the message is from, or for the board's own, to whom it went."""
    to = {BOARD: message.sent_to, SYSTEM: message.to_role}.get(message.from_role, message.from_role)
    subject = message.subject if message.subject.startswith("Re: ") else f"Re: {message.subject}"
    answers = answered_by(message)
    first = {
        "to": to,
        "subject": plain(subject)[:LONGEST_SUBJECT],
        "type": MessageType.NOTIFICATION if answers else MessageType.REQUEST,
        "priority": Urgency.NORMAL,
    }
    return LetterForm(initial=first, answers=answers)


def answered_by(message: Message) -> Message | None:
    """The message, where a reply on its page answers it: it came to the board. Else it goes on with the thread."""
    return message if message.to_role == BOARD else None
