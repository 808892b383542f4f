# Two commands do everything: `make run` serves the dashboard, `make test` proves it.
# Each stamp file below .venv/ remembers that an install is up to date, so a second start takes no time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q
APART := --ignore=tests/browser --ignore=tests/deployed
# Only these files are read for the tests that measure time.
TIMED = $(shell grep -rl 'mark\.timed' tests --include='test_*.py')

.DEFAULT_GOAL := help
.PHONY: help run test test-database lint format messages bench lock clean

help:
	@echo "make run     serve the dashboard on http://127.0.0.1:8000 (PORT= changes the port)"
	@echo "make test    run every test that needs no PostgreSQL, the browser's included"
	@echo ".ci/with-postgres make test-database  run those that do"
	@echo "make lint    style, types, templates, import rules, migrations, deploy checks"
	@echo "make bench   measure the catalog page beside Django's admin"
	@echo "make messages  renew the French catalogue"
	@echo "make lock    renew the hashed locks from pyproject.toml"
	@echo "make clean   remove .venv and caches (var/, your data, stays)"

run: $(BIN)/.run
	@exec $(BIN)/python manage.py serve

# Each worker has its own database, server and browser. Tests that wait leave the processors to the others, so there are
# more workers than processors; tests that measure time run alone.
# Code is compiled once, not by each of the many processes that tests start, also where the environment forbids bytecode.
test test-database: export PYTHONDONTWRITEBYTECODE :=

test: $(BIN)/.test
	@$(BIN)/python -m tests.support.programs
	$(PYTEST) -n 4 $(APART) -m "not timed" --dist loadgroup
	$(PYTEST) $(TIMED) -m timed
	$(PYTEST) -n 3 tests/browser

# What differs between databases, for a DATABASE_URL that names PostgreSQL: syncing, actions, jobs and the pages over them;
# and the deployed shape, which is with PostgreSQL.
test-database: $(BIN)/.test
	@$(BIN)/python -m tests.support.programs
	$(PYTEST) -n 3 -m "not timed" $(APART) --ignore=tests/sandbox --ignore=tests/services --ignore=tests/management --ignore=tests/check_usage
	$(PYTEST) -n 3 tests/management/test_backup.py
	$(PYTEST) tests/deployed

lint: $(BIN)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') HTTPS=on MISTRAL_API_KEY=unused \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(BIN)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(BIN)/.test
	$(BIN)/python manage.py makemessages --locale fr --no-location --no-wrap --ignore '.venv/*' --ignore 'tests/*' --ignore 'bench/*'
	$(BIN)/python manage.py compilemessages --ignore '.venv/*'

bench: $(BIN)/.test
	@$(BIN)/python -m tests.support.programs
	$(BIN)/python -m bench

lock:
	$(PYTHON) -m venv .lock && .lock/bin/pip install -q uv
	.lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --all-extras pyproject.toml -o requirements.txt
	.lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@! grep -l '://' requirements.txt requirements-dev.txt

clean:
	rm -rf $(VENV) .lock .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

INSTALL := PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -q --require-hashes --no-deps

$(BIN)/.run: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed. Install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is %s.%s. Name another with: make run PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make a virtual environment here (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.txt
	@touch $@

$(BIN)/.test: $(BIN)/.run requirements-dev.txt
	@echo "Installing what the tests need …"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
