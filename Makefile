# Everything runs in a virtual environment of its own, made on first use from python3 (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-torch torture lint docs bench clean

demo: $(VENV)/installed
	@rm -rf demo
	$(BIN)/wignerlohe run examples/double_well.toml --output demo
	@echo "The report is $(CURDIR)/demo/report.html"

test: $(VENV)/tested lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

test-torch: $(VENV)/tested
	$(PIP) install --quiet --constraint constraints.txt --editable ".[torch]"
	OMP_NUM_THREADS=2 $(BIN)/python -m pytest tests/test_array_libraries.py

torture: $(VENV)/tested
	OMP_NUM_THREADS=2 $(BIN)/python tests/torture_table.py 50

lint: $(VENV)/tested
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(VENV)/documented
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	@echo "The documentation is $(CURDIR)/docs/_build/html/index.html"

bench: $(VENV)/benched
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) demo docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# stamps: one per set of extras, remade when the pins change
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; assert sys.version_info >= (3, 11), 'Python 3.11 or newer is needed; set PYTHON=...'"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(PIP) install --quiet --constraint constraints.txt --editable ".[test]"
	@touch $@

$(VENV)/documented: $(VENV)/installed
	$(PIP) install --quiet --constraint constraints.txt --editable ".[docs]"
	@touch $@

$(VENV)/benched: $(VENV)/installed
	$(PIP) install --quiet --constraint constraints.txt --editable ".[fast,bench]"
	@touch $@
