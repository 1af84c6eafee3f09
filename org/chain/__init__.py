"""The audit's chain: what a seal means, and how anyone finds the first record that is not what was sealed.

These modules need Python's standard library and nothing else of Echo: joined into one file they are the verifier
`tools/verify_audit.py`, which a third party runs on an export.
"""

MODULES = ("ed25519", "checkpoints", "seals", "exports")  # each imports only from those before it
