"""The organisation: its words, rules, records and deeds. Knows no Celery and no MCP."""
