"""Looking decisions up and telling what became of them."""

from __future__ import annotations

from org import refs
from org.errors import NotFound
from org.models import Decision


def find(text: str, field: str = "decision_id") -> Decision:
    """The decision named by id or ref. NotFound names the newest ones."""
    number, key = refs.number(text, "D"), refs.uuid_of(text)
    decision = None
    if key is not None:
        decision = Decision.objects.filter(pk=key).first()
    elif number is not None:
        decision = Decision.objects.filter(number=number).first()
    if decision is None:
        newest = Decision.objects.order_by("-created_at").values_list("number", flat=True)[:3]
        raise NotFound(field, text, [f"D-{n}" for n in newest], "Use a ref like D-142 or the decision's id; nothing was done.")
    return decision
