# Everything starts here. `make` alone explains itself; `make run` and `make test` need nothing but
# Node >= 20.19, npm and make.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test gen build lint publish bench fuzz sim kills interop clean

RNP_GEN := node dist/codegen/cli.js

help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: build ## install, build, and a whole constellation at work on this machine (Ctrl-C ends it)
	@node dist/runtime/cli/main.js up --nodes 3

test: build ## install, build and everything that must pass: drift of generated/, schemas, lint, tests
	$(RNP_GEN) gen --check
	$(RNP_GEN) lint
	npx biome check --error-on-warnings .
	npx vitest run --config test/vitest.config.ts

gen: dist/codegen/cli.js ## schema/ to generated/
	$(RNP_GEN) gen

build: node_modules/.package-lock.json ## compile to dist/
	@npx tsc -b

lint: node_modules/.package-lock.json ## format and lint all sources, mending what can be mended
	npx biome check --write .

publish: build ## schemas, specification, reference and test vectors in one archive, dist/*.tgz
	$(RNP_GEN) publish

bench: build ## all benchmarks as tables; for one suite: npm run bench -- SUITE [--json]
	@node dist/test/bench/main.js

fuzz: build ## ten million damaged messages against the decoder; SEED=N for others
	@node dist/test/fuzz/main.js --count 1e7 --progress

sim: build ## a thousand worlds where all goes wrong, on simulated time; SEEDS=N more, SEED=N one with its trace
	@node dist/test/sim/main.js --progress

kills: build ## two processes that send and receive, killed again and again; KILLS=N times, SEED=N for the same moments
	@npx vitest run --config test/vitest.config.ts test/e2e/crash

interop: build ## a peer in Python against this one, both ways; installs its packages with apt-get where it may
	@test/interop/python/install.sh
	@npx vitest run --config test/vitest.config.ts test/interop

clean: ## remove what was built
	rm -rf dist

dist/codegen/cli.js: node_modules/.package-lock.json $(shell find codegen -name '*.ts')
	@npx tsc -b codegen

node_modules/.package-lock.json: package-lock.json package.json
	npm ci --no-audit --no-fund
	@touch $@
