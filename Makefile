# The one door. `make demo` and `make test` do their own set-up.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready

.PHONY: help setup demo test check schemas lock image-test bench clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(SETUP) ## .venv with the carebeat command

$(SETUP): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(SETUP)

demo: $(SETUP) ## real Kafka, a worker, simulated traffic and a live board on this machine
	$(BIN)/carebeat demo

test: $(SETUP) ## everything that must hold
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadgroup

check: $(SETUP) ## style, types, direction of imports, drift of schemas and reference, tests that import
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas --check
	$(BIN)/python -m app.kpi.reference --check
	$(BIN)/python -m pytest --collect-only --quiet --quiet > /dev/null

schemas: $(SETUP) ## write schemas/json and docs/kpis.md anew
	$(BIN)/python -m schemas
	$(BIN)/python -m app.kpi.reference

LOCKED := --universal --generate-hashes --no-emit-index-url --quiet

lock: $(SETUP) ## write the lock files anew from pyproject.toml (needs uv): everything; what the image runs; what makes its package
	uv pip compile pyproject.toml --extra embedded --extra boards --extra dev $(LOCKED) -o requirements.txt
	uv pip compile pyproject.toml --constraint requirements.txt $(LOCKED) -o requirements-runtime.txt
	uv pip compile --group build --constraint requirements.txt $(LOCKED) -o requirements-build.txt

image-test: $(SETUP) ## build the image with buildah and run it read-only, as root without an engine (needs buildah, debootstrap)
	$(BIN)/python -m pytest -m long -s tests/deploy

bench: $(SETUP) ## ratios to naive Faust, bare aiokafka and Kafka Streams, in one run
	$(BIN)/python -m tests.bench

clean: ## what the targets above made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
