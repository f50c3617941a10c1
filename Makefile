# Treadle. Every target does its own set-up: Python 3.11+ and the package registries are all that a machine needs.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install serve test test-long check api bench lock format clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

install: $(VENV)/.installed src/treadle/server/static/index.html ## Prepare .venv and the built web app, start nothing

serve: install ## Start Treadle and print its address (ARGS="--port 9000")
	$(PY) -m treadle serve $(ARGS)

test: install $(VENV)/.browser ## Run every test (ARGS="-k name" narrows it)
	$(PY) -m pytest -n 4 --dist loadgroup --reruns 2 --reruns-delay 1 -m "not long" $(ARGS)
	$(PY) scripts/npm.py test

test-long: install $(VENV)/.browser ## Run the proofs that take minutes
	$(PY) -m pytest -m long $(ARGS)

check: install ## Lint, types, import contracts, front-end lint and types, bundle size
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright --project pyproject.toml
	$(VENV)/bin/lint-imports
	$(PY) scripts/console_api.py --check
	$(PY) scripts/npm.py run check
	$(PY) scripts/npm.py run size

api: install ## Write the types of the console API anew for the web app
	$(PY) scripts/console_api.py

bench: install ## Measure the budgets (ARGS="engine api --json")
	$(PY) -m bench $(ARGS)

lock: $(VENV)/.installed ## Lock dependencies again after a change of pyproject.toml
	$(UV) pip compile --universal --generate-hashes --no-header -q -p 3.11 --extra code --extra local --extra milvus --extra tokens \
		--group pyproject.toml:test --group pyproject.toml:check --group pyproject.toml:bench --group pyproject.toml:web \
		pyproject.toml -o requirements.lock

format: install ## Format Python and the front end
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## Remove everything that make built
	rm -rf $(VENV) web/node_modules src/treadle/server/static

$(VENV)/.installed: requirements.lock pyproject.toml
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check "uv>=0.9"
	$(UV) pip sync --quiet --compile-bytecode --python $(PY) requirements.lock
	TREADLE_SKIP_WEB_BUILD=1 $(UV) pip install --quiet --python $(PY) --no-deps --editable .
	$(PY) -m compileall -q src/treadle
	touch $@

src/treadle/server/static/index.html: $(VENV)/.installed $(shell find web/src web/public web/index.html web/package-lock.json web/vite.config.ts -type f 2>/dev/null)
	$(PY) scripts/npm.py ci --no-audit --no-fund
	$(PY) scripts/npm.py run build
	touch $@

$(VENV)/.browser: $(VENV)/.installed
	$(PY) scripts/browser.py
	touch $@
