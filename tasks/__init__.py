"""Celery tasks and the sweeper: the organisation's legs and clock."""
