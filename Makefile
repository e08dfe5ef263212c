# Semblance: `make` alone lists the targets. The work is done by scripts/, one script a task.

SHELL := /bin/bash
.NOTPARALLEL:
.DEFAULT_GOAL := help

# SwiftPM finds OpenVINO, which `make setup` unpacked, by this.
export PKG_CONFIG_PATH := $(CURDIR)/.deps/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))
# `make test` counts its time from here: what it sets up counts, too.
export STARTED_AT := $(shell date +%s)
# `make run DEMO=none` leaves the demo pictures out.
export DEMO

.PHONY: help run test setup setup-test build demo clipart bench run-app run-worker init-db format lint clean distclean

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

run: build demo ## set up, build, index the demo catalogue and serve the page (DEMO=none: without the demo)
	@scripts/run.sh --demo

test: setup-test ## set up and run every test
	@scripts/test.sh

setup: ## get what is missing: Debian packages (as root), OpenVINO, the default model
	@scripts/setup.sh

setup-test: # what `make test` and `make bench` need besides
	@scripts/setup.sh test

build: setup ## build the release program at .build/release/semblance
	@source scripts/common.sh && step "Building (the first time takes several minutes)" \
		swift_build -c release --product semblance

demo: setup ## get the demo pictures from Debian packages (280 MB)
	@source scripts/common.sh && step "Getting the demo pictures" scripts/get-demo.sh

clipart: ## get Open Clip Art's pictures from a Debian package (131 MB), to evaluate models on
	@source scripts/common.sh && step "Getting the clip art" scripts/get-clipart.sh

bench: setup-test ## measure speed and memory (BENCH="--quick --only index": arguments of Benchmarks/bench.py)
	@scripts/bench.sh $(BENCH)

run-app: build ## serve the page at http://127.0.0.1:8000
	@scripts/run.sh

run-worker: ## a worker of server mode (not there yet)
	@echo "error: workers of their own arrive with server mode. Until then make run-app runs them inside the server." >&2; exit 1

init-db: ## the database of server mode (not there yet)
	@echo "error: PostgreSQL arrives with server mode. Until then the catalogue is SQLite, made when it is first used." >&2; exit 1

format: ## format the Swift sources
	@scripts/lint.sh --format

lint: ## check the sources' format
	@scripts/lint.sh

clean: ## remove what was built
	rm -rf .build

distclean: clean ## remove downloads, OpenVINO and the demo pictures, too
	rm -rf .deps
