"""The methods of the roles' tools, each on the largest input its tool takes: a thousand items, or as many bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from bench.measure import Times, repeat
from bench.report import Report
from bench.stack import Stack

TIMES = 3
MOST_MS = 2_000
ITEMS = 1_000
KIB = 1024


def measure(here: Stack, report: Report) -> None:
    taken: dict[str, Times] = {}
    for name, work in works().items():
        report.doing(f"method: {name}")
        taken[name] = repeat(lambda _, run=work: run(), TIMES, 1)  # type: ignore[misc]
    slowest = sorted(taken, key=lambda name: -taken[name].p50)
    for name in slowest[:6]:
        report.row(f"method {name}, its largest input", taken[name], taken[slowest[-1]], aim=MOST_MS)
    report.figure(f"the {len(taken)} methods together", f"{sum(times.p50 for times in taken.values()):,.0f} ms")


def works() -> Mapping[str, Callable[[], object]]:
    """Each method with its input made already."""
    from agents.methods import (
        accessibility,
        backlogs,
        code_review,
        components,
        decision_matrix,
        dependencies,
        designs,
        estimates,
        evidence,
        objectives,
        pairwise,
        queues,
        releases,
        schedules,
        screens,
        stories,
        test_results,
        usability,
    )
    from agents.methods.scores import Item

    chance = Random(7)
    before = [tuple(f"n{chance.randrange(at)}" for _ in range(3)) if at else () for at in range(ITEMS)]
    items = [
        Item(f"n{at}", value=chance.randrange(50), effort=1 + chance.randrange(9), depends_on=before[at])
        for at in range(ITEMS)
    ]
    features = [releases.Feature(item.id, item.effort, at, before[at]) for at, item in enumerate(items)]
    parts = [components.Component(f"n{at}", depends_on=before[at], replicas=1) for at in range(ITEMS)]
    activities = [schedules.Activity(f"n{at}", 1.0 + at % 7, before[at]) for at in range(ITEMS)]
    tasks = [estimates.Task(f"n{at}", 1.0, 2.0 + at % 5, 9.0, before[at]) for at in range(ITEMS)]
    told = [
        stories.read_story(f"As a reader, I want page {at} to be dark, so that my eyes rest.") for at in range(ITEMS)
    ]
    options = [f"o{at}" for at in range(50)]
    weights = {f"c{at}": 1.0 + at % 9 for at in range(50)}
    scores = {option: {name: float(chance.randrange(11)) for name in weights} for option in options}
    values = {f"p{at}": list(range(8)) for at in range(9)}
    case = '<testcase classname="suite.of.tests" name="test_{}" time="0.01"/>'
    cases = "".join(case.format(at) for at in range(14_000))
    xml = f'<testsuite tests="14000">{cases}</testsuite>'[: KIB * KIB]
    loads = [queues.Workload(f"w{at}", 40.0 + at, 6.0, 2, 0.5) for at in range(600)]
    measured = [objectives.Measurement(999_000.0 + at, 1_000_000.0, 1.0 + at % 700) for at in range(ITEMS)]
    claims = [evidence.Claim(f"claim {at}", at % 3 > 0, 1.0, f"source {at % 40}") for at in range(ITEMS)]
    attempts = [usability.Attempt(f"task {at % 50}", at % 4 > 0, 5.0 + at % 90) for at in range(ITEMS)]
    moves = [screens.Transition(f"s{at}", "next", f"s{chance.randrange(500)}") for at in range(500)]
    page = ("<div><a href='#'>more</a><img src=x><input><h4>x</h4>" * 1_200)[: 64 * KIB]
    code = "\n\n".join(
        f"def f{at}(a, b):\n    if a > b:\n        return a - b\n    return b - a" for at in range(15_000)
    )
    return {
        "prioritize_backlog": lambda: backlogs.prioritize(items, backlogs.Constraints(2_000)),
        "plan_release": lambda: releases.place(features, capacity=40),
        "define_feature": lambda: ([stories.invest(story) for story in told], stories.twins(told)),
        "review_architecture": lambda: components.review(parts, [part.name for part in parts], ["No number."]),
        "select_technology": lambda: decision_matrix.decide(decision_matrix.Matrix(tuple(options), weights, scores)),
        "design_system": lambda: (designs.trace(parts, [item.id for item in items]), designs.draw(parts)),
        "create_technical_spec": lambda: dependencies.read(items).order(),
        "evaluate_technology": lambda: evidence.weigh(claims),
        "plan_implementation": lambda: schedules.plan(activities),
        "estimate_effort": lambda: estimates.simulate(tasks),
        "review_code": lambda: code_review.review({"all.py": code[: 900 * KIB]}),
        "create_test_plan": lambda: pairwise.plan((), values),
        "analyze_test_results": lambda: test_results.analyze([xml]),
        "review_operational_metrics": lambda: objectives.assess(objectives.Objective("o", 99.9, 30), measured),
        "plan_capacity": lambda: queues.plan(loads),
        "design_interface": lambda: screens.review(moves, [screens.Screen(f"s{at}") for at in range(500)]),
        "review_accessibility": lambda: accessibility.review(page),
        "analyze_usability": lambda: (usability.sus([[4, 2] * 5] * ITEMS), usability.tasks(attempts)),
    }
