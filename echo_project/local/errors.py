"""What a person is told when the stack cannot run: one sentence of what is wrong, one of the safe next step."""

from __future__ import annotations


class StackError(Exception):
    """The embedded stack cannot do what was asked."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(f"{sentence} {next_step}".rstrip())
        self.sentence = sentence
        self.next_step = next_step
