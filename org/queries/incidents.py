"""An incident that is open, by what roles call it."""

from __future__ import annotations

from org import refs
from org.errors import NotFound
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import gates


def standing(text: str, field: str) -> Artifact:
    """The open incident of a title, or of the ref of anything said of it. Raises NotFound with those there are."""
    key = normalize(text) if refs.number(text, "F") is None else made.named(text, field).key
    found = {row.key: row for row in gates.open_incidents()}
    if key not in found:
        hint = "Name one that is open; declare_incident {title, severity, services, impact} opens one."
        raise NotFound(field, text, [row.name for row in found.values()][: made.NEAREST], hint)
    return found[key]
