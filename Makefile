# The commands of this project. `make run` and `make test` do all set-up themselves.
.DEFAULT_GOAL := help
.PHONY: help setup run demo test check check-deploy bench bench-review faults doubled train locks clean
export RASA_TELEMETRY_ENABLED = false
export ORT_DISABLE_TELEMETRY = 1

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install everything that running needs (called by the others)
	@scripts/setup app

run: setup ## Start the assistant and print its address; stop with Ctrl-C
	@.venv/bin/facilitator up

demo: setup ## Fill an empty database with a made-up activity, to see the review app alive
	@.venv/bin/facilitator demo

test: ## Run every test
	@scripts/setup dev
	@scripts/test

check: ## Style, types (Python, and the widget where npm is), imports, content, size of the widget
	@scripts/setup dev
	@scripts/check

bench: ## Measure, side by side with stock Rasa (BENCH=--short while you work)
	@scripts/setup dev
	@scripts/setup bench
	@.venv/bin/python -m benchmarks $(BENCH)

bench-review: ## Measure the review app with 100,000 conversations and 3 million messages
	@scripts/setup dev
	@scripts/programs postgres
	@.venv/bin/python -m benchmarks.review

faults: ## Let FAULTS things (200) go wrong in mid-turn, and write docs/faults.md
	@scripts/setup dev
	@scripts/programs postgres redis-server
	@.venv/bin/python -m tests.faults --faults $(or $(FAULTS),200)

doubled: ## Run two of everything, kill each in turn, and write docs/two-of-everything.md
	@scripts/setup dev
	@scripts/programs postgres redis-server haproxy
	@.venv/bin/python -m tests.faults.doubling

check-deploy: ## Check the Helm chart, the alerts and the balancer with their own tools
	@scripts/setup deploy
	@.venv-deploy/bin/python -m pytest tests/deploy

train: setup ## Train the assistant if its content changed
	@.venv/bin/facilitator train

locks: ## Compile requirements/*.in into hash-locked files
	@scripts/locks

clean: ## Remove environments, models and caches (never var/, where answers are)
	rm -rf .venv .venv-rasa .venv-deploy .venv-stock .tools models .rasa .cache .pytest_cache .mypy_cache .ruff_cache
