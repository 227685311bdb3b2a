# `make up` runs the product, `make test` its tests. Nothing is needed but Python >= 3.11 with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Another project's environment, active in the calling shell, is none of ours.
unexport VIRTUAL_ENV PYTHONHOME DJANGO_SETTINGS_MODULE UV_PYTHON
# Compiled code is kept, or each of the many processes would compile for itself.
unexport PYTHONDONTWRITEBYTECODE
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

# For commands that need settings, but neither a gateway nor a broker.
ALONE := ENV_FILE= DATABASE_URL=sqlite://:memory: SECRET_KEY=check LLMTR_API_KEY=llmtr-sandbox REDIS_URL=redis://none SITE_URL=http://127.0.0.1:8000

.DEFAULT_GOAL := help
.PHONY: help up quick test proof cover check format lint types imports templates words messages migrations settings docs audit bench screens chaos hostile mutants conformance evaluate clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

up: $(VENV)/.installed ## run the whole product on this machine (PORT=8000, DATA_DIR=var, see .env.example)
	@exec $(BIN)/python manage.py up --stop-with-parent $(ARGS)

# Tests are spread over the cores (see tests/spreading.py), unless a few are picked.
PYTEST = $(BIN)/python -m pytest $(if $(findstring no:xdist,$(ARGS)),,-n auto)
NO_BROWSER = $(if $(filter 0,$(BROWSER)), and not browser)
# A whole run wants to know at once whether there is a browser; a part of it, when a test needs one.
BROWSER_FIRST = $(if $(ARGS)$(NO_BROWSER),,$(BIN)/python -m tests.chromium &&)

quick: $(VENV)/.installed-dev ## run the tests that start no process, in two minutes
	@exec $(PYTEST) -m "not processes and not proof" $(ARGS)

test: $(VENV)/.installed-dev ## run what a change must pass (ARGS="-k share" for some, BROWSER=0 without the browser)
	@$(BROWSER_FIRST) exec $(PYTEST) -m "not proof$(NO_BROWSER)" $(ARGS)

proof: $(VENV)/.installed-dev ## run everything, on both databases, in an hour or so
	@$(BROWSER_FIRST) env TRYON_FUZZ=2000 TRYON_EXAMPLES=60 TRYON_SHOTS=1 $(PYTEST) -m "$(filter-out and,$(NO_BROWSER))" $(ARGS)
	@$(if $(ARGS),,exec $(BIN)/python -m tests.mutants)

cover: $(VENV)/.installed-dev ## run the quick tests and say which lines of the product they do not reach
	@exec $(PYTEST) -m "not processes and not proof" --cov --cov-report=term:skip-covered $(ARGS)

check: format lint types imports templates words migrations settings docs ## format, lint, types, import contracts, templates, marked words, migrations, docs

format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
types: $(VENV)/.installed-dev
	$(BIN)/mypy
imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports
templates: $(VENV)/.installed-dev
	$(BIN)/djlint --lint --quiet templates
words: $(VENV)/.installed-dev
	@$(BIN)/python .ci/words
migrations: $(VENV)/.installed-dev
	$(ALONE) $(BIN)/python manage.py makemigrations --check --dry-run
settings: $(VENV)/.installed-dev
	$(ALONE) $(BIN)/python manage.py check
docs: $(VENV)/.installed-dev
	@$(BIN)/python .ci/rooms --check

messages: $(VENV)/.installed-dev ## gather the words that people read for who translates them (docs/translations.md)
	@$(BIN)/python .ci/messages

audit: $(VENV)/.installed-dev ## ask which of the locked packages have known weaknesses (needs a way to pypi.org)
	@exec $(BIN)/python .ci/audit

bench: $(VENV)/.installed-dev ## measure, beside plain code that does the same
	@exec $(BIN)/python -m bench $(ARGS)

screens: $(VENV)/.installed-dev ## take the pictures of the documents anew, and the short film (docs/screens/)
	@exec $(BIN)/python -m tests.screens

chaos: $(VENV)/.installed-dev ## kill everything under load and compare the bill (ARGS="--full --database postgres", "--builds")
	@exec $(BIN)/python -m tests.chaos $(ARGS)

hostile: $(VENV)/.installed-dev ## let an adversary loose on a site of its own, and print what held (a minute and a half)
	@exec $(BIN)/python -m tests.hostile

mutants: $(VENV)/.installed-dev ## plant faults in copies of the code: each must turn its tests red (ARGS="-k words")
	@exec $(BIN)/python -m tests.mutants $(ARGS)

conformance: $(VENV)/.installed ## compare a gateway with its documents (BASE_URL=… KEY=… SPEND=0.50, see docs/gateway.md)
	@LLMTR_BASE_URL="$${BASE_URL:-$$LLMTR_BASE_URL}" LLMTR_API_KEY="$${KEY:-$$LLMTR_API_KEY}" \
		$(BIN)/python -m tryon.conformance --spend $(or $(SPEND),0.50) $(ARGS)

evaluate: $(VENV)/.installed-dev ## both prompts side by side on ten pairs, for a human eye (PHOTOS=folder SANDBOX=1 YES=1)
	@exec $(BIN)/python -m bench evaluate $(ARGS)

clean: ## remove what was installed and built; data in var/ stays
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results

# The development packages hold the others too, and neither installation removes what the other one brought.
CATALOGUES := $(wildcard tryon/locale/*/LC_MESSAGES/django.po)
$(VENV)/.installed: uv.lock pyproject.toml $(CATALOGUES) | $(BIN)/python
	@.ci/install $(BIN)/python --no-dev
	@touch $@

$(VENV)/.installed-dev: uv.lock pyproject.toml $(CATALOGUES) | $(BIN)/python
	@.ci/install $(BIN)/python
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module; install it (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
