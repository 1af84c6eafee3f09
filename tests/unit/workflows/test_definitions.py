"""The grammar of workflows: what can be run, what is refused before it runs, how values reach steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.registry import all_roles, spec_of
from agents.roles.shared import EVERY_ROLE
from org import workflows
from org.charter import SHIPPED, read
from org.errors import InvalidInput
from org.workflows import fields
from org.workflows.checking import faults
from org.workflows.definition import End, Notice, Return, Step, Timer, Vote, Work, Workflow
from org.workflows.fields import Choice, Flag, Number, Text, Texts, Usd
from org.workflows.references import Is, Ref, filled, holds

CHARTER = read(SHIPPED.read_text())
DONE = {"done": Flag(says="Whether it is done.")}


def work(key: str, *after: str, role: str = "cto", asks: str = "Do it.", when: Is | None = None) -> Work:
    return Work(key=key, title=key, role=role, asks=asks, results=DONE, after=after, when=when)


def flow(*steps: Step) -> Workflow:
    return Workflow(
        name="flow",
        version=1,
        title="Flow",
        purpose="For tests.",
        starters=("ceo",),
        inputs={"name": Text(says="A name.")},
        steps=steps,
    )


@pytest.mark.parametrize("shipped", workflows.SHIPPED, ids=lambda each: f"{each.name}-{each.version}")
def test_a_shipped_workflow_can_be_run(shipped: Workflow) -> None:
    assert faults(shipped, CHARTER) == []
    assert workflows.version_of(shipped.name, shipped.version) is shipped


@pytest.mark.parametrize("shipped", workflows.SHIPPED, ids=lambda each: each.name)
def test_a_shipped_workflow_names_tools_that_its_roles_have(shipped: Workflow) -> None:
    for step in shipped.steps:
        if isinstance(step, Work):
            drafts = [step.draft.tool] if step.draft else []
            for tool in (*step.uses, *drafts):
                assert spec_of(step.role).tool(tool), f"{step.key}: the {step.role} has no {tool}"


def test_the_shipped_workflows_use_every_role_that_has_tools_of_its_own() -> None:
    asked = {step.role for each in workflows.SHIPPED for step in each.steps if isinstance(step, Work)}
    assert asked == {spec.name for spec in all_roles() if set(spec.tools) - set(EVERY_ROLE)}


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ([work("a", role="wizard")], "a: wizard is no role."),
        ([work("a"), work("a")], "a is the key of two steps."),
        ([work("A-1")], "'A-1' is no key"),
        ([work("input")], "'input' is what runs are started with"),
        ([work("a", "b")], "a comes after b, which is no step."),
        ([work("a", "b"), work("b", "a")], "a is never begun: it comes after itself."),
        ([work("a", asks="See {b.done}."), work("b", "a")], "a: it refers to b.done, and b is not over"),
        ([work("a"), work("b", "a", asks="See {a.gone}.")], "b: it refers to a.gone; a gives done."),
        ([work("a", asks="See {input.gone}.")], "a: it refers to input.gone; input gives name."),
        ([work("a", when=Is("input.gone", 1))], "a: it refers to input.gone"),
        ([work("a"), Return(key="r", title="r", after=("a",), to="a", times=1)], "r: it would always go back"),
        (
            [work("a"), Return(key="r", title="r", after=("a",), when=Is("a.done", False), to="a", times=10)],
            "r: it goes back 10 times; 1 to 9 are bounded.",
        ),
        (
            [work("a"), work("b"), Return(key="r", title="r", after=("a",), when=Is("a.done", False), to="b", times=1)],
            "r: it goes back to b, which is not before it.",
        ),
        ([Timer(key="t", title="t", hours=0)], "t: it waits 0 hours"),
        ([Timer(key="t", title="t", hours=float("inf"))], "t: it waits inf hours"),
        ([Notice(key="n", title="n", to="mars", subject="s", content={})], "n: mars is nobody to write to."),
        ([Vote(key="v", title="v", type="lunch", asks="?", context={})], "v: lunch is no type of decision."),
        ([Vote(key="v", title="v", type="hiring", asks="?", context={})], "v: hiring carries money"),
        ([Vote(key="v", title="v", type="policy", asks="?", context={})], "v: 1 vote where the ceo started it"),
        ([], "it has 0 steps"),
    ],
)
def test_what_cannot_be_run_is_told_before_it_runs(steps: list[Step], fault: str) -> None:
    found = faults(flow(*steps), CHARTER)
    assert any(each.startswith(fault) for each in found), found


def test_a_starter_is_a_role() -> None:
    assert faults(replace(flow(work("a")), starters=("king",)), CHARTER) == ["king may start it, and is no role."]


def test_a_step_done_again_may_refer_to_what_came_after_it_the_time_before() -> None:
    back = Return(key="r", title="r", after=("b",), when=Is("b.done", False), to="a", times=2)
    assert faults(flow(work("a", asks="Last time: {b.done}"), work("b", "a"), back), CHARTER) == []


def test_a_way_back_does_again_what_lies_on_it_and_nothing_beside_it() -> None:
    back = Return(key="r", title="r", after=("c",), when=Is("c.done", False), to="b", times=2)
    whole = flow(work("a"), work("b", "a"), work("beside", "a"), work("c", "b", "beside"), back, work("d", "r"))
    assert whole.between("b", "r") == ("b", "c", "r")


def test_values_reach_a_step_whole_or_in_words() -> None:
    known = {"input": {"name": "Dark mode"}, "a": {"sum": 48000.0, "list": ["x", "y"], "ok": True}}
    assert filled({"n": Ref("a.sum"), "t": "{input.name}: {a.sum}, {a.list}, {a.ok}, {b.gone}"}, known) == {
        "n": 48000.0,
        "t": "Dark mode: 48,000, x; y, yes, -",
    }


def test_words_of_others_are_filled_in_once_and_never_read_as_references() -> None:
    known = {"input": {"name": "{a.secret}"}, "a": {"secret": "s"}}
    assert filled("Do {input.name}", known) == "Do {a.secret}"


@pytest.mark.parametrize(
    ("condition", "kept", "expected"),
    [(None, {}, True), (Is("a.x", 1), {"x": 1}, True), (Is("a.x", 1), {}, False), (Is("a.x", 1, no=True), {}, True)],
)
def test_a_condition_holds_by_what_is_known(condition: Is | None, kept: dict[str, Any], expected: bool) -> None:
    assert holds(condition, {"a": kept}) is expected


GIVEN = {
    "words": Text(says="Words.", most=5),
    "list": Texts(says="A list.", least=1),
    "number": Number(says="A number.", most=10),
    "usd": Usd(says="An amount."),
    "flag": Flag(says="Yes or no."),
    "choice": Choice(says="One of two.", words=("one", "two")),
    "more": Text(says="Not needed.", required=False),
}
RIGHT = {"words": " abc ", "list": ["a"], "number": 3, "usd": 1250.5, "flag": False, "choice": "Two"}


def test_fields_are_read_in_the_form_they_are_kept() -> None:
    read = fields.read(GIVEN, RIGHT, "result")
    assert read == RIGHT | {"words": "abc", "choice": "two", "more": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("words", ""), ("words", 3), ("words", "abcdef"), ("list", []), ("list", "a"), ("list", [1]), ("number", True),
        ("number", "3"), ("number", 11), ("number", float("nan")), ("usd", -5), ("usd", "1e9"), ("usd", 0.001),
        ("flag", "yes"), ("flag", 1), ("choice", "three"), ("choice", 1), ("unknown", 1), ("words", None),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name_with_an_example(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        fields.read(GIVEN, RIGHT | {name: value}, "result")
    assert str(refused.value).startswith(f"result.{name}: ")


@pytest.mark.parametrize("shipped", workflows.SHIPPED, ids=lambda each: each.name)
def test_the_example_of_every_form_can_be_sent_once_what_it_leaves_open_is_said(shipped: Workflow) -> None:
    for form in (shipped.inputs, *(step.results for step in shipped.steps if isinstance(step, Work))):
        said = {"…": "Said.", ("…",): ["Said."]}
        open_there = {
            name: tuple(each) if isinstance(each, list) else each for name, each in fields.example(form).items()
        }
        for name in [name for name, each in open_there.items() if each in said]:
            with pytest.raises(InvalidInput, match=rf"input\.{name}: must be said"):
                fields.read({name: form[name]}, {name: fields.example(form)[name]}, "input")
        example = {name: said.get(each, fields.example(form)[name]) for name, each in open_there.items()}
        assert set(fields.read(form, example, "input")) == set(form)
        assert set(fields.schema(form)["properties"]) == set(form)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(JSON | st.dictionaries(st.sampled_from([*GIVEN, "other"]), JSON))
def test_whatever_is_sent_is_read_or_refused_by_name(value: Any) -> None:
    try:
        kept = fields.read(GIVEN, value, "result")
    except InvalidInput as error:
        refused = error
    else:
        assert fields.read(GIVEN, kept, "result") == kept
        return
    assert refused.field.startswith("result")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14))
def test_a_graph_is_refused_just_where_a_step_comes_after_itself(edges: list[tuple[int, int]]) -> None:
    after: dict[int, set[str]] = {at: set() for at in range(8)}
    for first, last in edges:
        after[last].add(f"s{'abcdefgh'[first]}")
    whole = flow(*(work(f"s{'abcdefgh'[at]}", *sorted(names)) for at, names in after.items()))
    reach = {step.key: set(step.after) for step in whole.steps}
    for _ in whole.steps:
        reach = {key: names | {far for near in names for far in reach[near]} for key, names in reach.items()}
    assert bool(faults(whole, CHARTER)) is any(key in names for key, names in reach.items())


def test_an_end_says_how_it_ended_with_what_is_known() -> None:
    end = End(key="e", title="e", says="{input.name} ended.")
    assert filled(end.says, {"input": {"name": "It"}}) == "It ended."
