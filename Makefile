# make demo   set up, import the example's exports, show what can be billed
# make test   set up and run every check that this machine can run
# make bench  measure the plugin against Beancount's own loading

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test programs lint links script pytest bench clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	# pip compiles what it installs, but not what it links to.
	$(BIN)/python -m compileall -q projbill_beancount plugins importers
	touch $@

demo: $(READY)
	@$(BIN)/python tools/demo.py

test: programs lint pytest

programs: $(READY)
	$(BIN)/python tools/test_programs.py

# plugins/ and importers/ are mapped into the package when it is installed;
# mypy and the import contract read the same tree through links.
links:
	mkdir -p build/typed/projbill_beancount
	for d in projbill_beancount/* plugins importers; do ln -sfn ../../../$$d build/typed/projbill_beancount/$$(basename $$d); done

lint: $(READY) links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p projbill_beancount
	$(BIN)/mypy tests bench tools
	cd build/typed && PYTHONPATH=. ../../$(BIN)/lint-imports --config ../../pyproject.toml
	$(MAKE) script

# The script of the pages in Fava is built from frontend/ and committed, so that nobody needs npm to
# use it; this builds it anew and fails where it is not what was committed.
script:
	@if command -v npm >/dev/null; then \
	  cd frontend && npm ci --silent --no-audit --no-fund && npm run --silent check && \
	  npm run --silent build && git diff --exit-code --stat -- ../projbill_beancount/fava/ProjectBilling.js; \
	else echo "npm is not installed: the script of the pages is not checked" >&2; fi

pytest: $(READY)
	$(BIN)/python -m pytest -n auto

bench: $(READY)
	$(BIN)/python -m bench.bench

clean:
	rm -rf build $(VENV) *.egg-info
