# The commands of a working day. `make help` lists them; docs/development.md explains the checks.
#
#   CONFIGURE=...   further options for cmake, such as -DINGLE_WERROR=ON
#   MODEL, PROMPT   what `make run` runs (a catalogue name or a .gguf file), and asks
#   OFFLINE=1       `make test` without the tests that need the default model
#   PREFIX          where `make install` installs

BUILD ?= build
MODEL ?= smollm2
PROMPT ?= What is a hearth? Answer in one sentence.
PREFIX ?= /usr/local
CONFIGURE ?=

.DEFAULT_GOAL := build
.PHONY: help setup configure build run test install format lint fuzz wasm aarch64 clean

help:  ## list these commands
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' Makefile | expand -t 12

setup:  ## install what the build needs and this machine lacks
	@tools/setup.sh build

configure: setup
	@mkdir -p $(BUILD)
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CONFIGURE) \
	  > $(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }

build: configure  ## build the program, build/ingle
	@cmake --build $(BUILD) --target ingle_program

# Without a terminal to talk to it answers one prompt and says how fast it was.
run: build  ## talk to the default model
	@if [ -t 0 ] && [ -t 1 ]; then $(BUILD)/ingle run $(MODEL); \
	 else $(BUILD)/ingle run $(MODEL) "$(PROMPT)" --stats; fi

test: configure  ## build everything, then run every test
	@cmake --build $(BUILD)
	@tools/run_tests.sh $(BUILD)

install: configure  ## install program, library and headers under PREFIX
	@cmake --build $(BUILD)
	@cmake --install $(BUILD)

format:  ## rewrite the sources as .clang-format has them
	@tools/setup.sh checks
	@tools/format.sh

lint:  ## every check that reads the sources: includes, contracts, size, format, clang-tidy
	@tools/setup.sh build checks
	@tools/lint.sh

fuzz:  ## fuzz every target for a minute; tools/fuzz.sh NAME SECONDS for one
	@tools/fuzz.sh all 60

wasm:  ## build the library's modules for WebAssembly and run their tests under node
	@tools/build_wasm.sh

aarch64:  ## cross-build the library's modules and run their tests under qemu
	@tools/build_aarch64.sh

clean:  ## remove what was built
	@rm -rf $(BUILD) build-*
