# `make` lists the targets. Each first installs what it lacks: Rust tools and wasm-opt under
# $(TOOLS), Playwright in end2end/, and Debian's Chromium if there is no browser yet. The long
# checks also want strace, through apt, and schemathesis, from PyPI under $(TOOLS).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/patchbay/tools
BINARYEN := 132.0.0
CARGO_LEPTOS := 0.3.9
# wasm-bindgen's command must be of the version that the code was compiled with.
WASM_BINDGEN := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)

# One check alone: make end2end ONLY=team
ONLY ?=

# A target folder outside the checkout is used if the environment names one.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
export LEPTOS_SITE_ROOT := $(CARGO_TARGET_DIR)/site
export LEPTOS_OUTPUT_NAME := patchbay
export PATH := $(TOOLS)/bin:$(TOOLS)/npm/node_modules/.bin:$(PATH)

PATCHBAY := $(CARGO_TARGET_DIR)/release/patchbay
# Runs a command with a PostgreSQL cluster at hand.
POSTGRES := $(CURDIR)/server/tests/postgres.sh
# The browser's side is built anew when what it is made of has another hash.
SITE_HASH := $(shell (rustc -V; find app frontend shared style public Cargo.toml Cargo.lock -type f \
  | LC_ALL=C sort | xargs cat) | sha256sum | cut -c 1-16)
SITE := $(CARGO_TARGET_DIR)/site.$(SITE_HASH)
BROWSER_MODULES := end2end/node_modules/.package-lock.json

.PHONY: help run dev build test lint unit end2end short verify bench screens tools chromium verify-tools

help: ## List the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: build ## Build, start with demo data, print the address and the sign-in
	@$(PATCHBAY) serve --demo --demo-rows 120 --database-url 'sqlite://$(CARGO_TARGET_DIR)/demo.db' --key-file '$(CARGO_TARGET_DIR)/demo.keys'

dev: tools ## The same, rebuilt on every change; the board is not live
	@LEPTOS_SITE_ROOT='$(CARGO_TARGET_DIR)/dev-site' cargo leptos watch -- serve --demo --demo-rows 120 --database-url 'sqlite://$(CARGO_TARGET_DIR)/demo.db' --key-file '$(CARGO_TARGET_DIR)/demo.keys'

build: $(SITE) ## Build the executable, with everything inside: release/patchbay in the target folder
	@cargo build --release --locked --package server
	@echo "built $(PATCHBAY)"

test: lint unit end2end short ## Run every check, the long ones in their short forms
	@echo "all checks passed"

lint: tools $(BROWSER_MODULES) ## Check format, lints and types
	@cargo fmt --check
	@cargo clippy --locked --workspace --exclude frontend --all-targets -- -D warnings
	@cargo clippy --locked --package frontend --package board --target wasm32-unknown-unknown \
	  -- -D warnings
	@cd end2end && npm run --silent check

unit: ## Run the unit, property and API tests, those of the server on both databases
	@server/tests/mail/install.sh
	@cargo test --locked --package shared --package app --features app/ssr --package server
	@$(POSTGRES) cargo test --locked --package server --test all

end2end: build chromium $(BROWSER_MODULES) ## Run the browser tests against the executable, on both databases
	@cd end2end && PATCHBAY='$(PATCHBAY)' npm run --silent test -- $(ONLY)
	@cd end2end && PATCHBAY='$(PATCHBAY)' $(POSTGRES) npm run --silent test -- $(ONLY)

short: build verify-tools ## Run the short forms of the long checks
	@cd end2end && PATCHBAY='$(PATCHBAY)' npm run --silent verify -- $(ONLY)
	@cd end2end && PATCHBAY='$(PATCHBAY)' $(POSTGRES) npm run --silent verify -- $(ONLY)

verify: build verify-tools ## Run the long checks (under 40 minutes): kill -9, full disks, guessing, …
	@cd end2end && VERIFY=1 PATCHBAY='$(PATCHBAY)' npm run --silent verify -- $(ONLY)
	@cd end2end && VERIFY=1 PATCHBAY='$(PATCHBAY)' PG_OPTIONS='-o fsync=on' $(POSTGRES) \
	  npm run --silent verify -- $(ONLY)

# Beside a floor, on databases that are kept for the next time; those of PostgreSQL are not.
RESULTS := end2end/bench/results
BENCH ?=

bench: build chromium $(BROWSER_MODULES) ## Measure requests and pages (over an hour), and write the README's tables
	@cargo build --release --locked --package bench
	@PG_OPTIONS='-o fsync=on' $(POSTGRES) '$(CARGO_TARGET_DIR)/release/bench' measure \
	  --patchbay '$(PATCHBAY)' --folder '$(CARGO_TARGET_DIR)/bench' --output '$(RESULTS)/requests.json' $(BENCH)
	@cd end2end && PATCHBAY='$(PATCHBAY)' BENCH_PAGES=bench/results/pages.json npm run --silent bench
	@'$(CARGO_TARGET_DIR)/release/bench' report '$(RESULTS)' README.md

screens: build chromium $(BROWSER_MODULES) ## Take a picture of every screen: end2end/test-results/screens
	@cd end2end && SCREENS=1 PATCHBAY='$(PATCHBAY)' npm run --silent test

# The browser's side. cargo-leptos compiles it, binds it, shrinks it and compresses it.
$(SITE): | tools
	@rm -f '$(CARGO_TARGET_DIR)'/site.*
	@cargo leptos build --release --frontend-only --precompress --cargo-locked
	@$(board) && $(shrink)
	@touch '$@'

# What rustc takes for granted in WebAssembly.
WASM_FEATURES := bulk-memory bulk-memory-opt multivalue mutable-globals nontrapping-float-to-int \
  reference-types sign-ext

# cargo-leptos makes one WebAssembly, that of the islands; the board's is made as it makes that one.
define board
cargo build --locked --package board --profile wasm-release --target wasm32-unknown-unknown \
    --target-dir '$(CARGO_TARGET_DIR)/front' \
  && cd '$(LEPTOS_SITE_ROOT)/pkg' \
  && wasm-bindgen --target web --no-typescript --out-dir . \
    '$(CARGO_TARGET_DIR)/front/wasm32-unknown-unknown/wasm-release/board.wasm'
endef

# A second look at the islands' finds some more, and so does a window that holds all of a file.
define shrink
for file in board_bg.wasm patchbay.wasm; do \
    wasm-opt -Oz --strip-debug --strip-producers --strip-target-features \
      $(foreach feature,$(WASM_FEATURES),--enable-$(feature)) $$file -o $$file || exit 1; \
  done \
  && gzip -9kf board.js board_bg.wasm patchbay.wasm \
  && node -e 'const params = { [zlib.constants.BROTLI_PARAM_LGWIN]: 24 }; \
    for (const file of process.argv.slice(1)) \
      fs.writeFileSync(`$${file}.br`, zlib.brotliCompressSync(fs.readFileSync(file), { params }))' \
    board.js board_bg.wasm patchbay.wasm
endef

tools:
	@rustup target list --installed | grep -qx wasm32-unknown-unknown \
	  || rustup target add wasm32-unknown-unknown
	@cargo leptos --version 2>/dev/null | grep -qF ' $(CARGO_LEPTOS)' \
	  || $(call cargo_install,cargo-leptos,$(CARGO_LEPTOS),--locked)
	@wasm-bindgen --version 2>/dev/null | grep -qxF 'wasm-bindgen $(WASM_BINDGEN)' \
	  || $(call cargo_install,wasm-bindgen-cli,$(WASM_BINDGEN),)
	@wasm-opt --version 2>/dev/null | grep -qF ' $(firstword $(subst ., ,$(BINARYEN))) ' \
	  || npm install --silent --no-fund --no-audit --prefix '$(TOOLS)/npm' binaryen@$(BINARYEN)

# A prebuilt tool where cargo-binstall is at hand; else our own build, quick rather than optimised.
define cargo_install
if command -v cargo-binstall >/dev/null; \
  then cargo binstall --no-confirm --root '$(TOOLS)' $(1)@$(2); \
  else CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    CARGO_TARGET_DIR='$(TOOLS)/build' cargo install --root '$(TOOLS)' $(1) --version $(2) $(3) \
    && rm -rf '$(TOOLS)/build'; \
fi
endef

$(BROWSER_MODULES): end2end/package.json end2end/package-lock.json
	@cd end2end && npm ci --silent --no-fund --no-audit --ignore-scripts
	@touch $@

chromium: $(BROWSER_MODULES)
	@end2end/chromium.sh > /dev/null

verify-tools: $(BROWSER_MODULES)
	@end2end/verify/tools.sh > /dev/null
