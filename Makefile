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
export WORKERS

.PHONY: help run test setup setup-test build demo clipart bench run-server run-app run-worker init-db format lint clean \
	distclean

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

run-server: build demo ## server mode from nothing: PostgreSQL, Redis, a server, workers (WORKERS=2) and the demo
	@scripts/check-system.sh server
	@scripts/get-postgres.sh
	@scripts/run-server.sh --demo

run-app: build ## serve the page; in server mode if .env names a database (DB_NAME …, REDIS_URL)
	@scripts/server-mode.sh serve

run-worker: build ## a worker of server mode, with the servers that .env names
	@scripts/server-mode.sh worker

init-db: build ## make or update the tables in the database that .env names
	@scripts/server-mode.sh db init

format: ## format the Swift sources
	@scripts/lint.sh --format

lint: ## check the sources' format
	@scripts/lint.sh

clean: ## remove what was built
	rm -rf .build

distclean: clean ## remove downloads, OpenVINO, the demo pictures, and what run-server keeps in .deps/server, too
	rm -rf .deps
