"""What reviews of a feature's code found wrong and nobody has mended: of each file its newest review counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from org.enums import ArtifactKind
from org.legible import quoted
from org.models import Artifact

LOOKED_AT = 200  # reviews, the newest
GRAVE = "error"


@dataclass(frozen=True)
class Faulty:
    """A file in which its newest review found an error; `rule` and `line` of the gravest, None where it is untold."""

    review: str
    path: str
    rule: str | None
    line: int | None

    @property
    def says(self) -> str:
        what = f"{self.rule} at line {self.line} of " if self.rule else "an error in "
        return f"{what}{quoted(self.path)} ({self.review})"


def faulty(features: Sequence[str]) -> dict[str, list[Faulty]]:
    """By the key of a feature whose code was reviewed, the files with errors; an empty list where there are none.

    A file is as its newest review found it, so that a review of others hides nothing.
    """
    rows = Artifact.objects.of(ArtifactKind.CODE_REVIEW).filter(feature__in=features).newest_first()[:LOOKED_AT]
    found: dict[str, list[Faulty]] = {}
    seen: set[tuple[str, str]] = set()
    for row in rows:
        files = row.content["given"].get("files", {})
        fresh = {path for path in files if (row.feature, path) not in seen}
        seen |= {(row.feature, path) for path in fresh}
        found.setdefault(row.feature, []).extend(each for each in _errors(row.ref, files, row.content["found"], fresh))
    return found


def _errors(ref: str, files: Mapping[str, Any], found: Mapping[str, Any], among: set[str]) -> Iterator[Faulty]:
    """The first error of each of these files; of a review with more errors than it lists, any file may have one."""
    errors = [each for each in found["findings"] if each["severity"] == GRAVE]
    first: dict[str, Any] = {}
    for each in errors:
        first.setdefault(each["path"], each)
    every = found.get("metrics", {}).get("findings", {}).get(GRAVE, 0) > len(errors)
    for path in files if every else first:
        if path in among:
            told = first.get(path, {})
            yield Faulty(ref, path, told.get("rule"), told.get("line"))
