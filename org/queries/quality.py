"""What the record says about the quality of a release: its newest results, its open defects, what was planned, and what
reviews of its code found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from org import refs
from org.enums import ArtifactKind
from org.errors import InvalidInput
from org.legible import quoted
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import reviews
from org.queries.reviews import Faulty

BLOCKING = ("P0", "P1")  # severities of defects that no release goes out with while they are open
MOST_BLOCKS = 100  # told with the calls that mend them
MOST_FILES = 20  # named in the call that reviews them anew
MOST_UNREAD = 10  # features named whose code nobody reviewed
OPEN = "open"
MEND_DEFECT = "The senior developer mends it, and a test shows that it is gone; then the test lead says so: fixed."
MEND_CODE = "The senior developer mends it; a new review of the file then shows it, of one that is gone by empty text."


@dataclass(frozen=True)
class Block:
    """Why a release may not go out yet, and the call that tells it is mended, as whom it is sent.

    `first`: what has to be done before, and by whom, where the call only says so. An ellipsis stands for what only the
    caller knows then.
    """

    why: str
    role: str
    tool: str
    arguments: Mapping[str, Any]
    first: str = ""


@dataclass(frozen=True)
class Quality:
    """What stands of a release. `results` None: nobody has recorded any. `blocks`: by all of it that is on record.

    `is_known`: results say pass or fail, or a grave defect is open, so that there is something to judge it by.
    """

    release: str
    results: Artifact | None
    defects: list[Artifact]
    features: list[str]
    blocks: list[Block]
    missing: list[str]
    is_known: bool


@dataclass(frozen=True)
class Named:
    """A defect by its title, the key of the release it is in ("": of none), and whether it is open there."""

    title: str
    release: str
    was_open: bool


def of_release(text: str) -> Quality:
    """What is recorded of a release, by its name or the ref of anything made for it."""
    key = made.release_key(text)
    results = made.newest(ArtifactKind.TEST_RESULTS, release=key)
    defects = open_defects(release=key)
    planned = made.newest(ArtifactKind.RELEASE, release=key)
    features = list(planned.content["found"]["features"]) if planned else []
    grave = _grave(defects)
    defined = made.planned(planned) if planned else []
    faulty = reviews.faulty([each.feature for each in defined])
    blocks = [*_failed(key, results), *grave, *_untested(defined), *_faulty(defined, faulty)]
    unplanned = f"a plan of {quoted(key)}: which features it holds, and whether each is tested, is not known"
    missing = [] if planned else [unplanned]
    missing += _unread([each.ref for each in defined if each.feature not in faulty])
    if len(blocks) > MOST_BLOCKS:
        missing.append(f"{len(blocks) - MOST_BLOCKS} more that stand in its way, after the first {MOST_BLOCKS}")
    is_known = bool(grave) or (results is not None and results.content["found"]["gate"] != "unknown")
    return Quality(key, results, defects, features, blocks[:MOST_BLOCKS], missing, is_known)


def grave_defects(release: str) -> list[Block]:
    """The open defects of a release that hold it, the worst first."""
    return _grave(open_defects(release=release))


def _grave(defects: Iterable[Artifact]) -> list[Block]:
    return [_defect(row) for row in defects if row.content["found"]["severity"] in BLOCKING]


def open_defects(**of: str) -> list[Artifact]:
    """The open defects of a `release` or of a title's `key`, the worst first: the newest of a title counts in each."""
    rows = Artifact.objects.of(ArtifactKind.DEFECT).filter(**of).order_by("key", "release", "-number")
    found = [row for row in rows.distinct("key", "release") if row.content["found"]["status"] == OPEN]
    return sorted(found, key=lambda row: (row.content["found"]["severity"], row.number))


def defect(title: str, release: str | None, *, fixed: bool) -> Named:
    """The defect that is meant by its title, or the ref of anything said of it, and the release it is in.

    What is fixed is so where it is open, if no release is named. Raises InvalidInput for another's ref, and where it
    is open in several releases.
    """
    by_ref = made.named(title, "title") if refs.number(title, "F") is not None else None
    if by_ref is not None and by_ref.kind != ArtifactKind.DEFECT:
        raise InvalidInput("title", f"{by_ref.ref} is a {by_ref.kind}, no defect.", "Use the defect's title.")
    name = by_ref.name if by_ref else title
    open_in = [row.release for row in open_defects(key=normalize(name))]
    if release is not None:
        where = made.release_key(release)
    elif by_ref is not None:
        where = by_ref.release
    elif fixed and len(open_in) > 1:
        known = ", ".join(quoted(key) if key else "no release" for key in open_in[: made.NEAREST])
        raise InvalidInput("release", f"{quoted(name)} is open in {known}.", "Name the one it is fixed in, or its ref.")
    else:
        where = open_in[0] if fixed and open_in else ""
    return Named(name, where, where in open_in)


def left_out(required: Sequence[str], tried: Iterable[str]) -> list[str]:
    """The required criteria that are not among those tried, however they are spelled."""
    known = set(map(normalize, tried))
    return [text for text in required if normalize(text) not in known]


def _failed(key: str, results: Artifact | None) -> Iterator[Block]:
    again = {"junit_xml": "…", "release": key}
    if results is None:
        yield Block(f"No test results of {quoted(key)} are on record.", "test_lead", "analyze_test_results", again)
    elif (found := results.content["found"])["gate"] != "pass":
        why = f"The newest results, {results.ref}, are {found['gate']}: {', '.join(found['reasons'])}."
        yield Block(why, "test_lead", "analyze_test_results", again)


def _defect(row: Artifact) -> Block:
    found = row.content["found"]
    again = {"title": row.name, "impact": found["impact"], "frequency": found["frequency"], "status": "…"}
    why = f"{row.ref} {quoted(row.name)} is open, {found['severity']}."
    return Block(why, "test_lead", "classify_defect", {**again, "release": row.release}, MEND_DEFECT)


def _untested(features: Sequence[Artifact]) -> Iterator[Block]:
    """Features without a plan of tests, or with one that holds no case, or not all the criteria on record by now."""
    keys = [each.feature for each in features]
    plans = made.newest_of_each(ArtifactKind.TEST_PLAN, keys)
    required = made.newest_of_each(ArtifactKind.REQUIREMENTS, keys)
    for feature in features:
        recorded = required.get(feature.feature)
        criteria = recorded.content["found"]["acceptance_criteria"] if recorded else []
        if why := _untested_by(plans.get(feature.feature), criteria, feature.ref, quoted(feature.name)):
            unsaid = {} if criteria else {"acceptance_criteria": "…"}
            yield Block(why, "test_lead", "create_test_plan", {"feature": feature.ref, **unsaid})


def _untested_by(plan: Artifact | None, required: Sequence[str], ref: str, name: str) -> str:
    if plan is None:
        return f"{ref} {name} has no test plan."
    found = plan.content["found"]
    if not found["test_cases"]:
        return f"{plan.ref}, the test plan of {name}, holds no case."
    tried = [each["text"] for each in found["coverage"]["criteria"].values()]
    untested = left_out(required, tried)
    return f"{plan.ref} has no case for {len(untested)} of the criteria of {name} on record." if untested else ""


def _faulty(features: Sequence[Artifact], found: Mapping[str, Sequence[Faulty]]) -> Iterator[Block]:
    """Features with an error that a review of their code found and no newer review of the file finds mended."""
    for feature in features:
        if files := found.get(feature.feature, ()):
            more = f" and in {len(files) - 1} more of its files" if len(files) > 1 else ""
            why = f"A review of the code of {feature.ref} {quoted(feature.name)} found {files[0].says}{more}."
            arguments = {"files": {each.path: "…" for each in files[:MOST_FILES]}, "feature": feature.ref}
            yield Block(why, "senior_developer", "review_code", arguments, MEND_CODE)


def _unread(features: Sequence[str]) -> list[str]:
    """What is not known of features, by their refs, whose code nobody had reviewed; it holds no release."""
    if not features:
        return []
    more = f" and {len(features) - MOST_UNREAD} more" if len(features) > MOST_UNREAD else ""
    named = f"{', '.join(features[:MOST_UNREAD])}{more}"
    return [f"a review of the code of {named}: the senior developer's review_code {{files: …, feature: {features[0]}}}"]
