# make app: the app at http://127.0.0.1:7860        make test: lint, types, tests
# Both need Python 3.11 or newer with pip, and nothing else: the first run makes .venv and installs into it.
#
#   make app PORT=8000
#   make app PYTHON=python3.12
#   make app PIP_ARGS="--index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple"    (CPU only: 1 GB instead of 5.5)

PYTHON ?= python3
PORT ?= 7860
PIP_ARGS ?=
PYTEST_ARGS ?= -n auto --dist worksteal

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SPHINX := $(VENV)/.sphinx

.PHONY: app test lint notebooks cards docs clean
.DEFAULT_GOAL := app

app: $(INSTALLED)
	$(BIN)/python -m demos --port $(PORT)

# A worker for each core. One without work takes half of what another still has, from whatever file: the notebooks spread, too.
test: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Gradio, as it runs, writes stubs beside our components; mypy would read them instead of the code.
lint: $(INSTALLED)
	@rm -f demos/*.pyi
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check -q .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-cache

# Run every notebook and keep its pictures in it, but not its widgets' state: their whole script, which a reader cannot run.
notebooks: $(INSTALLED)
	$(BIN)/jupyter execute --inplace notebooks/*.ipynb
	$(BIN)/python -c 'import sys, nbformat as n; [(b := n.read(f, 4), b.metadata.pop("widgets", 0), n.write(b, f)) for f in sys.argv[1:]]' notebooks/*.ipynb

# What stands between marks in README.md, docs/ and weights/README.md: tables, model cards, help, from measurements, cards and the code.
cards: $(INSTALLED)
	$(BIN)/python -m toolkit.cli.pages.cards

# The pages, the notebooks as they are and the docstrings as a site: docs/_build/html/index.html. A warning is an error.
docs: $(SPHINX)
	$(BIN)/python -m sphinx -W --keep-going -q -c docs -d docs/_build/doctrees . docs/_build/html

clean:
	rm -rf docs/_build docs/api $(VENV) .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One pip command for everything: with torch resolved apart from torchvision, the two may not fit. Debian's Python without python3-venv makes no pip
# in the new environment; then its own pip serves.
$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Huepoint needs Python 3.11 or newer; name one, as in: make $(MAKECMDGOALS) PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || $(PYTHON) -m venv --clear --without-pip $(VENV)
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m pip --python $(VENV) install pip
	$(BIN)/python -m pip install $(PIP_ARGS) -e '.[dev]'
	@touch $@

$(SPHINX): $(INSTALLED)
	$(BIN)/python -m pip install $(PIP_ARGS) -e '.[docs]'
	@touch $@
