"""Designs as tools are given them: written out, or by the ref of one on record."""

from __future__ import annotations

from agents.shapes import Design
from org import refs
from org.enums import ArtifactKind
from org.errors import InvalidInput
from org.queries import artifacts as made


def recorded(design: Design, field: str = "design") -> Design:
    """The design; where only a ref was given, the one that the senior architect recorded under it.

    Raises NotFound for a ref of nothing, InvalidInput for one of something else.
    """
    if design.components or not isinstance(design.notes, str) or refs.number(design.notes, "F") is None:
        return design
    kept = made.named(design.notes, field)
    if kept.kind != ArtifactKind.DESIGN:
        raise InvalidInput(field, f"{kept.ref} is no design but: {kept.get_kind_display().lower()}.", "Name a design.")
    given = kept.content["given"]
    return Design.model_validate({"components": given.get("components") or [], "data_flow": given.get("data_flow")})
