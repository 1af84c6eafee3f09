"""What a graph of components shows before anything is built: what is missing, circular, or alone in its place.

Single points of failure: the dominators of the paths users take (`single_points`). Timeouts on calls that leave the
system: Nygard, "Release It!", 2nd ed., 2018, chapter 5. Statements with numbers: the response measure of a quality
attribute scenario, Bass, Clements and Kazman, "Software Architecture in Practice", 4th ed., 2021.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.methods import dependencies
from agents.methods.faults import Impossible
from agents.methods.quantities import possible
from agents.methods.single_points import weights
from org.legible import quoted
from org.names import alike, normalize

MOST_COMPONENTS = 1_000
MOST_DEPENDENCIES = 20_000  # of all components together
LONGEST_LIST = 5  # names in one sentence
MOST_TOLD = 100  # findings of one rule; what is more is told in one
NEAR_MISSES = 20  # names for which the nearest are looked up
ENOUGH_REPLICAS = 2

OUTSIDE = frozenset({"external", "saas", "vendor", "partner", "thirdparty", "third"})
STORES = frozenset({"database", "db", "store", "storage", "datastore", "bucket", "warehouse"})
NO_BACKUP = frozenset({"", "none", "no", "never", "false", "not yet", "n/a", "-"})
_COUNT = re.compile(r"(?<![\w/.-])\d")
_LETTER = re.compile(r"[^\W\d_]")
_COUNT_WORDS = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|half|twice|doubled?|tenfold"
    r"|hundreds?|thousands?|millions?|billions?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a design. None is "not said". `requirements`: the ids of those it is there for."""

    name: str
    kind: str = ""
    owner: str | None = None
    depends_on: tuple[str, ...] = ()
    user_facing: bool | None = None
    replicas: int | None = None
    stores_data: bool | None = None
    backup: str | bool | None = None
    timeout_seconds: float | None = None
    requirements: tuple[str, ...] = ()

    @property
    def is_outside(self) -> bool:
        """Run by somebody else, by the words of its kind."""
        return not OUTSIDE.isdisjoint(_words(self.kind))

    @property
    def is_store(self) -> bool:
        """It says so, or its kind does."""
        return self.stores_data if self.stores_data is not None else not STORES.isdisjoint(_words(self.kind))

    @property
    def is_alone(self) -> bool:
        """No second one takes over, as far as is said."""
        return self.replicas is None or self.replicas < ENOUGH_REPLICAS

    @property
    def has_backup(self) -> bool:
        return self.backup not in (None, False) and str(self.backup).strip().casefold() not in NO_BACKUP


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. Rule: missing, dangling, cycle, single_point, owner, backup, timeout or unmeasured."""

    rule: str
    severity: str
    components: tuple[str, ...]
    says: str
    mend: str


@dataclass(frozen=True, slots=True)
class Review:
    """`entries`: where users come in; `missing`: what was not said, and what was assumed for it."""

    findings: tuple[Finding, ...]
    entries: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """Components by normalised name, and what each depends on, by normalised name as well."""

    parts: Mapping[str, Component]
    needs: Mapping[str, tuple[str, ...]]

    @property
    def edges(self) -> Iterable[tuple[str, str]]:
        """From a component to one it depends on; what is not in the design is left out."""
        return (
            (key, needed) for key, all_needed in self.needs.items() for needed in all_needed if needed in self.parts
        )

    def names(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.parts[key].name for key in keys)


@dataclass(frozen=True, slots=True)
class Node:
    """A component by its normalised name, as what dependencies are read of."""

    id: str
    depends_on: tuple[str, ...]


def review(components: Sequence[Component], named: Sequence[str] = (), scalability: Sequence[str] = ()) -> Review:
    """The findings of a design, worst first. `named` must be in it; `scalability`: what is said of it, as sentences.

    Users come in where a component is user_facing, or where nothing depends on it if none is. Of each rule at most
    `MOST_TOLD` are told, and how many more. Raises Impossible for a name that is empty or given twice, too many
    components, and figures that cannot be.
    """
    design = read(components)
    entries = _entries(design)
    findings = [
        *_missing(design, named),
        *_graph_faults(design),
        *_single_points(design, entries),
        *_stores(components),
        *_timeouts(design),
        *_unmeasured(scalability),
    ]
    return Review(tuple(_ranked(findings)), design.names(entries), _not_said(components, scalability))


def _ranked(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first; of a rule that finds very much its worst, and how many more there are."""
    by_rule: dict[str, list[Finding]] = {}
    for each in sorted(findings, key=_rank):
        by_rule.setdefault(each.rule, []).append(each)
    told = [each for found in by_rule.values() for each in found[:MOST_TOLD]]
    for rest in filter(None, (found[MOST_TOLD:] for found in by_rule.values())):
        about = tuple(dict.fromkeys(name for each in rest for name in each.components))
        of = f", of {_listed(about)}" if about else ""
        says = f"There are {len(rest)} more like the {MOST_TOLD} told before{of}."
        told.append(replace(rest[0], components=about[:LONGEST_LIST], says=says))
    return sorted(told, key=_rank)


def _rank(finding: Finding) -> int:
    return ("high", "medium", "low").index(finding.severity)


def read(components: Sequence[Component]) -> Design:
    """The design by its names. Raises Impossible as `review` does."""
    if len(components) > MOST_COMPONENTS:
        raise Impossible("components", f"are {len(components)}, and can be {MOST_COMPONENTS} at most.")
    if sum(len(each.depends_on) for each in components) > MOST_DEPENDENCIES:
        raise Impossible("depends_on", f"names more than {MOST_DEPENDENCIES} dependencies in all.")
    parts: dict[str, Component] = {}
    for at, each in enumerate(components):
        key = normalize(each.name)
        if not key:
            raise Impossible(f"components[{at}].name", "is empty; every component has a name.")
        if key in parts:
            raise Impossible(f"components[{at}].name", f"{each.name!r} is given twice; a name is one component's.")
        for field in ("replicas", "timeout_seconds"):
            if (value := getattr(each, field)) is not None:
                possible(f"components.{each.name}.{field}", value)
        parts[key] = each
    needs = {key: tuple(filter(None, dict.fromkeys(map(normalize, each.depends_on)))) for key, each in parts.items()}
    return Design(parts, needs)


def _words(kind: str) -> set[str]:
    return set(re.findall(r"[a-z]+", kind.casefold()))


def _missing(design: Design, named: Sequence[str]) -> Iterable[Finding]:
    absent = {key: name for name in named if (key := normalize(name)) and key not in design.parts}
    for at, (key, name) in enumerate(absent.items()):
        near = alike(key, design.parts, most=3, cutoff=0.6) if at < NEAR_MISSES else []
        nearest = f" Nearest there: {_listed(design.names(near))}." if near else ""
        mend = "Put it into the design, or leave it out of what must be there."
        yield Finding("missing", "high", (name,), f"{quoted(name)} must be in the design and is not.{nearest}", mend)


def _graph_faults(design: Design) -> Iterable[Finding]:
    found = dependencies.read([Node(key, needed) for key, needed in design.needs.items()])
    said = {normalize(name): name for each in design.parts.values() for name in each.depends_on}
    for key, unknown in found.unknown:
        [name] = design.names([key])
        says = f"{quoted(name)} depends on {quoted(said[unknown])}, which is not in the design."
        yield Finding("dangling", "high", (name,), says, f"Describe {quoted(said[unknown])}, or mend its name.")
    for cycle in found.cycles:
        says = f"{' → '.join(map(quoted, design.names(cycle.path)))}: none of them can start, change or fail alone."
        mend = "Cut one of these dependencies, by an event or an interface that one side owns."
        yield Finding("cycle", "high", design.names(cycle.members), says, mend)


def _entries(design: Design) -> list[str]:
    told = [key for key, each in design.parts.items() if each.user_facing]
    needed = {key for _, key in design.edges}
    return told or [key for key, each in design.parts.items() if key not in needed and each.user_facing is None]


def _single_points(design: Design, entries: Sequence[str]) -> Iterable[Finding]:
    """Alone, on a user's path, and either others are reached only through it or every entry needs it."""
    for key, weight in weights(tuple(design.parts), design.edges, entries).items():
        component = design.parts[key]
        if component.is_outside or not component.is_alone:
            continue
        told = "has no second replica" if component.replicas is not None else "tells of no replicas"
        mend = f"Give it replicas of {ENOUGH_REPLICAS} or more, or say how users go on without it."
        if weight.cuts_off:
            cut_off = _listed(design.names(weight.cuts_off))
            says = f"{quoted(component.name)} {told}, and only through it users reach {cut_off}."
            yield Finding("single_point", "high", (component.name,), says, mend)
        elif weight.needed_by_all:
            says = f"{quoted(component.name)} {told}, and everything that users see depends on it."
            severity = "high" if component.is_store else "medium"
            yield Finding("single_point", severity, (component.name,), says, mend)


def _stores(components: Sequence[Component]) -> Iterable[Finding]:
    for each in filter(lambda each: each.is_store, components):
        if not (each.owner or "").strip():
            says = f"{quoted(each.name)} stores data and has no owner."
            yield Finding("owner", "medium", (each.name,), says, "Name the role that answers for its data.")
        if not each.has_backup and not each.is_outside:
            told = "tells of" if each.backup is None else "has"
            says = f"{quoted(each.name)} stores data and {told} no backup."
            mend = "Say how it is backed up, how often, and when a backup was last restored."
            yield Finding("backup", "high", (each.name,), says, mend)


def _timeouts(design: Design) -> Iterable[Finding]:
    for caller, called in ((design.parts[key], design.parts[needed]) for key, needed in design.edges):
        if called.is_outside and not (caller.timeout_seconds or called.timeout_seconds):
            says = f"{quoted(caller.name)} calls {quoted(called.name)}, which others run, without a timeout."
            mend = "Give either of them timeout_seconds, and say what happens after it."
            yield Finding("timeout", "medium", (caller.name, called.name), says, mend)


def _unmeasured(statements: Sequence[str]) -> Iterable[Finding]:
    sentences = (each.strip(" \t-*•") for text in statements for each in re.split(r"(?<=[.!?;])\s+|\n+", text))
    for sentence in sentences:
        if _LETTER.search(sentence) and not (_COUNT.search(sentence) or _COUNT_WORDS.search(sentence)):
            says = f"{quoted(sentence[:200])} has no number."
            mend = "Say how much, how many or how fast, and under which load."
            yield Finding("unmeasured", "low", (), says, mend)


def _not_said(components: Sequence[Component], scalability: Sequence[str]) -> tuple[str, ...]:
    if not components:
        return ("components",)
    silent = {
        "depends_on": [] if any(each.depends_on for each in components) else components,
        "owner": [each for each in components if not each.owner],
        "replicas": [each for each in components if each.replicas is None and not each.is_outside],
    }
    said = [
        f"{field}: not said of {_listed([each.name for each in which])}" for field, which in silent.items() if which
    ]
    if not any(each.user_facing for each in components):
        said.append("user_facing: said of none, so users are taken to come in where nothing depends on a component")
    return (*said, *(() if any(text.strip() for text in scalability) else ("scalability",)))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LONGEST_LIST} more" if len(names) > LONGEST_LIST else ""
    return ", ".join(map(quoted, names[:LONGEST_LIST])) + more
