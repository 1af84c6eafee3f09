"""Screens and the ways between them as a graph: where users get stuck, what they never reach, which states are missing.

Dialogues as state transition graphs: Parnas, "On the use of transition diagrams in the design of a user interface for
an interactive computer system", ACM, 1969. Ways out: Nielsen, "10 usability heuristics", 1994, no. 3. Error and empty
states: no. 9, and Hurff, "Designing Products People Love", 2015 (blank, loading, partial, error, ideal). A screen that
takes something in needs an error state and one that lists needs an empty one, by the English words of NEEDS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.methods.faults import Impossible
from agents.methods.mermaid import Shape, flowchart
from org.names import normalize

MOST_SCREENS = 1_000
MOST_TRANSITIONS = 5_000


@dataclass(frozen=True, slots=True)
class Need:
    """A state: names of screens and actions on them that call for it, and words that show it is there. `ahead`: an
    action calls for it on the screen it leads to.
    """

    names: re.Pattern[str]
    actions: re.Pattern[str]
    shown: re.Pattern[str]
    ahead: bool = False


NEEDS: Mapping[str, Need] = {
    "error": Need(
        re.compile(
            r"\b(log ?in|sign ?(in|up|on)|regist(er|ration)|form|edit(or)?|create|new|add|checkout|payment|upload"
            r"|import|settings|search|booking|reset)\b"
        ),
        re.compile(r"\b(submit|save|send|pay|buy|upload|import|delete|remove|confirm|create|book|search)\b"),
        re.compile(r"\b(errors?|fail(s|ed|ure)?|invalid|wrong|denied|declined|offline|timeout|not found)\b"),
    ),
    "empty": Need(
        re.compile(
            r"\b(lists?|results?|inbox|history|dashboard|feed|cart|basket|catalog(ue)?|gallery|overview|orders"
            r"|items|messages|notifications|favou?rites|search)\b"
        ),
        re.compile(r"\b(list|search|filter)\b"),
        re.compile(r"\b(empty|nothing|blank|first use|no (results?|items?|data|messages|orders))\b"),
        ahead=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Screen:
    """`states`: what it can look like (error, empty …). `final`: users are done here. None is "not said"."""

    name: str
    states: tuple[str, ...] = ()
    final: bool | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """From one screen to another, by what the user does."""

    source: str
    action: str
    target: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A state that a screen needs and nothing shows; `because` is the word that says so."""

    screen: str
    state: str
    because: str


@dataclass(frozen=True, slots=True)
class Map:
    """`traps`: screens that lead to each other only and to no final one, where some are said to be final."""

    start: str
    screens: tuple[str, ...]
    dead_ends: tuple[str, ...]
    traps: tuple[tuple[str, ...], ...]
    unreachable: tuple[str, ...]
    gaps: tuple[Gap, ...]
    diagram: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """What screens are made of, as far as flows and states tell: a control by its action, or a state."""

    name: str
    kind: Literal["control", "state"]
    screens: tuple[str, ...]


def steps(flow: Sequence[str | Sequence[str]]) -> tuple[Transition, ...]:
    """The transitions of a flow told as its screens in order, or as (screen, action, screen) where an action leads on.

    No units, no errors.
    """
    found: list[Transition] = []
    here: str | None = None
    for step in flow:
        source, action, target = (step, "", step) if isinstance(step, str) else step
        told = not isinstance(step, str)
        if here is not None and not (told and normalize(here) == normalize(source)):
            found.append(Transition(here, "", source))
        if told:
            found.append(Transition(source, action, target))
        here = target
    return tuple(found)


def components(transitions: Sequence[Transition], screens: Sequence[Screen], gaps: Sequence[Gap]) -> list[Component]:
    """A control for each action and a state for each that a screen has or lacks, each with its screens, in order."""
    found: dict[tuple[Literal["control", "state"], str], tuple[str, dict[str, str]]] = {}

    def note(kind: Literal["control", "state"], name: str, screen: str) -> None:
        _, where = found.setdefault((kind, normalize(name)), (name, {}))
        where.setdefault(normalize(screen), screen)

    for each in transitions:
        if normalize(each.action):
            note("control", each.action, each.source)
    for screen in screens:
        for state in screen.states:
            note("state", state, screen.name)
    for gap in gaps:
        note("state", gap.state, gap.screen)
    return [Component(name, kind, tuple(where.values())) for (kind, _), (name, where) in found.items()]


def review(
    transitions: Sequence[Transition],
    screens: Sequence[Screen] = (),
    start: str | None = None,
    *,
    lone: Sequence[str] = (),
    ends: bool = False,
) -> Map:
    """The map of all screens that are named, the `lone` ones too, from `start` or the first one named.

    A dead end is a screen that nothing leaves and that is not said to be final; where every way `ends` by itself, as
    a command's does, there is none. Raises Impossible for an empty name, a `start` that is no screen, a screen
    described twice, and more of either than can be drawn.
    """
    known = _read(transitions, screens, lone)
    if not known:
        raise Impossible("user_flows", "name no screen; give {name, steps} or [screen, action, screen].")
    named = transitions[0].source if transitions else next(iter(known.values())).name
    first = normalize(named if start is None else start)
    if first not in known:
        raise Impossible("start", f"is {start!r}, and no screen is called that.")
    keyed = [Transition(normalize(each.source), each.action, normalize(each.target)) for each in transitions]
    missing = _not_said(transitions, screens, start, known[first], ends)
    return _map(known, keyed, first, missing, ends)


def _read(transitions: Sequence[Transition], screens: Sequence[Screen], lone: Sequence[str]) -> dict[str, Screen]:
    """Every screen by normalised name, those described first."""
    if len(transitions) > MOST_TRANSITIONS:
        raise Impossible("user_flows", f"have {len(transitions)} transitions, and can have {MOST_TRANSITIONS}.")
    known: dict[str, Screen] = {}
    for at, screen in enumerate(screens):
        if normalize(screen.name) in known:
            raise Impossible(f"screens[{at}].name", f"{screen.name!r} is described twice.")
        known[normalize(screen.name)] = screen
    for transition in transitions:
        for name in (transition.source, transition.target):
            known.setdefault(normalize(name), Screen(name))
    for name in lone:
        known.setdefault(normalize(name), Screen(name))
    if "" in known:
        raise Impossible("user_flows", "have a screen without a name.")
    if len(known) > MOST_SCREENS:
        raise Impossible("user_flows", f"have {len(known)} screens, and can have {MOST_SCREENS}.")
    return known


def _map(
    known: Mapping[str, Screen], transitions: Sequence[Transition], start: str, missing: tuple[str, ...], ends: bool
) -> Map:
    import networkx as nx

    graph: Any = nx.DiGraph()
    graph.add_nodes_from(known)
    graph.add_edges_from((each.source, each.target) for each in transitions)
    reached = nx.descendants(graph, start) | {start}
    names = {key: screen.name for key, screen in known.items()}
    sinks = [group for group in nx.attracting_components(graph) if not any(known[key].final for key in group)]
    dead = {key for group in sinks if len(group) == 1 and not ends for key in group}
    rounds = [group for group in sinks if len(group) > 1 and start not in group]
    traps = [group for group in rounds if any(screen.final for screen in known.values())]
    edges = dict.fromkeys((each.source, each.action, each.target) for each in transitions)
    return Map(
        names[start],
        tuple(names.values()),
        tuple(names[key] for key in known if key in dead),
        tuple(tuple(names[key] for key in known if key in group) for group in traps),
        tuple(names[key] for key in known if key not in reached),
        tuple(_gaps(known, transitions)),
        flowchart({key: (name, Shape.ROUND if known[key].final else Shape.BOX) for key, name in names.items()}, edges),
        missing,
    )


def _gaps(known: Mapping[str, Screen], transitions: Sequence[Transition]) -> Iterable[Gap]:
    """A state is there if the screen tells of it, or if a way out of the screen, or where that leads, is named so."""
    done: dict[str, list[str]] = {}
    led: dict[str, list[str]] = {}
    leads: dict[str, list[str]] = {}
    for each in transitions:
        done.setdefault(each.source, []).append(normalize(each.action))
        led.setdefault(each.target, []).append(normalize(each.action))
        leads.setdefault(each.source, []).append(each.target)
    for key, screen in known.items():
        if any(need.shown.search(key) for need in NEEDS.values()):
            continue  # a state of another screen, drawn as one of its own
        actions = " | ".join(done.get(key, ()))
        shown = " | ".join((*map(normalize, screen.states), actions, *leads.get(key, ())))
        for state, need in NEEDS.items():
            calls = " | ".join(led.get(key, ())) if need.ahead else actions
            found = need.names.search(key) or need.actions.search(calls)
            if found and not need.shown.search(shown):
                yield Gap(screen.name, state, found[0])


def _not_said(
    transitions: Sequence[Transition], screens: Sequence[Screen], start: str | None, first: Screen, ends: bool
) -> tuple[str, ...]:
    missing = [] if start is not None else [f"start: taken to be the first screen named, {first.name}"]
    if not transitions:
        missing.append("user_flows: no way between two screens")
    elif not all(each.action for each in transitions):
        missing.append("action of some transitions")
    if not screens:
        missing.append("screens: none is described, so states are told by names alone")
    if not ends and not any(each.final for each in screens):
        missing.append("final: said of no screen, so whatever nothing leaves is a dead end")
    return tuple(missing)
