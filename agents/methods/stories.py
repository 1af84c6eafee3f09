"""User stories and acceptance criteria, read by their forms, and what is wrong with a story by stated rules. English.

The form "As a …, I want …, so that …": Connextra 2001, in Cohn, "User Stories Applied", 2004. INVEST: Wake, "INVEST in
good stories, and SMART tasks", xp123.com, 2003. Given, When, Then: North, "Introducing BDD", Better Software, 2006. The
words and lengths by which a letter is found broken are this module's own, and said in each problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from org.names import normalize

LONGEST_GOAL = 25  # words
MOST_JOINS = 1  # "and", "or" in a goal
ALIKE = 0.9  # of the letters of two goals; from here on they are one story told twice
MOST_COMPARED = 100  # stories among which twins are looked for
LONGEST = 4_000  # characters of a story that are read

_ROLE = re.compile(
    r"\bas (?:an?|the) (?P<role>[^,.;\n]{1,200}?)(?:,|\n| (?=i (?:want|need|would|can|must|should|wish)\b))",
    re.IGNORECASE,
)
_WANT = re.compile(
    r"\b(?:i|we) (?:want|need|would like|can|must|should(?: be able)?|wish|am able)\b(?: to\b)?", re.IGNORECASE
)
_BENEFIT = re.compile(r"\b(?:so that|so i can|so we can|in order to|because)\b", re.IGNORECASE)
_STEP = re.compile(r"\b(given|when|then)\b", re.IGNORECASE)

OTHERS = re.compile(
    r"\b(depends? on|blocked by|once story|after story|requires story|(?:US|STORY|R)-\d+)\b", re.IGNORECASE
)
SOLUTION = re.compile(
    r"\b(buttons?|drop-?downs?|checkbox(?:es)?|click|modal|pop-?up|sql|database table|endpoints?|rest api|json|redis"
    r"|postgres\w*|react|django|kafka|cron|microservices?|stored procedures?)\b",
    re.IGNORECASE,
)
NOT_A_USER = re.compile(
    r"(?:\w+ )?(system|developer|engineer|database|server|backend|product owner|team)", re.IGNORECASE
)
VAGUE = re.compile(
    r"\b(etc|and so on|and so forth|tbd|to be defined|somehow|something|some kind of|user-friendly|easy|easily|fast"
    r"|quick(?:ly)?|better|improved?|efficient(?:ly)?|robust|flexible|seamless(?:ly)?|intuitive|modern|nice|good"
    r"|appropriate|as needed|if possible)\b|\?\?|…",
    re.IGNORECASE,
)
WHOLE = re.compile(
    r"\b(manage|everything|anything|all kinds of|any kind of|whole|entire|complete system|platform)\b", re.IGNORECASE
)
_JOIN = re.compile(r"\b(?:and|or|as well as)\b|;", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Story:
    """The parts of a story; None is not there."""

    text: str
    role: str | None
    goal: str | None
    benefit: str | None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(part for part in ("role", "goal", "benefit") if getattr(self, part) is None)


@dataclass(frozen=True, slots=True)
class Problem:
    """A letter of INVEST that a story breaks, with what in it says so."""

    letter: str
    rule: str
    found: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """The parts of an acceptance criterion, in their order; None is not there. `problems`: what cannot be tested."""

    text: str
    given: str | None
    when: str | None
    then: str | None
    problems: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(part for part in ("given", "when", "then") if getattr(self, part) is None)


def read_story(text: str) -> Story:
    """The role, goal and benefit of a story in the form "As a …, I want …, so that …". No errors: what is not there
    is None; of more than 4,000 characters the rest is not read."""
    told = text[:LONGEST]
    want, benefit = _WANT.search(told), None
    if want:
        benefit = _BENEFIT.search(told, want.end())
    role = _ROLE.search(told, 0, want.end() if want else len(told))
    goal = told[want.end() : benefit.start() if benefit else len(told)] if want else ""
    return Story(
        text, _part(role["role"] if role else ""), _part(goal), _part(told[benefit.end() :] if benefit else "")
    )


def invest(story: Story, criteria: Sequence[Criterion] | None = None) -> tuple[Problem, ...]:
    """What INVEST (Wake 2003) finds wrong with a story. `criteria` None: not known, so none is asked for. No errors."""
    text, goal = story.text[:LONGEST], story.goal or ""
    return tuple(
        Problem(letter, rule, found)
        for letter, rule, found in (
            *_found("I", "Independent: it names what must come first.", OTHERS, text),
            *_found("N", "Negotiable: it prescribes a solution instead of a need.", SOLUTION, goal),
            *_worth(story),
            *([] if story.goal else [("E", 'Estimable: it does not say what is wanted ("I want …").', "")]),
            *_found("E", "Estimable: a vague word leaves open what is wanted.", VAGUE, _unmeasured(goal)),
            *_size(goal),
            *(
                [("T", "Testable: it has no acceptance criterion.", "")]
                if criteria is not None and not criteria
                else []
            ),
            *(("T", f"Testable: {problem}", each.text[:100]) for each in criteria or () for problem in each.problems),
        )
    )


def twins(stories: Sequence[Story]) -> tuple[tuple[int, int], ...]:
    """Pairs of stories, by place, that want the same and so are not independent: nine tenths of their letters agree.

    In their order, of the first 200 of a goal; among the first hundred stories. No errors.
    """
    goals = [normalize(each.goal or "") for each in stories[:MOST_COMPARED]]
    pairs = combinations(enumerate(goals), 2)
    return tuple((a, b) for (a, earlier), (b, later) in pairs if _alike(earlier, later))


def read_criterion(text: str) -> Criterion:
    """Given, When and Then of an acceptance criterion, each up to the next; an "and" stays with its step. No errors."""
    told = text[:LONGEST]
    steps = list(_STEP.finditer(told))
    parts: dict[str, str] = {}
    order: list[str] = []
    for at, step in enumerate(steps):
        end = steps[at + 1].start() if at + 1 < len(steps) else len(told)
        word, part = step[1].lower(), _part(told[step.end() : end])
        if part:
            order.append(word)
            parts[word] = f"{parts[word]}; {part}" if word in parts else part
    return Criterion(
        text, parts.get("given"), parts.get("when"), parts.get("then"), tuple(_untestable(told, parts, order))
    )


def read_criteria(text: str) -> tuple[Criterion, ...]:
    """The criteria of a text, one a line; or, where lines start with Given, one from each to the next. No errors."""
    lines = [line.strip(" \t-*•") for line in text.splitlines()]
    starts = [bool(re.match(r"(given|scenario)\b", line, re.IGNORECASE)) for line in lines]
    gathered: list[list[str]] = []
    for line, is_start in zip(lines, starts, strict=True):
        if not line or re.fullmatch(r"scenario[^:]{0,40}:?.*", line, re.IGNORECASE):
            continue
        if is_start or not gathered or not any(starts):
            gathered.append([])
        gathered[-1].append(line)
    return tuple(read_criterion("\n".join(each)) for each in gathered)


def _part(text: str) -> str | None:
    return " ".join(text.split()).strip(" ,.;:-*") or None


def _found(letter: str, rule: str, words: re.Pattern[str], text: str) -> Iterable[tuple[str, str, str]]:
    if found := list(dict.fromkeys(each[0].lower() for each in words.finditer(text))):
        yield letter, rule, ", ".join(found[:5])


def _worth(story: Story) -> Iterable[tuple[str, str, str]]:
    if story.role is None:
        yield "V", 'Valuable: it does not say to whom ("As a …").', ""
    elif found := NOT_A_USER.fullmatch(story.role):
        yield "V", "Valuable: its role builds or is the system and does not use it.", found[0]
    if story.benefit is None:
        yield "V", 'Valuable: it does not say what for ("so that …").', ""
    elif _alike(normalize(story.benefit), normalize(story.goal or "")):
        yield "V", "Valuable: its benefit says its goal again.", story.benefit[:100]


def _size(goal: str) -> Iterable[tuple[str, str, str]]:
    if (words := len(goal.split())) > LONGEST_GOAL:
        yield "S", f"Small: its goal takes more than {LONGEST_GOAL} words.", f"{words} words"
    if (joins := len(_JOIN.findall(goal))) > MOST_JOINS:
        yield "S", f"Small: its goal joins more than {MOST_JOINS + 1} things.", f"{joins} times and, or"
    yield from _found("S", "Small: it names a whole instead of one step of a user.", WHOLE, goal)


def _alike(one: str, other: str) -> bool:
    """Whether 2 · common ÷ all letters is as much as `ALIKE`; more of them in common than the shorter has cannot be."""
    one, other = one[:200], other[:200]
    enough = ALIKE * (len(one) + len(other)) / 2
    return 0 < enough <= min(len(one), len(other)) and _common(one, other) >= enough


def _common(one: str, other: str) -> int:
    """Letters of the longest common subsequence: Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004."""
    places: dict[str, int] = {}
    for at, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << at
    row = every = (1 << len(one)) - 1  # a 0 for each letter of one in common so far
    for letter in other:
        met = row & places.get(letter, 0)
        row = (row + met | row - met) & every
    return len(one) - row.bit_count()


def _untestable(text: str, parts: Mapping[str, str], order: Sequence[str]) -> Iterable[str]:
    absent = [word for word in ("given", "when", "then") if word not in parts]
    if parts and absent:
        yield f"a criterion has no {' and no '.join(absent)}."
    elif parts and not order.index("given") < order.index("when") < order.index("then"):
        yield "a criterion's steps are out of order; it is Given, When, Then."
    if order.count("when") > 1:
        yield "a criterion has several events; each When is a criterion of its own."
    if found := VAGUE.search(_unmeasured(parts.get("then", text))):
        yield f"a criterion is vague where something must be seen: {found[0].lower()}."


def _unmeasured(text: str) -> str:
    """The text, unless it has a number: then its vague words are measured by that."""
    return "" if re.search(r"\d", text) else text
