"""What the methods refuse."""

from __future__ import annotations


class Impossible(ValueError):
    """A number that cannot be: its field, and the rule it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        self.field, self.rule = field, rule
        super().__init__(f"{field}: {rule}")
