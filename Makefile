# The one list of commands; .ci/run calls it. `make` alone explains.
.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench

BIN := .venv/bin
ARGS ?=

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

install: ## install what is missing (Debian packages, .venv); the second time nothing
	@./install.sh

demo: install ## run the whole system once: exposures to calibrated tables and plots
	@$(BIN)/skytract demo $(ARGS)

test: install ## run every test, two at a time, with coverage; ARGS="tests/sky -x" runs some
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --cov --cov-report=term $(ARGS)

lint: install ## style, types and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install ## measure against peers and limits; ARGS="cone --json"
	@$(BIN)/python -m bench $(ARGS)
