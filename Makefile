# The commands of the house. `make run` and `make test` are all a newcomer needs.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made-from-lock

.PHONY: run test test-long test-all docs check setup bench soak lock clean

run: setup            ## the daemon with a local calendar server and example agents
	@exec $(BIN)/syncd demo

test: setup           ## every rule once, under five minutes
	$(BIN)/pytest -n 2 --dist worksteal -m "not long and not soak" tests

test-long: setup      ## what is long: fault matrix, kill campaign, conformance
	$(BIN)/pytest -n 2 --dist worksteal -m "long and not soak" tests

test-all: test test-long  ## `make test` and everything long

check: setup          ## format, lint, types, import contracts, the unit's hardening
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v systemd-analyze >/dev/null; then \
		systemd-analyze security --offline=true --threshold=20 --no-pager packaging/syncd.service >/dev/null \
			&& echo "unit: hardened (exposure at most 2.0)"; \
	else echo "unit: not judged, systemd-analyze is not installed"; fi

bench: setup          ## the figures, as ratios in one run
	$(BIN)/python -m bench

soak: setup           ## exploring with fresh seeds, for as long as you like
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest -n 2 tests -p no:cacheprovider

docs: setup           ## what the documents draw and count from the code: the house, and the pictures
	$(BIN)/python docs/house.py
	$(BIN)/python docs/picture.py
	@if command -v chromium >/dev/null; then $(BIN)/python docs/mailpicture.py && $(BIN)/python docs/pagepictures.py; fi

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "syncd needs python3 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3 has no venv: install it (on Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "setting up .venv from requirements.lock ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

# What [tool.uv] in pyproject.toml rules out is not even written down.
NEVER := $(addprefix --no-emit-package ,niquests urllib3-future jh2 qh3 wassima)

lock:                 ## renew requirements.lock (needs `uv`)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --upgrade $(NEVER) --output-file requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
