# Each target does its own set-up; a second call starts at once.
# PYTHON=/path/to/python chooses the interpreter; SEED=... repeats a torture, PARTS=
# "storm cuts" chooses parts of it.

BIN := .venv/bin
# Two to a core: half of what a test does is wait for a server or a process.
WORKERS := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))))
COMPILE := $(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 \
	--no-emit-index-url --no-annotate --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check bench torture coverage catalogue lint lock chromium

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: .venv/run.stamp ## Start Draper and print the sign-in link
	@$(BIN)/draper run

test: .venv/dev.stamp ## Run the tests
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -q

check: .venv/dev.stamp chromium lint ## Everything CI does: linters, types, borders, tests
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -q

bench: .venv/dev.stamp ## Run the benchmarks; each prints a table
	@for each in bench/[a-z]*; do \
		echo "== $$each" && $(BIN)/python -m "bench.$$(basename "$$each" .py)" || exit 1; \
	done

torture: .venv/dev.stamp ## Kill and restart everything for half an hour; count what is lost
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED)) $(PARTS)
	@$(if $(PARTS),,$(BIN)/pytest -n $(WORKERS) --dist worksteal -q -m long)

coverage: .venv/run.stamp ## Count which targets of docs/seed-coverage.csv exist
	@$(BIN)/python -m db.coverage

catalogue: .venv/run.stamp ## Write down the catalogue of operations, docs/api.md and docs/skills.md
	@$(BIN)/python -m bot.surfaces.snapshot

lock: .venv/dev.stamp ## Pin the newest versions that pyproject.toml allows
	@$(COMPILE) --upgrade --extra dev -o requirements-dev.lock
	@$(COMPILE) --constraint requirements-dev.lock -o requirements.lock
	@$(COMPILE) --constraint requirements-dev.lock --extra bench -o requirements-bench.lock

lint: .venv/dev.stamp
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports --no-logo

chromium:
	@tools/chromium

.venv/run.stamp: requirements.lock pyproject.toml tools/install.py
	@python=$$(PYTHON="$(PYTHON)" tools/python) && "$$python" tools/install.py requirements.lock
	@touch $@

.venv/dev.stamp: requirements-dev.lock requirements.lock pyproject.toml tools/install.py
	@python=$$(PYTHON="$(PYTHON)" tools/python) && "$$python" tools/install.py requirements-dev.lock
	@touch .venv/run.stamp $@
