# Relevo. `make help` lists what can be made; .ci/run makes what must pass.
#
# SAN=address,undefined (or SAN=thread) builds with sanitizers into a folder of its own
# beside the plain build; every target takes it. WERROR=1 makes warnings errors, V=1 shows
# the commands.

VERSION	:= 0.1.0
PREFIX	?= /usr/local
PYTHON	?= /usr/bin/python3
SAN	?=
FUZZ_SECONDS	?= 60

B	:= build$(if $(SAN),/$(SAN))
O	:= $(B)/obj

# --- what there is ---------------------------------------------------------------------

MAINS	:= dnsd/relevod.c health/relevoctl.c
SOURCES	:= $(wildcard conf/*.c zones/*.c dnsd/*.c health/*.c)
PAGES	:= $(wildcard conf/*.5 dnsd/*.8 health/*.8)
UNITS	:= $(wildcard tests/unit/test_*.c)
FUZZERS	:= $(wildcard tests/fuzz/fuzz_*.c)
CLIENTS	:= $(wildcard tests/system/*.c)
FORMATTED	:= $(SOURCES) $(UNITS) $(CLIENTS) $(wildcard tests/fuzz/*.c)

PARTS	:= $(patsubst %.c,$(O)/%.o,$(filter-out $(MAINS),$(SOURCES)))
UNIT_BINS	:= $(UNITS:%.c=$(B)/%)
REPLAYS	:= $(FUZZERS:tests/fuzz/%.c=$(B)/tests/replay/%)
CLIENT_BINS	:= $(CLIENTS:%.c=$(B)/%)
TESTERS	:= $(UNIT_BINS) $(REPLAYS) $(CLIENT_BINS)

# --- how it is compiled ----------------------------------------------------------------

# Asked when a recipe first needs it: by then `make run` may have installed the libraries.
LIBRARIES	:= ldns openssl libevent libevent_pthreads libconfig libcurl liburcu jansson
LIB_CFLAGS	= $(eval LIB_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES)))$(LIB_CFLAGS)
LIB_LIBS	= $(eval LIB_LIBS := $(shell pkg-config --libs $(LIBRARIES)))$(LIB_LIBS)

WARNINGS	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
		   -Wwrite-strings -Wformat=2 -Wundef -Wvla $(if $(WERROR),-Werror)
HARDENING	:= -fstack-protector-strong -fPIE \
		   $(if $(filter x86_64,$(shell uname -m)),-fstack-clash-protection -fcf-protection) \
		   $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANITIZE	:= $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)

CC	:= $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS	?= -O2 -g
ALL_CFLAGS	= -std=c11 -D_GNU_SOURCE $(CFLAGS) $(WARNINGS) $(HARDENING) $(SANITIZE) -pthread -I. \
		  -DRELEVO_VERSION='"$(VERSION)"' $(LIB_CFLAGS) -MMD -MP
ALL_LDFLAGS	= $(LDFLAGS) -pie -pthread -Wl,-z,relro,-z,now,--as-needed $(SANITIZE)

# ThreadSanitizer cannot map its shadow where the kernel randomises addresses widely.
STEADY_ADDRESSES	= $(if $(filter thread,$(SAN)),$(shell setarch -R true 2>/dev/null && echo setarch -R))
SAN_ENV	:= ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
	   LSAN_OPTIONS=print_suppressions=0:suppressions=$(CURDIR)/tests/lsan.supp UBSAN_OPTIONS=print_stacktrace=1 \
	   TSAN_OPTIONS=halt_on_error=1:suppressions=$(CURDIR)/tests/tsan.supp

# --- targets ---------------------------------------------------------------------------

all: $(B)/relevod $(B)/relevoctl	## build/relevod and build/relevoctl (the default)

run:	## install what is missing, build, and run the sample: two providers and a name that fails over
	@tests/deps build run
	@$(MAKE) --no-print-directory all
	@exec tests/run-sample $(B)

test:	## install what is missing, build, and run every test
	@tests/deps build test
	@$(MAKE) --no-print-directory check

# Everything is run, whatever failed before; each runner says its own summary.
check: all $(TESTERS)
	@export $(SAN_ENV); failed=0; \
	for unit in $(UNIT_BINS); do echo "== $$unit"; $(STEADY_ADDRESSES) $$unit || failed=1; done; \
	for replay in $(REPLAYS); do \
		$(STEADY_ADDRESSES) $$replay tests/fuzz/corpus/$${replay##*/fuzz_} || failed=1; done; \
	RELEVO_BUILD=$(B) $(STEADY_ADDRESSES) $(PYTHON) -B -m pytest -rs -p no:cacheprovider tests/system || failed=1; \
	exit $$failed

lint: lint-gcc lint-clang lint-format lint-cppcheck lint-pages lint-python	## compilers with warnings as errors, clang-format, cppcheck, mandoc: no finding allowed (-k: see all)
	@echo "lint: clean"

lint-gcc lint-clang: lint-%: lint-deps
	@$(MAKE) --no-print-directory B=build/lint-$* CC=$* WERROR=1 everything

lint-format: lint-deps
	tests/format $(FORMATTED)

lint-cppcheck: lint-deps
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
		--library=posix --suppressions-list=tests/cppcheck.supp -DRELEVO_VERSION='""' '-D_Noreturn=__attribute__((noreturn))' -I. \
		--include=/usr/include/$$(gcc -print-multiarch)/sys/queue.h $(SOURCES) $(CLIENTS) $(wildcard tests/fuzz/*.c)

lint-pages: lint-deps
	mandoc -Tlint -Wwarning $(PAGES)

lint-python: lint-deps
	$(PYTHON) -B -c 'import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]' \
		tests/run-sample tests/format $(wildcard tests/system/*.py tests/bench/*.py)

lint-deps:
	@tests/deps build test lint

format:	## bring the .c files into form
	tests/format -i $(FORMATTED)

everything: all $(TESTERS)

fuzz:	## libFuzzer on each fuzz target for FUZZ_SECONDS (60) seconds
	@tests/deps build fuzz
	@$(MAKE) --no-print-directory B=build/fuzz CC=clang SAN=fuzzer-no-link,address,undefined fuzzers
	@for f in $(FUZZERS:tests/fuzz/%.c=%); do \
		echo "== $$f"; mkdir -p build/fuzz/corpus/$$f tests/fuzz/corpus/$${f#fuzz_}; \
		build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 -verbosity=0 \
			-artifact_prefix=build/fuzz/$$f- build/fuzz/corpus/$$f tests/fuzz/corpus/$${f#fuzz_} || exit 1; \
	done

fuzzers: $(FUZZERS:tests/fuzz/%.c=$(B)/%)

bench:	## how quickly traffic shifts, and queries per second beside other servers
	@tests/deps build test bench
	@$(MAKE) --no-print-directory all
	RELEVO_BUILD=$(B) $(PYTHON) -B tests/bench/shift.py
	RELEVO_BUILD=$(B) $(PYTHON) -B tests/bench/qps.py

install: all	## into DESTDIR and PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/share/doc/relevo/examples
	install -m 755 $(B)/relevod $(B)/relevoctl $(DESTDIR)$(PREFIX)/sbin
	install -m 644 $(filter %.5,$(PAGES)) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 $(filter %.8,$(PAGES)) $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 README.md CHANGELOG.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/relevo
	install -m 644 conf/relevo.conf conf/gslb.example.com.zone $(DESTDIR)$(PREFIX)/share/doc/relevo/examples

clean:	## remove build/
	rm -rf build

help:	## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

# --- rules -----------------------------------------------------------------------------

QUIET	= $(if $(V),,@echo '  $(notdir $(CC)) $@';)

$(B)/relevod: $(O)/dnsd/relevod.o $(PARTS)
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(B)/relevoctl: $(O)/health/relevoctl.o $(filter $(O)/conf/%,$(PARTS))
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(B)/tests/unit/%: $(O)/tests/unit/%.o $(PARTS)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS) $(shell pkg-config --libs cmocka)

$(B)/tests/replay/%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/replay.o $(PARTS)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(B)/tests/system/%: $(O)/tests/system/%.o
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^

$(B)/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(PARTS)
	$(QUIET)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIB_LIBS)

$(O)/%.o: %.c Makefile | libraries
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(ALL_CFLAGS) -c -o $@ $<

libraries:
	@pkg-config --print-errors --exists $(LIBRARIES) || { tests/deps --list build; exit 1; }

-include $(shell find $(O) -name '*.d' 2>/dev/null)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run test check lint lint-gcc lint-clang lint-format lint-cppcheck lint-pages lint-python lint-deps format \
	everything fuzz fuzzers bench install clean help libraries
