# One command each; what people run is what CI runs.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: setup demo serve test check bench clean

setup: .venv/.done            ## makes .venv with shelflens and the developers' tools

.venv/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,evidence,hub,serve,speech]'
	touch $@

demo: setup                   ## draws a catalogue, indexes it, searches it, writes demo/sheet.html
	$(BIN)/shelflens demo demo

demo/shop.lens:
	$(MAKE) demo

serve: setup demo/shop.lens   ## the page, for the drawn shop, at http://127.0.0.1:8000
	$(BIN)/shelflens serve demo/shop.lens

test: setup                   ## all tests; what is absent on this machine is skipped with the reason
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: setup                  ## style, types, layers
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup                  ## prints every speed and quality figure of the docs, as ratios in one run
	$(BIN)/python -m bench

clean:
	rm -rf .venv demo build dist
