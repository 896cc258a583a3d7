# `make` builds the manual, `make test` checks it, `make help` lists the rest.
PYTHON ?= python3
BUILD ?= build
VENV ?= .venv
SPHINXOPTS ?=
SITE_URL ?=
REPOSITORY_URL ?=
# The date on the title page, and the reproducible builds: the last commit's, or today's without git.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
ifeq ($(SOURCE_DATE_EPOCH),)
SOURCE_DATE_EPOCH := $(shell date +%s)
endif
export SPHINXOPTS SITE_URL REPOSITORY_URL SOURCE_DATE_EPOCH BUILD INTERPRETER INTERPRETERS PAGES ACCEPT
export SNIPPET_PACKAGES := $(abspath $(BUILD))/packages
export PYTHONPYCACHEPREFIX := $(abspath $(BUILD))/pycache
export PYTHONHASHSEED := 0
export PYTHONUTF8 := 1

BIN := $(VENV)/bin
RUN := $(BIN)/python
SPHINX := $(RUN) -m sphinx -d $(BUILD)/work/doctrees -W --keep-going
FORMATS := html epub apkg card pdf
PYTHON_CODE := source/conf.py source/_ext examples tests

.PHONY: all help html pdf card epub apkg doctest doctest-all record measure bench-runner soak test tested check site dist live linkcheck addresses inventories lint lock timelines clean FORCE
.NOTPARALLEL:

.DEFAULT_GOAL := all

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	  sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16
	@echo; echo "Variables: PYTHON (makes .venv), INTERPRETER (runs the snippets), PAGES, ACCEPT, N, BUILD, SPHINXOPTS,"; \
	  echo "           SITE_URL, REPOSITORY_URL, SOURCE_DATE_EPOCH, TAG"

all: $(VENV)/requirements.installed ## Build HTML, PDF, ePub, the deck and the quick reference
	@$(RUN) source/_ext/produce.py --build $(BUILD) $(FORMATS)

html: $(VENV)/requirements.installed ## Build the site
pdf: $(VENV)/requirements.installed ## Build the PDF
card: $(VENV)/requirements.installed ## Build the quick reference, a PDF of two pages
epub: $(VENV)/requirements.installed ## Build the ePub
apkg: $(VENV)/requirements.installed ## Build the Anki deck of the interview questions
html pdf card epub apkg:
	@$(RUN) source/_ext/produce.py --build $(BUILD) $@

doctest: $(VENV)/requirements.installed $(BUILD)/packages.installed ## Run every snippet: INTERPRETER=python3.13t, PAGES="topic/*", ACCEPT=1 rewrites wrong outputs
	@$(SPHINX) -q -b doctest $(SPHINXOPTS) source $(BUILD)/doctest || { \
	  status=$$?; rm -rf $(BUILD)/work/doctrees; echo "doctest: failed; $(BUILD)/doctest/output.txt has every report" >&2; exit $$status; }
	@tail -n 5 $(BUILD)/doctest/output.txt

doctest-all: $(VENV)/requirements.installed $(BUILD)/packages.installed ## Run every snippet on every Python there is: INTERPRETERS="..." names some, PAGES="topic/*" runs those alone
	@$(RUN) source/_ext/verify.py all --build $(BUILD)

bench-runner: $(VENV)/requirements.installed $(VENV)/requirements-test.installed ## Time the snippet runner against stock Sphinx and Sybil (which it fetches): N=3 rounds, GROW=1 also 2,000 pages
	@$(RUN) source/_ext/bench_runner.py --repeats $(or $(N),3) $(if $(GROW),--grow)

soak: $(VENV)/requirements.installed $(BUILD)/packages.installed ## Run every snippet N=50 times in a busy machine, and name each that was not the same
	@$(RUN) source/_ext/soak.py --runs $(or $(N),50) --build $(BUILD)

measure: $(VENV)/requirements.installed $(BUILD)/packages.installed ## Measure again, on every Python there is, what pages give figures for: needs a quiet machine
	@$(RUN) source/_ext/measure.py

record: $(VENV)/requirements.installed ## Store what doctest-all found, for the marks on the pages
	@$(RUN) source/_ext/verify.py record --build $(BUILD)

timelines: $(VENV)/requirements.installed $(BUILD)/packages.installed ## Run again what the pages draw, and store it: PAGES="topic/*" does those pages
	@$(SPHINX) -q -b timelines $(SPHINXOPTS) source $(BUILD)/timelines

test: all doctest $(VENV)/requirements-test.installed $(VENV)/requirements-examples.installed ## Run the tests that need only Python, and every snippet
	@$(RUN) -m pytest -q -n auto --dist loadfile -m "not gate" --ignore tests/browser
	@$(RUN) source/_ext/tested.py note --build $(BUILD)

# What `make test` has just seen to pass is not run once more.
tested: $(VENV)/requirements.installed
	@$(RUN) source/_ext/tested.py holds --build $(BUILD) || $(MAKE) --no-print-directory test

check: all tested lint doctest-all $(VENV)/requirements-browser.installed $(BUILD)/npm/check.installed ## Run the whole gate: needs Java, epubcheck, Chromium and npm
	@$(RUN) source/_ext/verify.py check --build $(BUILD)
	@$(RUN) -m pytest -q -n auto --dist loadfile -m gate -o faulthandler_timeout=2400  # whole builds in one test

site: all doctest ## Put what is to be published into $(BUILD)/site, unless a recorded result is stale or missing
	@$(RUN) source/_ext/verify.py check --build $(BUILD)
	@rm -rf $(BUILD)/site && cp -r $(BUILD)/html $(BUILD)/site
	@echo; echo "  $(BUILD)/site"

dist: site $(VENV)/requirements-test.installed ## Put what a release attaches into $(BUILD)/dist: TAG=v1.2.3 checks version and changelog
	@$(RUN) source/_ext/release.py --build $(BUILD) --tag "$(TAG)"

live: $(VENV)/requirements.installed $(VENV)/requirements-test.installed ## Serve the site, rebuilt on each save, the browser reloading
	@$(BIN)/sphinx-autobuild --open-browser --watch examples --re-ignore '_data/' -D finished_pages_secure=0 $(SPHINXOPTS) source $(BUILD)/live

linkcheck: $(VENV)/requirements.installed ## Follow every link that leaves the manual (needs the network)
	@$(SPHINX) -b linkcheck $(SPHINXOPTS) source $(BUILD)/linkcheck

addresses: html ## Record the addresses of the site's pages and headings: DROP=1 forgets those that are gone
	@$(RUN) source/_ext/addresses.py --build $(BUILD) $(if $(DROP),--drop)

inventories: $(VENV)/requirements.installed ## Fetch the names of the Python manual again (needs the network)
	@$(RUN) source/_ext/inventories.py

lint: $(VENV)/requirements.installed $(VENV)/requirements-test.installed $(VENV)/requirements-examples.installed $(VENV)/requirements-browser.installed ## Check style and types of the Python code
	@$(RUN) -m ruff check $(PYTHON_CODE)
	@$(RUN) -m ruff format --check $(PYTHON_CODE)
	@$(RUN) -m mypy --cache-dir $(BUILD)/mypy source/_ext examples tests

# What snippets import, in a folder that any interpreter can use.
$(BUILD)/packages.installed: requirements-examples.txt $(VENV)/requirements.installed
	@echo "environment: putting what snippets import into $(BUILD)/packages"
	@rm -rf $(BUILD)/packages
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
	  --target $(BUILD)/packages -r $<
	@touch $@

# What checks the site in a browser: nothing of it is published, and no package's scripts run.
$(BUILD)/npm/check.installed: tests/browser/package.json tests/browser/package-lock.json
	@command -v npm >/dev/null || { echo "make: there is no npm here; install Node 18.19 or newer (Debian: apt-get install npm)" >&2; exit 1; }
	@echo "environment: putting what checks the site into $(BUILD)/npm/check"
	@rm -rf $(BUILD)/npm/check && mkdir -p $(BUILD)/npm/check && cp $^ $(BUILD)/npm/check
	@cd $(BUILD)/npm/check && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lock: $(VENV)/requirements-test.installed ## Choose the newest versions of all dependencies, and lock them
	@$(RUN) source/_ext/lock.py

clean: ## Remove everything that was built, and .venv
	@rm -rf $(BUILD) $(VENV)

# An interpreter named on the command line or in the environment is compared with the one of .venv.
ifneq ($(origin PYTHON),file)
AGAIN := FORCE
endif
$(VENV)/%.installed: %.txt $(AGAIN)
	@command -v $(PYTHON) >/dev/null || { \
	  echo "make: there is no '$(PYTHON)' here; install Python 3.11 or newer (Debian: apt-get install python3 python3-venv), or name one: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: '$(PYTHON)' is no Python 3.11 or newer; name one that is: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) source/_ext/environment.py $(VENV) $<

FORCE:
