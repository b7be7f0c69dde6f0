# What a developer and CI run. It needs make and Python 3.11 or newer, and fetches the rest into $(VENV).

PYTHON ?= python3
VENV ?= .venv
IN_VENV := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow bench lint format lock broker clean machine

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: machine $(VENV)/project ## see it work, in under two minutes; with SEALED=1, signed and encrypted
	@$(IN_VENV) -m tools.demo $(if $(SEALED),--sealed)

test: machine $(VENV)/project $(VENV)/peer ## the whole suite: style, types, floors, and every test that is not slow
	@$(IN_VENV) -m pytest -m "not slow" --numprocesses auto --maxprocesses 4 --dist worksteal

test-slow: machine $(VENV)/project $(VENV)/peer ## the tests that take minutes; with SEALED=1, those of reliability, under seal
	@$(if $(SEALED),TIMEBOK_TEST_SEALED=1) $(IN_VENV) -m pytest $(if $(SEALED),tests/reliability,-m slow)

bench: machine $(VENV)/bench ## measure it beside others, for a quarter of an hour; with QUICK=1, two minutes
	@$(IN_VENV) -m tests.benchmarks $(if $(QUICK),--quick,--publish)

lint: $(VENV)/project ## only style, types and floors
	@$(IN_VENV) -m pytest tests/unit/project/test_style.py

format: $(VENV)/project ## lay the code out, and mend what can be mended without thought
	@$(IN_VENV) -m ruff check --fix-only .
	@$(IN_VENV) -m ruff format .

broker: machine $(VENV)/project ## a RabbitMQ of your own until Ctrl-C; says where it is
	@$(IN_VENV) -m tools.broker

# The backend that builds the project is locked like the rest: nothing may come in past the hashes.
# What runs is pinned first, so that what is tested is what is shipped.
COMPILE = $(IN_VENV) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
lock: $(VENV)/project ## pin what pyproject.toml asks for; with UPGRADE=1, the newest of it
	$(COMPILE) pyproject.toml --output-file requirements/run.lock
	$(COMPILE) --group build --output-file requirements/build.lock
	$(COMPILE) pyproject.toml --group dev --constraint requirements/run.lock \
		--constraint requirements/build.lock --output-file requirements/dev.lock
	$(COMPILE) --group peer --constraint requirements/dev.lock --output-file requirements/peer.lock
	$(COMPILE) --group bench --constraint requirements/dev.lock --output-file requirements/bench.lock

clean: ## take away what the others have made
	rm -rf "$(VENV)" .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

machine:
	@sh tools/prepare.sh machine "$(PYTHON)"

# Two stamps: new pins make a new environment, so that nothing unlocked survives in it; a change to
# pyproject.toml only installs the project again.
$(VENV)/locked: requirements/dev.lock | machine
	@sh tools/prepare.sh venv "$(PYTHON)" "$(VENV)"
	@touch "$@"

$(VENV)/project: $(VENV)/locked pyproject.toml
	@$(IN_VENV) -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch "$@"

# The AMQP 1.0 peer of the tests has to be built, which takes a C compiler.
$(VENV)/peer: requirements/peer.lock $(VENV)/project
	@sh tools/prepare.sh peer "$(VENV)"
	@touch "$@"

# What only the benchmarks need, beside all the rest.
$(VENV)/bench: requirements/bench.lock $(VENV)/project
	@$(IN_VENV) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --requirement "$<"
	@touch "$@"
