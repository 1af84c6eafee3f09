"""One room a role: its tools, its persona.

What all roles share is in `briefing`, `decisions` and `correspondence`, listed in `shared`; the shapes of answers are
in `answers`.
"""
