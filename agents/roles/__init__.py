"""One room a role: its tools, its persona. What all roles share is in `decisions` and `answers`."""
