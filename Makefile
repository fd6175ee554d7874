# `make` lists the targets. Each first installs what it lacks, and says so: npm packages in frontend/ and end2end/, Rust's
# target for WebAssembly, and for the checks what setup.sh names.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# One check alone: make end2end ONLY=team
ONLY ?=

# A target folder outside the checkout is used if the environment names one.
export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
export LEPTOS_SITE_ROOT := $(CARGO_TARGET_DIR)/site
export LEPTOS_OUTPUT_NAME := patchbay

PATCHBAY := $(CARGO_TARGET_DIR)/release/patchbay
# Runs a command with a PostgreSQL cluster at hand.
POSTGRES := $(CURDIR)/server/tests/postgres.sh
# The browser's side is built again when what it is made of has another hash.
SITE_HASH := $(shell (rustc -V; find app frontend shared style public xtask Cargo.toml Cargo.lock -type f \
  -not -path '*/node_modules/*' -not -path '*/tests/*' | LC_ALL=C sort | xargs sha256sum) | sha256sum | cut -c 1-16)
SITE := $(CARGO_TARGET_DIR)/site.$(SITE_HASH)
export PATCHBAY_SITE_HASH := $(SITE_HASH)
DEMO := serve --demo --demo-rows 120 --database-url 'sqlite://$(CARGO_TARGET_DIR)/demo.db' \
  --key-file '$(CARGO_TARGET_DIR)/demo.keys'
BROWSER_MODULES := end2end/node_modules/.package-lock.json

.PHONY: help run dev build site test check lint unit end2end short verify only bench screens library setup wasm-target

help: ## List the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: build ## Build, start with demo data, print the address and the sign-in
	@$(PATCHBAY) $(DEMO)

dev: ## The same from a debug build, again after each change
	@./dev.sh $(DEMO)

build: ## Build the executable, with everything inside: release/patchbay in the target folder
	@$(MAKE) --silent --jobs 2 site library
	@cargo build --release --locked --package server
	@echo "built $(PATCHBAY)"

test: lint unit end2end short ## Run every check, the long ones in their short forms
	@echo "all checks passed"

check: lint site setup ## Check what a change needs, while one works on it; ONLY="live board" names what
	@./check.sh $(ONLY)

lint: wasm-target $(BROWSER_MODULES) ## Check format, lints, types, documentation; licences and spelling where their tools are
	@cargo fmt --check
	@cargo clippy --locked --workspace --exclude frontend --all-targets -- -D warnings
	@cargo clippy --locked --package frontend --package board --target wasm32-unknown-unknown \
	  -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps --document-private-items --package shared --package app \
	  --features app/ssr --package server
	@cd end2end && npm run --silent check
	@end2end/node_modules/.bin/biome ci --colors=off --error-on-warnings .
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level warn check; fi
	@if command -v typos >/dev/null; then typos; fi

# Tests wait for hosts and clocks more than they compute.
unit check: export RUST_TEST_THREADS := 4
unit: setup ## Run the unit, property and API tests, those of the server on both databases
	@cargo test --locked --package shared --package app --features app/ssr --package server
	@$(POSTGRES) cargo test --locked --package server --test all

end2end: only build setup ## Run the browser tests against the executable, on both databases
	@cd end2end && PATCHBAY='$(PATCHBAY)' npm run --silent test -- --pass-with-no-tests $(ONLY)
	@cd end2end && PATCHBAY='$(PATCHBAY)' $(POSTGRES) npm run --silent test -- --pass-with-no-tests $(ONLY)

short: only build setup ## Run the short forms of the long checks
	@cd end2end && PATCHBAY='$(PATCHBAY)' npm run --silent verify -- --pass-with-no-tests $(ONLY)
	@cd end2end && PATCHBAY='$(PATCHBAY)' $(POSTGRES) npm run --silent verify -- --pass-with-no-tests $(ONLY)

verify: only build setup ## Run the long checks (under 40 minutes): kill -9, full disks, guessing, …
	@DESTINATION_SEQUENCES=2000 cargo test --locked --package server --test all -- destination::no_sequence
	@cd end2end && VERIFY=1 PATCHBAY='$(PATCHBAY)' npm run --silent verify -- --pass-with-no-tests $(ONLY)
	@cd end2end && VERIFY=1 PATCHBAY='$(PATCHBAY)' PG_OPTIONS='-o fsync=on' $(POSTGRES) \
	  npm run --silent verify -- --pass-with-no-tests $(ONLY)

# A check may be of one database alone, but each word has to name one.
only:
	@for word in $(ONLY); do \
	  find end2end/specs end2end/chaos -name '*.ts' | grep -qF -- "$$word" \
	    || { echo "no check has $$word in its name" >&2; exit 1; }; done

# Beside a floor, on databases that are kept for the next time; those of PostgreSQL are not.
RESULTS := end2end/bench/results
PEER := end2end/bench/peer
PEER_MODULES := $(PEER)/node_modules/.package-lock.json
BENCH ?=

bench: build setup $(PEER_MODULES) ## Measure requests and pages (over an hour), and write the tables of docs/benchmarks.md
	@cargo build --release --locked --package bench
	@PG_OPTIONS='-o fsync=on' $(POSTGRES) '$(CARGO_TARGET_DIR)/release/bench' measure \
	  --patchbay '$(PATCHBAY)' --folder '$(CARGO_TARGET_DIR)/bench' --peer '$(PEER)' \
	  --output '$(RESULTS)/requests.json' $(BENCH)
	@cd end2end && PATCHBAY='$(PATCHBAY)' BENCH_PAGES=bench/results/pages.json npm run --silent bench
	@'$(CARGO_TARGET_DIR)/release/bench' report '$(RESULTS)' docs/benchmarks.md

screens: build setup ## Take a picture of every screen: end2end/test-results/screens
	@cd end2end && SCREENS=1 PATCHBAY='$(PATCHBAY)' npm run --silent test

site: $(SITE)

library:
	@cargo build --release --locked --package server --lib

$(SITE):
	@rm -rf '$(CARGO_TARGET_DIR)'/site.*
	@frontend/site.sh '$(LEPTOS_SITE_ROOT)'
	@touch '$@'

# better-sqlite3 is compiled where its ready-made part cannot be fetched, with Node's own headers if they are at hand.
$(PEER_MODULES): $(PEER)/package.json $(PEER)/package-lock.json
	@echo 'setup: installing the peer of the benchmark from npm (a minute)'
	@cd $(PEER) && npm ci --silent --no-fund --no-audit --ignore-scripts
	@cd $(PEER) && node=$$(dirname "$$(dirname "$$(readlink -f "$$(command -v node)")")") \
	  && { [ -d "$$node/include/node" ] && export npm_config_nodedir="$$node"; npm rebuild --silent; }
	@touch $@

wasm-target:
	@rustup target list --installed | grep -qx wasm32-unknown-unknown \
	  || { echo "setup: installing Rust's target for WebAssembly"; rustup target add wasm32-unknown-unknown; }

$(BROWSER_MODULES): end2end/package.json end2end/package-lock.json
	@echo 'setup: installing the browser tests from npm (a few seconds)'
	@cd end2end && npm ci --silent --no-fund --no-audit --ignore-scripts
	@touch $@

setup: $(BROWSER_MODULES)
	@./setup.sh
