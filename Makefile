# Everything here needs Python 3.11 or newer and make; nothing else.

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3) python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-clients test-browser lint docs bench storm

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## a virtual environment with everything Echo needs

run: $(VENV)/.ready ## start the organisation and say what to open and what to paste
	@$(BIN)/python manage.py up

demo: $(VENV)/.ready ## watch the story: a CEO decides, the board answers, budget flows
	@$(BIN)/python manage.py demo

test: $(VENV)/.ready-dev ## the tests, on a PostgreSQL and Valkey of their own
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile

test-clients: $(VENV)/.ready-dev ## the official MCP clients in TypeScript; needs Node and `npm ci` in tests/clients/node
	@$(BIN)/python -m pytest -q -m client

test-browser: $(VENV)/.ready-dev ## the board's pages in a real browser; needs chromium
	@$(BIN)/python -m pytest -q -m browser

storm: $(VENV)/.ready-dev ## minutes of faults under load: killed workers, lost Redis, restarted PostgreSQL
	@$(BIN)/python -m pytest -q -m storm

lint: $(VENV)/.ready-dev ## style, types, who imports whom, migrations and documents in step
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python manage.py docs --check

docs: $(VENV)/.ready ## write the documents that are made from the code
	@$(BIN)/python manage.py docs

bench: $(VENV)/.ready-bench ## how fast, beside the floor of the same machine in the same run
	@$(BIN)/python -m bench

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Echo needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@echo "Making a virtual environment in $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing Echo's packages (under a minute)"
	@$(PIP) -r requirements.txt
	@$(BIN)/python -m compileall -q agents echo_project org tasks manage.py
	@touch $@

$(VENV)/.ready-bench: requirements-bench.txt $(VENV)/.ready-dev
	@echo "Installing what Echo is measured beside"
	@$(PIP) -r requirements-bench.txt
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	@echo "Installing what the tests need"
	@$(PIP) -r requirements-dev.txt
	@touch $@
