# Every target does its own set-up: a fresh machine needs git, Python 3.11 or newer, and make.

PYTHON ?= python3
ARGS ?=
UV_VERSION := 0.13.8

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# `install`, not `sync`: the tests' packages come on top of the demo's, and neither target removes the other's.
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser properties chaos soak fuzz bench bench-big check lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.runtime ## A sample force's day, everything embedded (ARGS=--exit: stop at its end)
	@$(BIN)/notifier demo $(ARGS)

test: $(VENV)/.dev ## Run the tests (ARGS="tests/rules -x": some of them)
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

test-browser: $(VENV)/.browser ## Use the operations room in a real browser (it needs a Chromium)
	@NOTIFIER_TEST_BROWSER=1 $(BIN)/pytest --numprocesses 2 --dist loadfile tests/browser $(ARGS)

properties: $(VENV)/.dev ## Run 10,000 random case histories (ARGS="--histories 500": fewer)
	@$(BIN)/python -m tests.properties $(ARGS)

chaos: $(VENV)/.dev ## Break everything on purpose, and audit (ARGS="--seed 7 --only Redis"; --write: into docs)
	@$(BIN)/python -m tests.chaos $(ARGS)

soak: $(VENV)/.dev ## Half an hour of traffic and random faults (ARGS="--minutes 2 --rate 20 --seed 1"; --write: into docs)
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz: $(VENV)/.dev ## Try bad input for ten minutes (ARGS="--examples 100 --seconds 10": less)
	@$(BIN)/python -m tests.fuzz $(ARGS)

bench: $(VENV)/.bench ## Measure speed and cost (ARGS="--only sms-loop --quick": a part; --write: into docs)
	@$(BIN)/python -m bench $(ARGS)

bench-big: $(VENV)/.bench ## Measure one notice among ten million (it says first what disk it needs)
	@$(BIN)/python -m bench --only growth-big $(ARGS)

check: $(VENV)/.dev ## Lint, layout and types
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "make check: run $(BIN)/ruff format" >&2; exit 1; }
	@$(BIN)/mypy

lock: $(UV) ## Choose versions anew and write them with their hashes (ARGS=--upgrade: the newest)
	@$(COMPILE) $(ARGS) --extra build --output-file requirements.lock
	@$(COMPILE) $(ARGS) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) $(ARGS) --extra bench --constraint requirements-dev.lock --output-file requirements-bench.lock
	@$(COMPILE) $(ARGS) --extra browser --constraint requirements-dev.lock --output-file requirements-browser.lock
	@! grep -n '://' requirements*.lock || { echo "make lock: a lock file names a host" >&2; exit 1; }

clean: ## Remove what these targets made, but not what the service keeps
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is missing or older than 3.11: name a newer one, such as make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: $(UV) requirements.lock pyproject.toml
	@echo "installing what the service needs"
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "installing what the tests need"
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.browser: $(VENV)/.dev requirements-browser.lock
	@echo "installing what the browser tests need"
	@$(INSTALL) --require-hashes --requirement requirements-browser.lock
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	@echo "installing what the bench needs"
	@$(INSTALL) --require-hashes --requirement requirements-bench.lock
	@touch $@
