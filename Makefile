# What a newcomer types: `make demo` to see it, `make test` to trust it. Each installs what it needs into .venv first.

HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?= .data
JOBS ?= 2

PY := .venv/bin/python
CHORUS := .venv/bin/chorus

.PHONY: help demo serve test check bench soak messages lock clean

help:
	@echo 'make demo      42 partner groups, one agreed action, a countdown; http://$(HOST):$(PORT)/ (PORT=, DATA=, HOST=)'
	@echo 'make serve     an empty network on the same address'
	@echo 'make test      lint, types and every test'
	@echo 'make check     lint and types only, a few seconds'
	@echo 'make bench     figures, as ratios against a floor or a peer'
	@echo 'make soak      the random tests with their full counts; takes hours'
	@echo 'make messages  collects the sentences for the translators into locales/'
	@echo 'make lock      resolves pyproject.toml anew into locks/'

demo:
	@scripts/bootstrap run
	@exec $(CHORUS) serve --demo --host $(HOST) --port $(PORT) --data $(DATA)

serve:
	@scripts/bootstrap run
	@exec $(CHORUS) serve --host $(HOST) --port $(PORT) --data $(DATA)

check:
	@scripts/bootstrap dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test: check
	$(PY) -m pytest -n $(JOBS) --dist loadfile

bench:
	@scripts/bootstrap dev
	$(PY) -m tests.bench

soak:
	@scripts/bootstrap dev
	CHORUS_SOAK=1 $(PY) -m pytest -n $(JOBS) --dist loadfile --timeout=0

messages:
	@scripts/bootstrap dev
	$(PY) scripts/messages.py

lock:
	@scripts/bootstrap run
	scripts/lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
