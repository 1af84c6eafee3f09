"""What the day is about: a feature, its parts, its code and its test runs."""

from __future__ import annotations

from typing import Any

SHORT = {  # what the day calls a role where its name is too wide
    "ceo": "CEO",
    "cto": "CTO",
    "chro": "CHRO",
    "operations_head": "Ops",
    "product_manager": "PM",
    "senior_architect": "Arch",
    "uiux_engineer": "UX",
    "senior_developer": "Dev",
    "test_lead": "Test",
}
FEATURE, RELEASE = "Dark mode", "v1.4"
STORIES = [
    "As a reader, I want pages to be dark at night, so that my eyes rest.",
    "As a reader, I want to switch the theme myself, so that it suits the room.",
]
CRITERION = "Given theme dark, when a page opens, then its contrast is at least 7:1."
TASKS: list[dict[str, Any]] = [
    {
        "id": "tokens",
        "title": "Colours as tokens, R1",
        "optimistic_hours": 4,
        "likely_hours": 6,
        "pessimistic_hours": 12,
    },
    {
        "id": "switch",
        "title": "Theme switch on settings, R2",
        "optimistic_hours": 3,
        "likely_hours": 5,
        "pessimistic_hours": 11,
        "depends_on": ["tokens"],
    },
    {
        "id": "store",
        "title": "Keep the choice in preferences",
        "optimistic_hours": 2,
        "likely_hours": 3,
        "pessimistic_hours": 6,
        "depends_on": ["tokens"],
    },
]
COMPONENTS: list[dict[str, Any]] = [
    {
        "name": "web",
        "owner": "cto",
        "user_facing": True,
        "replicas": 3,
        "depends_on": ["preferences"],
        "requirements": ["R1", "R2"],
    },
    {
        "name": "preferences",
        "owner": "cto",
        "kind": "database",
        "replicas": 2,
        "backup": "nightly, restored in May",
        "timeout_seconds": 2,
        "requirements": ["R2"],
    },
]
CODE = '''def contrast(one, other):
    """The ratio of two luminances, 1 to 21."""
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)
'''
RED = """<testsuite tests="2">
<testcase classname="theme" name="dark"/>
<testcase classname="theme" name="kept"><failure message="lost after a reload"/></testcase>
</testsuite>"""
GREEN = """<testsuite tests="2">
<testcase classname="theme" name="dark" time="0.4"/>
<testcase classname="theme" name="kept" time="1.1"/>
</testsuite>"""
