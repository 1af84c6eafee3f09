"""What can be asked at all under a charter, before anybody judges who decides it."""

from __future__ import annotations

from org import money
from org.authority import Request
from org.charter import Charter
from org.errors import InvalidInput, NotFound, Refused


def require_role(charter: Charter, role: str) -> None:
    """Authority is the charter's to give: a role it does not know has none."""
    if role not in charter.roles:
        raise Refused(
            "unknown_role",
            f"Charter {charter.version} has no role {role}, so it decides and asks for nothing.",
            "Ask the board for a charter that has the role.",
        )


def require_possible(charter: Charter, request: Request) -> None:
    """Raises Refused for a role that the charter does not know; NotFound or InvalidInput for an unknown type, an amount
    where none belongs or none where one must be, and a mode the charter does not allow for the type.
    """
    require_role(charter, request.role)
    name = request.decision_type
    kind = charter.types.get(name)
    if kind is None:
        raise NotFound("decision_type", name, list(charter.types), "Use one of these.")
    if kind.money and request.amount_usd is None:
        raise InvalidInput("amount_usd", f"{name} carries money, so an amount is required.", f"Send {money.FORM}.")
    if not kind.money and request.amount_usd is not None:
        raise InvalidInput("amount_usd", f"{name} carries no money.", "Leave it out, or use a type that does.")
    if request.mode is not None and request.mode not in kind.modes:
        allowed = ", ".join(kind.modes)
        raise InvalidInput("mode", f"the charter allows {allowed} for {name}.", "Use one of these, or leave it out.")
