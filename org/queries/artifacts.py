"""What roles made, found by ref or by name: the newest of its kind stands. A miss names the nearest there are."""

from __future__ import annotations

from collections.abc import Sequence

from org import names, refs
from org.authority import LONGEST_KEY_BYTES
from org.enums import ArtifactKind, Status
from org.errors import InvalidInput, NotFound
from org.legible import quoted
from org.models import Artifact
from org.models.artifacts import ArtifactQuerySet

NEAREST = 3
LOOKED_AT = 500  # the newest selections


def named(text: str, field: str = "id") -> Artifact:
    """The artifact of a ref."""
    found = Artifact.objects.filter(number=refs.number(text, "F") or 0).first()
    if found is None:
        newest = [row.ref for row in Artifact.objects.newest_first()[:NEAREST]]
        raise NotFound(field, text, newest, "recall {kinds: artifact} finds by words.")
    return found


def feature(text: str, field: str = "feature") -> Artifact:
    """The newest definition of a feature, by its name or by the ref of anything made for it.

    Raises NotFound with the nearest names and the call that defines one.
    """
    key = names.normalize(text)
    if refs.number(text, "F") is not None:
        key = named(text, field).feature
    found = newest(ArtifactKind.FEATURE, key=key)
    if found is None:
        raise NotFound(
            field,
            text,
            nearest(ArtifactKind.FEATURE, text),
            "The product manager's define_feature {name, user_stories, business_value} makes one.",
        )
    return found


def release_key(text: str, field: str = "release") -> str:
    """The key of a release, by its name or by the ref of anything made for it. It need not have been planned.

    Raises NotFound for an unknown ref; InvalidInput for what is of no release, shows nothing, or is too long.
    """
    by_ref = named(text, field) if refs.number(text, "F") is not None else None
    key = by_ref.release if by_ref else names.normalize_release(text)
    if not key:
        rule = f"{by_ref.ref} was made for no release." if by_ref else "holds nothing that can be seen."
        raise InvalidInput(field, rule, "Use the release's name, like v1.4.")
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise InvalidInput(field, "is too long.", "Shorten it and call again.")
    return key


def kept_as(release: str, key: str) -> str:
    """That a release has another name on record than the one it was given by; nothing where it has not."""
    same = release == key or refs.number(release, "F") is not None
    return "" if same else f"{quoted(release)} is kept as {quoted(key)}."


def newest(kind: ArtifactKind, *, key: str = "", feature: str = "", release: str = "") -> Artifact | None:
    """The newest of a kind: of that name, for that feature, for that release."""
    wanted = {name: value for name, value in (("key", key), ("feature", feature), ("release", release)) if value}
    return Artifact.objects.of(kind).filter(**wanted).newest_first().first()


def newest_of_each(kind: ArtifactKind, features: Sequence[str]) -> dict[str, Artifact]:
    """By the key of a feature, the newest of a kind, with its decision."""
    rows = Artifact.objects.of(kind).filter(feature__in=features).order_by("feature", "-number").distinct("feature")
    return {row.feature: row for row in rows.select_related("decision")}


def planned(release: Artifact) -> list[Artifact]:
    """The features that a planned release holds, in its order."""
    numbers = [refs.number(ref, "F") or 0 for ref in release.content["found"]["features"]]
    rows = {row.number: row for row in Artifact.objects.filter(number__in=numbers)}
    return [rows[number] for number in numbers if number in rows]


def before(artifact: Artifact) -> Artifact | None:
    """What stood of its kind for its feature until it was made."""
    return _older(artifact).filter(feature=artifact.feature).newest_first().first() if artifact.feature else None


def named_before(artifact: Artifact) -> Artifact | None:
    """What stood of its kind under its name until it was made."""
    return _older(artifact).filter(key=artifact.key).newest_first().first()


def _older(artifact: Artifact) -> ArtifactQuerySet:
    return Artifact.objects.of(ArtifactKind(artifact.kind)).filter(number__lt=artifact.number)


def selected_before(options: Sequence[str]) -> Artifact | None:
    """The newest selection that was approved, and not revoked since, for or against any of these technologies."""
    wanted = {names.normalize(option) for option in options}
    approved = Artifact.objects.of(ArtifactKind.SELECTION).filter(
        decision__status=Status.APPROVED, decision__revoked_at=None
    )
    for row in approved.newest_first()[:LOOKED_AT]:
        if not wanted.isdisjoint(map(names.normalize, row.content["given"]["options"])):
            return row
    return None


def of_feature(feature: str) -> dict[ArtifactKind, Artifact]:
    """What stands of each kind for a feature, by the feature's key."""
    rows = Artifact.objects.filter(feature=feature).order_by("kind", "-number").distinct("kind")
    return {ArtifactKind(row.kind): row for row in rows}


def nearest(kind: ArtifactKind, text: str) -> list[str]:
    """The names of a kind that are spelled most alike; the newest where none is."""
    known = dict(Artifact.objects.of(kind).newest_first().values_list("key", "name")[: names.COMPARED])
    alike = names.alike(names.normalize(text), known, most=NEAREST, cutoff=0.5)
    return [known[key] for key in alike or list(known)[:NEAREST]]
