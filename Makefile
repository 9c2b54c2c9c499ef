# make up     install, detect, select, compile and run the proxy on :4000 (PORT=, STRATEGY= to choose)
# make test   install and run the tests          make check  lint, types, imports, generated files
# make bench  measure                            make docs   make generated documentation anew

PYTHON ?= python3
VENV ?= .venv
PORT ?= 4000
STRATEGY ?=
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(shell cksum requirements.lock pyproject.toml | cksum | cut -d' ' -f1)

export LITELLM_LOCAL_MODEL_COST_MAP := True

.PHONY: setup up test check lint compile docs bench lock clean

setup: $(READY)

# Everything comes from the hash-checked lock, byte-compiled once: LiteLLM starts in 5 s instead of 8 that way.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Signalbox needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q $(VENV)/lib >/dev/null 2>&1 || true
	@rm -f $(VENV)/.ready-*
	@touch $@

up: setup
	@exec $(BIN)/signalbox up --port $(PORT) $(if $(STRATEGY),--strategy $(STRATEGY))

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	$(BIN)/signalbox compile --strategy development --check
	$(BIN)/python -m signalbox.generated --check

compile: setup
	$(BIN)/signalbox compile --strategy development

docs: setup
	$(BIN)/python -m signalbox.generated

bench: setup
	$(BIN)/python benchmarks/decisions.py
	$(BIN)/python benchmarks/proxy.py

# Needs uv. Universal: one lock for Python 3.11 and later on Linux and macOS; names no index.
lock:
	uv pip compile pyproject.toml --extra proxy --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --quiet --output-file requirements.lock \
		--custom-compile-command "make lock"

clean:
	rm -rf $(VENV) run
