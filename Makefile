# `make demo` and `make test` are all that a new machine needs besides Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
READERS := .env-readers
STREAMS := .env-streams
ENGINES := .env-engines
MUTATION := .env-mutation
MUTANTS ?=
# one worker more than cores, since tests wait for processes and servers a third of their time
WORKERS := $(shell expr $$(nproc) + 1)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test coverage mutation test-faults test-answers test-readers fuzz check bench bench-peers reference constraints clean help
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/.run ## Draw a small labelled image set, publish it through Prefect, show the Parquet
	$(BIN)/parquetry demo demo
	$(BIN)/parquetry run demo/class_folders.yaml
	$(BIN)/parquetry files demo/published/shapes-class-folders
	$(BIN)/python -c 'import pandas, sys; print(pandas.read_parquet(sys.argv[1], columns=["label", "label_name", "split", "width", "height"]).head())' \
		"$$($(BIN)/parquetry path demo/published/shapes-class-folders)"

check: $(VENV)/.dev ## Format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: check ## All checks and tests
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist worksteal $(MEASURE)

coverage: $(VENV)/.dev ## What of tasks/ its own tests reach, branches too: at least 90 %
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --cov=tasks --cov-branch --cov-report=term:skip-covered --cov-fail-under=90 tests/tasks

$(MUTATION)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(MUTATION)
	$(MUTATION)/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt -e '.[dev]' 'mutmut==3.8.1'
	@touch $@

mutation: $(MUTATION)/.ready ## Break what decides what is published, a place at a time: do the tests beside it notice? MUTANTS='plan --sample 0'
	$(MUTATION)/bin/python -m benchmarks.mutation $(MUTANTS)

test-faults: $(VENV)/.dev ## The long loops: faults, kills, nights
	$(BIN)/pytest -m faults -n auto --maxprocesses 2 --dist load

test-answers: $(VENV)/.dev ## Spoil each request of runs on an object store in turn (FAULT_STRIDE=7: every seventh)
	$(BIN)/pytest -m answers -n auto --maxprocesses 2

$(READERS)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(READERS)
	$(READERS)/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt -e . 'datasets>=5.2' 'duckdb>=1.4' \
		'hypothesis>=6.140' 'mlcroissant==1.1.1' 'pytest>=9' 'torch==2.13.0' 'webdataset==1.0.2'
	@touch $@

# Streaming wants older versions than ours of what others share, and Lance warns of each fork, as PyTorch's loaders do.
$(STREAMS)/.ready: pyproject.toml
	$(PYTHON) -m venv $(STREAMS)
	$(STREAMS)/bin/python -m pip --disable-pip-version-check --quiet install -e . 'hypothesis>=6.140' 'mosaicml-streaming==0.13.0' \
		'pylance==14.0.2' 'pytest>=9'
	@touch $@

$(ENGINES)/.ready: pyproject.toml
	$(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip --disable-pip-version-check --quiet install -e . 'daft==0.7.26' 'hypothesis>=6.140' 'pytest>=9' \
		'ray[data]==2.60.0' 'tensorflow-cpu==2.21.0'
	@touch $@

test-readers: $(READERS)/.ready $(STREAMS)/.ready $(ENGINES)/.ready ## The recipes and readers of other formats, in environments of their own
	$(READERS)/bin/pytest tests/readers/test_croissant.py tests/readers/test_torch.py tests/readers/test_webdataset.py
	$(STREAMS)/bin/pytest tests/readers/test_streaming.py tests/readers/test_lance.py
	$(ENGINES)/bin/pytest tests/readers/test_engines.py

fuzz: $(VENV)/.dev ## Search the properties for longer
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -m fuzz

bench: $(VENV)/.dev ## Measure: make bench PHOTOS=folder/of/photographs
	$(BIN)/python -m benchmarks.whole_run $(PHOTOS)

bench-peers: $(VENV)/.dev ## Measure beside other tools, each in an environment of its own: make bench-peers PHOTOS=…
	$(BIN)/python -m benchmarks.peers $(PHOTOS)

reference: $(VENV)/.run ## Write configs/schema.json and docs/configuration.md from the models
	$(BIN)/python -m flows.commands.reference

constraints: $(VENV)/.dev ## Write down the versions at hand
	$(BIN)/python -m pip --disable-pip-version-check list --format=freeze --exclude parquetry --exclude pip --exclude setuptools > constraints.txt

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(READERS) $(STREAMS) $(ENGINES) .env-peers $(MUTATION) mutants demo .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
