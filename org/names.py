"""Names people and models type, brought to one form so that spelling variants cannot split a sum."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from heapq import nlargest
from itertools import islice

_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Cn"}  # format, control, surrogate, private, unassigned
# Zero-width characters of other categories (Unicode's Default_Ignorable_Code_Point): joiners, fillers, selectors.
IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\u2800\ufe00-\ufe0f\uffa0\ufffc\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)


def normalize(name: str) -> str:
    """The key of a name: NFKC, case folded, invisible characters removed, runs of white space made one space."""
    text = IGNORED.sub("", unicodedata.normalize("NFKC", name))
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    text = unicodedata.normalize("NFKC", text.casefold())
    return re.sub(r"\s+", " ", text).strip()


_RELEASE = re.compile(r"(?:(?:release|version|ver|v)\.? ?)*(\d{1,9}(?:\.\d{1,9}){0,3})\.?([-+ ].*)?")


def normalize_release(name: str) -> str:
    """The key of a release's name: "v1.4", "Release v1.4" and "1.4.0.0" are one; a suffix like "-rc.1" tells two apart,
    and so does a zero before a number: 1.04 is not 1.4.
    """
    key = normalize(name)
    match = _RELEASE.fullmatch(key)
    if match is None:
        return key
    parts = match[1].split(".")
    while len(parts) > 3 and parts[-1].strip("0") == "":
        parts.pop()
    return ".".join(parts + ["0"] * (3 - len(parts))) + (match[2] or "").replace(" ", "-")


COMPARED = 500  # names a miss is compared with
WEIGHED = 40  # of these, the ones that share most pairs of letters with it, are compared letter by letter
SHORTEST_COMPARED = 3  # characters
LONGEST_COMPARED = 40  # characters: comparing takes time by the square of them


def alike(name: str, known: Iterable[str], *, most: int, cutoff: float) -> list[str]:
    """Of the first `COMPARED` known names those spelled most alike, compared by how they begin; the nearest first."""
    begun: dict[str, list[str]] = {}
    for each in islice(known, COMPARED):
        begun.setdefault(each[:LONGEST_COMPARED], []).append(each)
    wanted = _pairs(begins := name[:LONGEST_COMPARED])
    closest = nlargest(WEIGHED, begun, key=lambda each: _shared(wanted, _pairs(each)))
    near = difflib.get_close_matches(begins, closest, n=most, cutoff=cutoff)
    return [each for start in near for each in begun[start]][:most]


def meant(word: object, known: Iterable[str]) -> str:
    """A question to put behind a fault, with a space before it: the known word spelled most like it; or nothing.

    Of three letters or fewer too much is alike: the known word has to hold them in a row, as high holds hi.
    """
    said = re.sub(r"[\s-]+", "_", str(word)[:LONGEST_COMPARED].strip().casefold())
    if len(said) <= SHORTEST_COMPARED:
        near = [each for each in islice(known, COMPARED) if said and said in each.casefold()][:1]
    else:
        near = alike(said, known, most=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _pairs(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


def _shared(one: set[str], other: set[str]) -> float:
    """0 to 1 (Dice, "Measures of the amount of ecologic association between species", 1945)."""
    return 2 * len(one & other) / (len(one) + len(other))
