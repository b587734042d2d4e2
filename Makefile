# make run    everything on this machine, at http://127.0.0.1:8000/
# make test   the tests
# make lint   style, types, layers, migrations
.DEFAULT_GOAL := help
SHELL := /bin/bash
PORT ?= 8000
HOST ?= 127.0.0.1
TESTS ?=
JOBS ?= 2
PYTHON := .venv/bin/python

.PHONY: help run test test-services hostile audit benchmark load lint format requirements clean

help:
	@echo "make run            install, set up and serve at http://$(HOST):$(PORT)/ (PORT=8001 for another port)"
	@echo "make test           run the tests (TESTS=tests.converter for some of them)"
	@echo "make test-services  run the tests that start PostgreSQL, Redis and worker processes"
	@echo "make hostile        attack a server of its own on this machine (some minutes)"
	@echo "make audit          write a bill of materials, and look for known vulnerabilities"
	@echo "make benchmark      measure classification: speed against PyTorch, memory of a web process"
	@echo "make load           measure what a web server bears, at rising load (some minutes)"
	@echo "make lint           check style, types, layers, migrations; make format mends what can be mended"
	@echo "make requirements   pin what requirements*.in ask for, with hashes"
	@echo "make clean          remove the environment, and nothing else"

run: .venv/serve.stamp
	@exec $(PYTHON) manage.py run --host $(HOST) --port $(PORT)

# With TESTS only those run, in one process and without coverage.
test: .venv/dev.stamp
	@scripts/browser.sh
	@scripts/outputs.sh
ifeq ($(TESTS),)
	$(PYTHON) -m coverage erase
	$(PYTHON) -m coverage run manage.py test --parallel $(JOBS)
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage report
else
	$(PYTHON) manage.py test $(TESTS)
endif

test-services: .venv/dev.stamp
	@scripts/services.sh
	@scripts/mlflow.sh
	$(PYTHON) manage.py test tests.services --pattern 'services_*.py'

hostile: .venv/dev.stamp
	$(PYTHON) manage.py test tests.hostile --pattern 'hostile_*.py'

audit: .venv/dev.stamp
	@scripts/audit.sh

benchmark: .venv/serve.stamp
	$(PYTHON) manage.py benchmark inference

load: .venv/dev.stamp
	$(PYTHON) -m tests.load.run

lint: .venv/dev.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	$(PYTHON) manage.py makemigrations --check --dry-run
	PRODUCTION=1 SECRET_KEY=$$(head -c 48 /dev/urandom | base64) VAR_DIR=$$(mktemp -d) \
		$(PYTHON) manage.py check --deploy --fail-level WARNING

format: .venv/dev.stamp
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Every package of every platform with its hashes: pip then installs nothing else.
COMPILE := -m uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--no-config --custom-compile-command "make requirements"

requirements: .venv/dev.stamp
	$(PYTHON) $(COMPILE) requirements-serve.in -o requirements-serve.txt
	$(PYTHON) $(COMPILE) requirements.in -o requirements.txt
	$(PYTHON) $(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(PYTHON) $(COMPILE) requirements-mlflow.in -o requirements-mlflow.txt

clean:
	rm -rf .venv .venv-mlflow

# A stamp says that an installation was finished; it is older than requirements that changed since.

.venv/bin/python:
	@scripts/venv.sh

.venv/serve.stamp: requirements.txt | .venv/bin/python
	@echo "Installing what the project needs (about 6 GB the first time; some minutes) ..."
	@$(PYTHON) -m pip install --progress-bar on --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt | .venv/bin/python
	@echo "Installing what the project and its tests need (about 6 GB the first time; some minutes) ..."
	@$(PYTHON) -m pip install --progress-bar on --require-hashes -r requirements-dev.txt
	@touch $@ .venv/serve.stamp
