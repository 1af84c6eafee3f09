"""Composition root: imports everyone, imported by no one. `celery -A echo_project` finds its app in `celery.py`."""
