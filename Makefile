# Baton's habits. `make demo` needs Python 3.11 or newer and nothing else; GNU make.
PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo setup up install audit test soak bench lint lock clean

help:
	@echo "make demo    a sample organisation at work, on http://127.0.0.1:$(PORT) (PORT=8001 for another port)"
	@echo "make setup   make a real installation here; then: make up"
	@echo "make up      run it"
	@echo "make install what a service or an image needs: the packages and the collected static files (STATIC_ROOT)"
	@echo "make test    run the tests"
	@echo "make soak    the long rehearsals: all tests, every planted bug, the property test at length, hours of chaos (DATABASE_URL)"
	@echo "make lint    ruff and mypy"
	@echo "make bench   measure the speed on a quiet machine, and make docs/performance.md of it"
	@echo "make audit   ask about known faults in the packages (needs a way to the internet)"
	@echo "make lock    pin the dependencies anew"
	@echo "make clean   forget the demonstration and the environment"

demo: $(VENV)/.base
	@exec env BATON_DEMO=1 $(PYTHON) manage.py demo --port $(PORT)

setup: $(VENV)/.base
	@$(PYTHON) manage.py setup

up: $(VENV)/.static
	@exec $(PYTHON) manage.py up $(if $(filter-out file undefined,$(origin PORT)),--port $(PORT))

install: $(VENV)/.base
	@$(PYTHON) manage.py collectstatic --no-input --verbosity 0

# Its own environment, since it audits ours. What cannot be asked is a failure, and never "no known faults".
audit: $(VENV)/.base
	@[ -x $(VENV)/audit/bin/pip-audit ] || { $(PYTHON) -m venv $(VENV)/audit \
	  && $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit~=2.10"; }
	@$(VENV)/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/base.txt \
	  || { echo "make audit: either there are known faults (above), or they could not be asked for. Nothing is known to be well." >&2; exit 1; }

# Dozens of processes are started; where bytecode may not be kept, each would compile all code anew.
test: $(VENV)/.dev
	@env -u PYTHONDONTWRITEBYTECODE $(PYTHON) -m pytest -n auto --dist worksteal

soak: $(VENV)/.dev
	@case "$(DATABASE_URL)" in postgres*) ;; *) echo "make soak wants a PostgreSQL too: DATABASE_URL=postgres://…" >&2; exit 1;; esac
	@env -u DATABASE_URL $(PYTHON) scripts/planted.py
	@$(PYTHON) scripts/planted.py --database $(DATABASE_URL)
	@env -u DATABASE_URL -u PYTHONDONTWRITEBYTECODE REQUIRE_ALL=1 $(PYTHON) -m pytest -n auto --dist worksteal
	@env -u DATABASE_URL BATON_STATEFUL=soak $(PYTHON) -m pytest tests/stateful -n 0 -s
	@BATON_STATEFUL=soak $(PYTHON) -m pytest tests/stateful -n 0 -s
	@$(PYTHON) scripts/chaos.py --soak --at-once 4

bench: $(VENV)/.dev
	@$(PYTHON) scripts/bench.py --write

lint: $(VENV)/.dev
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m mypy

# An environment is made once. The stamps are older than the lock files when those have changed.
$(VENV)/.base: requirements/base.txt
	@$(call environment)
	@$(call install,requirements/base.txt)
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	@$(call install,requirements/dev.txt)
	@touch $@

# Collected anew when one of them has changed. Where that cannot be, they are served from the source.
$(VENV)/.static: $(VENV)/.base $(shell find static)
	@echo "Collecting the static files …"; $(PYTHON) manage.py collectstatic --no-input --verbosity 0 && touch $@ || true

# The newest Python that really runs: a shim of a version manager may be there and not work.
define environment
	if $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then exit 0; fi; \
	[ -w . ] || { echo "This folder cannot be written; Baton keeps its environment and database here." >&2; exit 1; }; \
	found=; \
	for name in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { found=$$name; break; }; \
	done; \
	[ "$$found" ] || { echo "Baton needs Python 3.11 or newer; none was found." >&2; exit 1; }; \
	rm -rf $(VENV); \
	if uv --version >/dev/null 2>&1; then \
	  uv venv --quiet --python "$$(command -v $$found)" $(VENV); \
	else \
	  $$found -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "$$found has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	  $$found -m venv $(VENV); \
	fi
endef

define install
	echo "Installing $(1) …"; \
	if uv --version >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(PYTHON) --require-hashes -r $(1); \
	else \
	  $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); \
	fi || { echo "The packages of $(1) could not be installed; is there a way to the package index?" >&2; exit 1; }
endef

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock:
	@uv pip compile --quiet --universal --generate-hashes pyproject.toml -o requirements/base.txt
	@uv pip compile --quiet --universal --generate-hashes --group dev -c requirements/base.txt pyproject.toml -o requirements/dev.txt

clean:
	@rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@rm -f demo.sqlite3 demo.sqlite3-wal demo.sqlite3-shm .demo.key .demo-vapid.key .demo-source.key .demo-paused .demo-history
