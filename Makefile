# make report [CLIENT=demo]   the client's report; sets everything up first
# make test                   all tests but the slow ones; make test-slow runs those
# make bench                  speed, as ratios against something named
# make book                   the course as a book and as slides: book/_build/html, book/_build/slides
# make lab [CLIENT=name]      JupyterLab on the notebooks, or on a client's own copies
# make lint                   ruff and mypy

CLIENT ?=
SUITABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUITABLE)' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
BOOK := book/_build

.PHONY: report test test-slow bench book lab lint clean

report: .venv/ready
	@$(BIN)/playbook run $(or $(CLIENT),demo)

test: .venv/ready
	$(BIN)/python -m pytest -rs -n auto --dist loadfile -m "not slow"
	$(BIN)/python -m pytest -rs --nbval-lax --nbval-current-env notebooks

test-slow: .venv/ready
	$(BIN)/python -m pytest -rs -n auto --dist loadfile -m slow

bench: .venv/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check -r tests/benchmarks/peers.txt
	$(BIN)/python -m tests.benchmarks

book: .venv/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check -r book/requirements.txt
	@rm -rf book/chapters $(BOOK)/html $(BOOK)/slides $(BOOK)/trees && mkdir -p book/chapters
	@page=$$($(BIN)/playbook run demo --teach --reports $(BOOK)/reports | tail -n 1) && \
		cp "$${page%/*}"/notebooks/*.ipynb book/chapters
	@PLAYBOOK_REPORTS=$(BOOK)/reports $(BIN)/papermill --log-level ERROR --no-progress-bar \
		notebooks/00_start_here.ipynb book/chapters/00_start_here.ipynb
	@$(BIN)/sphinx-build -W --keep-going -q -d $(BOOK)/trees/html book $(BOOK)/html
	@$(BIN)/sphinx-build -W --keep-going -q -t slides -b revealjs -d $(BOOK)/trees/slides book $(BOOK)/slides
	@echo $(BOOK)/html/index.html

lab: .venv/ready
	$(BIN)/playbook lab $(CLIENT)

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found; install one (on Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up .venv (once; about a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/ready

clean:
	rm -rf .venv build book/_build book/chapters *.egg-info .pytest_cache .mypy_cache .ruff_cache
