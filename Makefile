# The commands of Paet; `make` lists them. Each brings what it needs: Python 3.11 or newer and make are enough.
.DEFAULT_GOAL := help
.PHONY: help setup up demo test faults lint types bench trace migrate image render clean

export UV_PROJECT_ENVIRONMENT := $(if $(UV_PROJECT_ENVIRONMENT),$(UV_PROJECT_ENVIRONMENT),.venv)
BIN := $(UV_PROJECT_ENVIRONMENT)/bin
PYTHON_HERE := "$(BIN)/python"
SERVICES := gateway search identity request review approval payment issuance delivery

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: ## make or update the virtual environment
	@sh kit/local/setup.sh

up: setup ## run the whole suite on this machine until Ctrl-C; the data stay
	@exec $(PYTHON_HERE) -m kit.local up

demo: setup ## walk real journeys through the suite; their documents are left in .local/demo
	@exec $(PYTHON_HERE) -m kit.local demo

test: setup ## run the tests; ARGS are passed to pytest
	@exec $(PYTHON_HERE) -m pytest -n auto $(ARGS)

faults: setup ## break the running suite in every way at every step; writes docs/reliability.md, ARGS as --help says
	@exec $(PYTHON_HERE) -m tests.faults $(ARGS)

lint: setup ## check style and the boundaries between the parts
	@"$(BIN)/ruff" check
	@"$(BIN)/ruff" format --check
	@$(PYTHON_HERE) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

types: setup ## check the types
	@exec $(PYTHON_HERE) -m mypy kit services gateway bench

bench: setup ## measure, beside the physical floor, into docs/performance.md; ARGS name parts, or say --quick
	@exec $(PYTHON_HERE) -m bench $(ARGS)

trace: setup ## show which test proves which requirement
	@exec $(PYTHON_HERE) -m tests.trace

migrate: setup ## bring the databases and streams of .local to this version without starting the services
	@exec $(PYTHON_HERE) -m kit.local migrate

image: ## build the container images; SERVICES names fewer, ARGS are passed to the builder
	@set -e; \
	if docker info >/dev/null 2>&1; then build='docker build'; \
	elif command -v buildah >/dev/null; then build='buildah build'; \
	elif command -v podman >/dev/null; then build='podman build'; \
	else echo 'no builder of images was found: start docker, or install buildah or podman' >&2; exit 1; fi; \
	for service in $(SERVICES); do $$build --build-arg "SERVICE=$$service" --tag "paet-$$service" $(ARGS) .; done

render: setup ## render the Kubernetes manifests of every overlay into .local/rendered
	@set -e; mkdir -p .local/rendered; \
	for overlay in deploy/overlays/*/; do \
	    [ -d "$$overlay" ] || { echo 'deploy/overlays is empty' >&2; exit 1; }; \
	    name=$$(basename "$$overlay"); \
	    "$(BIN)/kubectl" kustomize "$$overlay" >".local/rendered/$$name.yaml"; \
	    echo ".local/rendered/$$name.yaml"; \
	done

clean: ## stop the suite and delete its data
	@if [ -d .local ]; then sh kit/local/setup.sh && exec $(PYTHON_HERE) -m kit.local clean; fi
