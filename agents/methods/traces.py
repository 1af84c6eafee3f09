"""What a plan leaves out: names of a document or design that no task speaks of.

Traceability (ISO/IEC/IEEE 29148:2018, 5.2.8) by the names themselves: letter case, width and white space aside, and
whole, so that R1 is not found in R10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from org.names import normalize

# At the start of a line, behind marks of lists, headings and bold: R1, AC-2, REQ_12; not UTF-8 within a sentence.
_ID = re.compile(r"^[ \t>#*+|\[(-]{0,12}([A-Z]{1,6}[-_]?\d{1,5})(?![\w-])", re.MULTILINE)


LISTS = ("requirements", "components", "screens")  # the fields of a spec that list what is named


def names_in(spec: Any) -> list[str]:
    """What a spec names, text or an object: the ids or names that its lists hold, and the ids that begin its lines."""
    lists = {field: spec[field] for field in LISTS if spec.get(field)} if isinstance(spec, dict) else {}
    listed = [each for items in lists.values() if isinstance(items, list) for each in items]
    names = [each.get("id") or each.get("name") if isinstance(each, dict) else each for each in listed]
    rest = {field: value for field, value in spec.items() if field not in lists} if isinstance(spec, dict) else spec
    return [*(name for name in names if isinstance(name, str)), *ids_in("\n".join(_texts(rest)))]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def ids_in(document: str) -> tuple[str, ...]:
    """The ids that begin a line of the document, as `- R1: …`, each once and in its order."""
    return tuple(dict.fromkeys(_ID.findall(document)))


def unnamed(names: Iterable[str], texts: Sequence[str]) -> tuple[str, ...]:
    """Those of `names` that none of the texts speaks of."""
    said = "\n".join(normalize(text) for text in texts)
    return tuple(name for name in dict.fromkeys(names) if (key := normalize(name)) and not _speaks(said, key))


def _speaks(said: str, key: str) -> bool:
    return key in said and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", said) is not None
