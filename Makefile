# Everything runs in .venv, made by the first target that needs it. Only Python (3.11 or newer) and make are required.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
SOURCES := $(shell find llm_strategy tests -name '*.py' 2>/dev/null)
.DEFAULT_GOAL := help
.PHONY: help install demo sandbox test check lint types imports docs bench bench-peers wheel clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit("llm-strategy needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: $(RUN) pyproject.toml
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[local]'
	@touch $@

$(VENV)/.dev: $(RUN) pyproject.toml
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.local

install: $(VENV)/.dev  ## Install the package with everything for contributors

demo: $(VENV)/.local  ## Run the demo on the embedded model (fetched once, 1.1 GB)
	$(RUN) -m llm_strategy.cli.main demo

sandbox:  ## Install bubblewrap, for the hardened sandbox, where that is possible
	@if command -v bwrap >/dev/null; then :; \
	elif [ "$$(uname -s)" != Linux ]; then echo 'bubblewrap is for Linux: its tests will be skipped'; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq -y --no-install-recommends bubblewrap libseccomp2 >/dev/null \
		|| echo 'bubblewrap could not be installed: its tests will be skipped'; \
	else echo 'bubblewrap is missing, its tests will be skipped: install the packages bubblewrap and libseccomp2'; fi

test: sandbox $(VENV)/.dev  ## Run all tests, with the embedded models
	@$(RUN) -m llm_strategy.cli.main models pull smollm2-135m || echo 'the tests of the runtime will be skipped'
	@$(RUN) -m llm_strategy.cli.main models pull || echo 'the tests of the default model will be skipped'
	@rm -f .coverage .coverage.*
	@failed=0; \
	$(MAKE) --no-print-directory --keep-going --jobs=$(JOBS) $(PARTS:%=test-%) || failed=1; \
	$(MAKE) --no-print-directory test-alone || failed=1; exit $$failed
	@$(RUN) -m coverage combine --quiet
	@printf 'Covered, in %%: ' && $(RUN) -m coverage report --format=total

# Each part is a process of its own, and JOBS of them run side by side; the rest is every room that no other part names.
# What takes all cores by itself, embedded models and clusters, comes after them, alone.
JOBS ?= 2
PARTS := rest flow planner tracing sandbox
WHERE_flow := tests/chat tests/flow tests/function tests/parsing tests/reasoning tests/schema
WHERE_planner := tests/planner
WHERE_sandbox := tests/sandbox
WHERE_tracing := tests/tracing
WHERE_rest := $(addprefix --ignore=,$(foreach part,$(PARTS),$(WHERE_$(part))))
WHERE_alone := $(shell grep -rlE 'mark\.(local_model|ray)\b' --include='test_*.py' tests)
MARKS := not local_model and not ray
test-alone: MARKS := local_model or ray

.PHONY: $(PARTS:%=test-%) test-alone
$(PARTS:%=test-%) test-alone: test-%:
	@echo 'Running the tests of the part $*, told at their end.'
	@COVERAGE_FILE=.coverage.$* $(RUN) -m pytest --cov --cov-report= --cov-fail-under=0 -m '$(MARKS)' $(WHERE_$*) \
		>$(VENV)/$@.txt 2>&1; failed=$$?; cat $(VENV)/$@.txt; exit $$failed

.coverage: $(SOURCES) pyproject.toml
	$(MAKE) test

check: lint types imports .coverage docs wheel  ## Run every gate: format, lint, types, imports, coverage, docs, wheel
	$(RUN) -m coverage report

lint: $(VENV)/.dev
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .

types: $(VENV)/.dev
	$(RUN) -m mypy
	$(RUN) -m pyright --pythonpath $(RUN)

imports: $(VENV)/.dev
	$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

docs: $(VENV)/.dev  ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

wheel: $(VENV)/.dev
	$(RUN) -m benchmarks.wheel

bench: $(VENV)/.dev  ## Run the benchmarks, each with --quick
	$(RUN) -m benchmarks --quick

PEERS := .venv-peers
SHARED ?= $(or $(LLM_STRATEGY_SHARED),../shared)

$(PEERS)/.installed: $(SHARED)/bench/requirements-peers.txt
	$(PYTHON) -m venv $(PEERS)/.uv
	$(PEERS)/.uv/bin/python -m pip install --quiet --disable-pip-version-check uv
	PATH="$(abspath $(PEERS))/.uv/bin:$$PATH" UV_SYSTEM_CERTS=1 bash $(SHARED)/bench/install_peers.sh $(PEERS)
	@touch $@

bench-peers: $(VENV)/.dev $(PEERS)/.installed  ## Install the peers, each apart in .venv-peers, and run them beside ours
	LLM_STRATEGY_SHARED=$(SHARED) $(RUN) -m benchmarks.peers --venvs $(PEERS)

clean:  ## Remove everything that was built
	rm -rf $(VENV) $(PEERS) site dist .coverage .mypy_cache .ruff_cache .pytest_cache
