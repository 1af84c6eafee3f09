"""Names people and models type, brought to one form so that spelling variants cannot split a sum."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Cn"}  # format, control, surrogate, private, unassigned


def normalize(name: str) -> str:
    """The key of a name: NFKC, case folded, invisible characters removed, runs of white space made one space."""
    text = unicodedata.normalize("NFKC", name)
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    text = unicodedata.normalize("NFKC", text.casefold())
    return re.sub(r"\s+", " ", text).strip()
