# Two commands start everything: `make run` and `make test`. They need python3 (3.11 to 3.13) and the network.
SHELL := /bin/bash
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE  # with it every command compiles Airflow anew, which takes seconds

# The first interpreter that runs, fits and can make a virtual environment; override with PYTHON=...
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& { echo $$python; break; }; done)
BIN := .venv/bin
# The machine's certificates, as pip has them, so that a company's own authority is trusted here too.
UV := UV_SYSTEM_CERTS=1 VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv
TOOLS := $(BIN)/.tools
RUNTIME := $(BIN)/.installed
DEV := $(BIN)/.installed-dev
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# Three workers on two cores, since many tests mostly wait; each takes a file at a time, those that run the line first.
# What it warns of is that branches of the tests themselves are not counted.
COVERED := $(BIN)/python -W "ignore:Unable to activate pytest branch" -m slipcover --branch --skip-covered --source wirewatch,producers,consumers
PYTEST := $(COVERED) -m pytest -n 3 --dist loadfile --no-loadscope-reorder
COMPOSE_SCHEMA := --builtin-schema vendor.compose-spec

.PHONY: help setup run up test test-long chaos fuzz check quality bench performance lock secrets build clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' Makefile | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(DEV)  ## Install everything into .venv, the development tools included

run: $(RUNTIME)  ## Run the main job once: real servers, the seed articles, a summary
	$(BIN)/wirewatch run

up: $(RUNTIME)  ## Keep the whole line running on this machine until Ctrl-C
	$(BIN)/wirewatch up

test: $(DEV)  ## Test everything on the real servers, with coverage
	$(PYTEST) -m 'not long'

test-long: $(DEV)  ## The same and what takes minutes: many kills, long runs
	$(PYTEST)

chaos: $(DEV)  ## Kill, freeze, cut off and refuse the line, then count; SEED=1 MINUTES=10
	$(BIN)/python -m tests.chaos --seed $(or $(SEED),1) --minutes $(or $(MINUTES),10)

fuzz: $(DEV)  ## Feed what comes from outside with 3 MB of damage of each kind; some four minutes
	WIREWATCH_TEST_FUZZ=3000000 $(BIN)/python -m pytest -s tests/fuzz

check: $(DEV)  ## Format, lint, types, layers, the Compose file
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema $(COMPOSE_SCHEMA) docker-compose.yml

quality: $(RUNTIME)  ## Measure the tags and write docs/quality.md; SETS=folder of the internal evaluation sets
	$(BIN)/python scripts/write_quality.py $(SETS)

bench: $(RUNTIME)  ## Measure the line on this machine
	$(BIN)/wirewatch bench

performance: $(DEV)  ## Measure this machine for ten minutes and write docs/performance.md
	$(BIN)/python scripts/write_performance.py

lock: $(TOOLS)  ## Resolve the dependencies anew and write the lock files
	printf '%s\n' uv hatchling editables | $(COMPILE) --upgrade -o requirements-build.lock -
	$(COMPILE) --upgrade --extra postgres -o requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

secrets:  ## Write .env with random passwords for docker-compose.yml; what an existing .env has stays
	$(or $(PYTHON),python3) scripts/write_env.py

build: $(TOOLS)  ## Build the wheel into dist/
	$(BIN)/hatchling build -t wheel

clean:  ## Remove what make made; .env stays
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Each stamp is written last, so that an interrupted installation starts again.
$(TOOLS): requirements-build.lock
	@test -n "$(PYTHON)" || { echo 'No Python 3.11 to 3.13 with venv on PATH; install one or say make PYTHON=...' >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

$(RUNTIME): $(TOOLS) pyproject.toml requirements.lock
	$(UV) pip install --require-hashes -r requirements.lock
	$(UV) pip install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	$(UV) pip install --require-hashes -r requirements-dev.lock
	@touch $@
