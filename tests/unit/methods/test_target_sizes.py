"""Sizes of targets and the space around them, by WCAG 2.2, 2.5.8 "Target Size (Minimum)" and 2.5.5 "(Enhanced)"."""

from __future__ import annotations

from time import process_time

import pytest

from agents.methods.accessibility import Review, review


def placed(*boxes: tuple[float, float, float, float], more: str = "", whole: bool = True) -> Review:
    """A page of buttons, each of its x, y, width and height in px."""
    buttons = "".join(
        f"<button style='position:absolute;left:{x}px;top:{y}px;width:{width}px;height:{height}px'>x</button>"
        for x, y, width, height in boxes
    )
    body = f"<main style='position:relative'>{buttons}</main>{more}"
    return review(f"<!doctype html><html lang=en><title>x</title>{body}" if whole else body)


def asked(told: Review) -> tuple[int, int]:
    """How often 2.5.8 was asked (all else of level AA is asked of text with colours), and how often it failed."""
    return told.checked["AA"], told.failed.get("2.5.8 target of 24 by 24 px", 0)


@pytest.mark.parametrize(
    ("boxes", "failed"),
    [
        ([(0, 0, 24, 24), (24, 0, 24, 24)], 0),  # large enough: they may touch
        ([(0, 0, 20, 20)], 0),  # alone
        ([(0, 0, 20, 20), (24, 0, 20, 20)], 0),  # 20 px and 4 px of space: the circles just touch
        ([(0, 0, 20, 20), (23, 0, 20, 20)], 2),  # 20 px and 3 px of space
        ([(0, 0, 20, 20), (17, 17, 20, 20)], 0),  # 24.04 px apart across the corner
        ([(0, 0, 20, 20), (16, 16, 20, 20)], 2),
        ([(0, 0, 20, 20), (22, 0, 100, 24)], 0),  # the circle reaches 12 px from the centre at 10
        ([(0, 0, 20, 20), (21, 0, 100, 24)], 1),  # the large one passes
        ([(10, 10, 16, 16), (0, 0, 100, 100)], 1),  # within another
        ([(0, 0, 20, 60), (24, 40, 20, 20)], 0),  # tall: its circle is round its middle, (10, 30)
        ([(0, 0, 20, 60), (20, 20, 20, 20)], 2),
    ],
)
def test_a_small_target_needs_space_for_a_circle_of_24_px(
    boxes: list[tuple[float, float, float, float]], failed: int
) -> None:
    """The exception "Spacing" of 2.5.8; the examples of 20 px with 4 and with less space are Understanding 2.5.8's."""
    told = placed(*boxes)
    assert asked(told) == (len(boxes), failed)
    assert not any("2.5.8" in each for each in told.missing)


@pytest.mark.parametrize(
    "told",
    [
        placed((0, 0, 20, 20), more="<button>x</button>"),  # it may be anywhere
        placed((0, 0, 20, 20), more="<a href=x>Pay now</a>"),
        placed((0, 0, 20, 20), whole=False),  # a piece of a page: what is around it is not sent
        review("<html><button style='width:23px;height:80px'>x</button><button>y</button>"),
        review("<html><input type=image alt=Go width=20 height=20><button>y</button>"),
        review("<html><a href=x style='display:block;width:1em;height:60px'>Pay now</a><button>y</button>"),
        placed((0, 0, 20, 20), more="<button style='position:fixed;left:0;top:0;width:20px;height:20px'>x</button>"),
        placed(
            (0, 0, 20, 20),
            more="<button style='position:absolute;left:99px;top:0;width:20px;height:20px;margin:-99px'>x</button>",
        ),
    ],
)
def test_where_targets_stand_is_not_guessed(told: Review) -> None:
    assert asked(told) == (0, 0)
    assert sum(each.startswith("the space around 1 of") or "2 of 2 targets" in each for each in told.missing) == 1


def test_one_that_is_too_near_is_enough_though_others_are_not_placed() -> None:
    assert asked(placed((0, 0, 20, 20), (10, 0, 20, 20), more="<button>x</button>")) == (2, 2)


def test_a_link_in_a_line_of_text_is_not_asked_and_may_still_be_in_the_way() -> None:
    """The exception "Inline"."""
    told = review("<html lang=en><p>x <a href=x style='width:1px;height:1px'>Pay now</a>")
    assert (asked(told), any("2.5.8" in each for each in told.missing)) == ((0, 0), False)


def test_a_small_target_with_space_is_none_of_44_px() -> None:
    told = placed((0, 0, 20, 20))
    assert [each.criterion for each in told.violations if each.level == "AAA"] == ["2.5.5"]


def test_the_most_targets_are_compared_at_once_and_more_are_said_not_to_be() -> None:
    began = process_time()
    assert asked(placed(*((at * 24, 0, 20, 20) for at in range(500)))) == (500, 0)
    many = placed(*((at * 24, 0, 20, 20) for at in range(5000)))
    assert process_time() - began < 2
    assert asked(many) == (0, 0)
    assert any("5000 of 5000 targets" in each for each in many.missing)


def test_a_page_of_64_kib_that_goes_deep_is_read_at_once() -> None:
    began = process_time()
    small = "<i onclick=x style='position:fixed;left:0;top:0'></i>"
    review("<html>" + "<div style='color:red'>" * 1400 + small * 600)
    assert process_time() - began < 1
