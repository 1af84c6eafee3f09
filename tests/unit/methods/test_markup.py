"""HTML read as a list of elements, as a browser would have them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.markup import LONGEST_TEXT, Element, parse

few = settings(max_examples=50, deadline=None)


def only(html: str, tag: str) -> Element:
    [found] = [each for each in parse(html).elements if each.tag == tag]
    return found


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a> Back\n to  <b>the</b> shop </a>", "Back to the shop"),
        ("<a><img alt='The shop'></a>", "The shop"),
        ("<a><i aria-label='The shop'>x</i></a>", "The shop"),
        ("<a>Pay<br>now</a>", "Pay now"),
        ("<a>Pay<span hidden>not</span><style>a{}</style><script>x</script></a>", "Pay"),
        ("<a>Sort <select><option>x</select></a>", "Sort"),
        ("<a>&amp; &lt;b&gt; &#x1F600;</a>", "& <b> 😀"),
        ("<a>\u200b\ue001</a>", ""),
        ("<a>unclosed", "unclosed"),
        (f"<a>{'x' * 500}</a>", "x" * LONGEST_TEXT),
    ],
)
def test_an_element_says_what_is_to_be_read_in_it(html: str, text: str) -> None:
    assert only(html, "a").text == text


def test_what_is_inside_something_hidden_is_hidden() -> None:
    for how in ("hidden", "aria-hidden=true", "style='display : none'", "style='VISIBILITY:hidden'"):
        assert only(f"<div {how}><p><a>x</a></div>", "a").hidden, how
    assert not only("<div aria-hidden=false><a>x</a></div>", "a").hidden


def test_a_paragraph_ends_where_the_next_begins() -> None:
    page = parse("<p>a<p>b<div>c")
    told = [(each.tag, each.nth, each.text) for each in page.elements[-3:]]
    assert told == [("p", 1, "a"), ("p", 2, "b"), ("div", 1, "c")]
    assert {page.elements[each.parent or 0].tag for each in page.elements[-3:]} == {"body"}


def test_an_element_knows_the_nearest_label_and_table_around_it() -> None:
    page = parse("<table><tr><td><table><tr><td><label><input></label></table></table>")
    outer, inner = [at for at, each in enumerate(page.elements) if each.tag == "table"]
    [field] = page.of("input")
    assert field.around["table"] == inner
    assert page.elements[inner].around["table"] == outer
    assert page.elements[field.around["label"]].tag == "label"


def test_ids_are_those_of_their_first_bearers() -> None:
    page = parse("<p id=a>1<p id=a>2<p id=b>3")
    assert (page.ids["a"].text, page.twice) == ("1", {"a"})
    assert page.named_by("b nowhere a") == "3 1"


@pytest.mark.parametrize(
    ("html", "whole"),
    [("<!DOCTYPE html>x", True), ("<html>", True), ("<BODY x>", True), ("<p>x", False), ("<headline>", False)],
)
def test_a_piece_is_told_from_a_page(html: str, whole: bool) -> None:
    assert parse(html).whole is whole


def test_formatting_keeps_its_name() -> None:
    page = parse("<B>x</B><A href=y>z</A><x-b>t</x-b><big/><u")
    assert [each.tag for each in page.elements][3:] == ["b", "a", "b", "big"]


@few
@given(st.text(alphabet="<>/=\"' abptdivsl!-&;x\u00e9", max_size=400))
def test_parents_stand_before_their_children_and_texts_are_short(html: str) -> None:
    for at, each in enumerate(parse(html).elements):
        assert each.parent is None or each.parent < at
        assert len(each.text) <= LONGEST_TEXT
        assert len(each.where) < 150
