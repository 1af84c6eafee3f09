"""What of a spec no task speaks of."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.traces import ids_in, names_in, unnamed


@pytest.mark.parametrize(
    ("document", "ids"),
    [
        (
            "R1: dark\n- AC-2 light\n  * **REQ_12**: grey\n# NFR3\n| R4 | x |\n1. R9",
            ("R1", "AC-2", "REQ_12", "NFR3", "R4"),
        ),
        ("As UTF-8 and SHA256, see R1.", ()),
        ("R1\nR1\nR2", ("R1", "R2")),
        ("R1-beta\nR123456\nr1\nTOOLONGID1", ()),
        ("", ()),
    ],
)
def test_ids_are_what_begins_a_line(document: str, ids: tuple[str, ...]) -> None:
    assert ids_in(document) == ids


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("R1: x", ["R1"]),
        ({"requirements": [{"id": "R1", "story": "R7: y"}, "R2"], "notes": ["AC-1: z"]}, ["R1", "R2", "AC-1"]),
        ({"components": [{"name": "Store"}, {"kind": "x"}, 7, None], "screens": "Home"}, ["Store"]),
        ({"components": {"name": "Store"}, "deep": {"a": [{"b": "R1"}]}}, ["R1"]),
        (None, []),
        (7, []),
    ],
)
def test_names_are_read_of_lists_and_of_texts(spec: object, names: list[str]) -> None:
    assert names_in(spec) == names


def test_a_name_is_spoken_of_whole_in_any_spelling() -> None:
    """ISO/IEC/IEEE 29148:2018, 5.2.8: each requirement leads to what is there for it."""
    assert unnamed(["R1", "Style Store", "R2"], ["r10 and xR1", "the STYLE  store", "(R2)"]) == ("R1",)
    assert unnamed(["a.b", "a.b", ""], ["axb"]) == ("a.b",)
    assert unnamed(["R1"], []) == ("R1",)


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=8), max_size=8), st.lists(st.text(max_size=30), max_size=5))
def test_what_is_told_was_asked_and_a_text_of_all_names_leaves_none(names: list[str], texts: list[str]) -> None:
    assert set(unnamed(names, texts)) <= set(names)
    assert unnamed(names, ["\n".join(f" {name} " for name in names)]) == ()


def test_nonsense_of_64_kib_takes_little_time() -> None:
    started = time.process_time()
    for text in ("R1" * 2**15, "-" * 2**16, "\n- " * 2**14, "A" * 2**16, " " * 2**16):
        ids_in(text)
        unnamed([f"{text[:4]}{n}" for n in range(1000)], [text])
    assert time.process_time() - started < 2
