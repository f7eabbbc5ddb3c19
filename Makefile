# Two commands do all the set-up: make run, make test. Everything goes into .venv/ and .tools/.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) tools/bootstrap.py

.PHONY: run test lint types format lock baselines docs benchmark clean

run:            ## environment from locked versions, then the main job
	@$(BOOTSTRAP) run

test:           ## environment from locked versions, then all tests
	@$(BOOTSTRAP) test

lint:
	@$(BOOTSTRAP) lint

types:
	@$(BOOTSTRAP) types

format:
	@$(BOOTSTRAP) exec ruff format .
	@$(BOOTSTRAP) exec ruff check --fix .

lock:           ## after a change of dependencies
	@$(BOOTSTRAP) sync || true
	@.tools/uv-*/bin/uv lock
	@.tools/uv-*/bin/uv export --locked --quiet --no-header --no-emit-project --all-extras --no-dev -o requirements.lock

baselines:      ## after a change that alters results (raise the model version too)
	@$(BOOTSTRAP) exec python tools/update_baselines.py

docs:           ## documents that are generated from definitions
	@$(BOOTSTRAP) exec python tools/write_parameters_doc.py
	@$(BOOTSTRAP) exec python -m alliancesim.territory.schema docs/DATA.md
	@$(BOOTSTRAP) exec python tools/write_data_doc.py

benchmark:      ## one table, every row a ratio measured in this run; long (minutes), `benchmarks/all.py --quick` is not
	@$(BOOTSTRAP) exec python benchmarks/all.py --page docs/BENCHMARKS.md

clean:
	rm -rf .venv .tools results outputs .pytest_cache .mypy_cache .ruff_cache
