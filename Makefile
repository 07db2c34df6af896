# Two commands matter to a stranger: `make demo` and `make test`. The README explains the others.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Where PyTorch's CPU index can be reached, TORCH_BACKEND=cpu saves 5 GB of CUDA libraries.
TORCH_BACKEND ?=
UV_FLAGS := $(if $(TORCH_BACKEND),--torch-backend $(TORCH_BACKEND))
PEOPLE ?= 1
STEPS ?= 20000
CASES ?= 20000
SEED ?= 1
TESTERS ?= 2
DEVICE ?= cpu
# Of the denoiser, the longest stage of the pocket model's training; empty: as the recipe says.
MINUTES ?=
# Of the pocket model's evaluation, which takes an hour; empty: as many as its model card names.
PICTURES ?=
CLIPS ?=
TWINS ?=

.PHONY: demo demo-kafka demo-s3 test faults machine fuzz benchmarks up check install install-test train-pocket evaluate-pocket pocket-sheets parts clean

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip --quiet install uv

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python $(UV_FLAGS) -c constraints.txt -e '.[engine]'
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python $(UV_FLAGS) -c constraints.txt -e '.[engine,test]'
	touch $@

install: $(VENV)/.installed
install-test: $(VENV)/.installed-test

demo: install
	$(BIN)/python -m processes.demo --people $(PEOPLE)

demo-kafka: install
	$(BIN)/python -m processes.demo --kafka --people $(PEOPLE)

# Objects on an S3 server of its own; needs Go until the server is built, see `parts`.
demo-s3: install
	$(BIN)/python -m processes.demo --s3 --people $(PEOPLE)

up: install
	$(BIN)/suite up

check: install-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Files of tests, one at a time in each of the processes, which share nothing but the machine.
test: check
	$(BIN)/pytest -n $(TESTERS) --dist loadfile

# The same faults as in `make test`, many times over.
faults: install-test
	FAULTS=full $(BIN)/pytest tests/faults tests/kafka tests/reactor/test_many_owners.py \
	  tests/reactor/test_year.py tests/projections/test_hidden_pictures.py

# Every command in any order, as in `make test`, and very many more: STEPS=1000000 SEED=1.
machine: install-test
	MACHINE_STEPS=$(STEPS) MACHINE_SEED=$(SEED) MACHINE_POSTGRES_STEPS=$$(($(STEPS) / 10)) \
	  $(BIN)/pytest tests/machine -s

# Requests and frames that are nearly right, as in `make test`, and more: CASES=20000 SEED=1.
fuzz: install-test
	FUZZ_CASES=$(CASES) FUZZ_SEED=$(SEED) $(BIN)/pytest tests/api/test_fuzz.py -s

# One JSON line each; needs Apache Kafka, see `parts`.
benchmarks: install-test
	for name in decode event_store one_event_save reserve_and_request tailing_reader \
	  observed_command relay projector rebuild request_to_job request_to_grant workers long_job \
	  busy_neighbour verifier chain_page clip_screening viewer_request gallery_page gallery thumbnails archive \
	  fan_out idle_feeds engines; do \
	  $(BIN)/python -m benchmarks.$$name || exit 1; \
	done

# Apache Kafka's jars from Maven Central (JDK 17, Maven) and an S3 server from its source (Go), for
# the demos and the tests on them.
parts: install
	$(BIN)/python -m adapters.parts.kafka var/parts/kafka
	$(BIN)/python -m adapters.parts.s3 var/parts/s3

# Goes on where it was stopped, whatever stopped it.
train-pocket: install
	$(BIN)/python -m gpu_consumers.engines.pocket.recipe --device $(DEVICE) --work-dir var/pocket \
	  $(if $(MINUTES),--minutes $(MINUTES))

# Trains the classifier that judges, in seven minutes, where var/pocket has none.
evaluate-pocket: install
	$(BIN)/python -m gpu_consumers.engines.pocket.recipe.evaluate --work-dir var/pocket \
	  $(if $(PICTURES),--pictures $(PICTURES)) $(if $(CLIPS),--clips $(CLIPS)) \
	  $(if $(TWINS),--twins $(TWINS) --clip-twins $(TWINS))

pocket-sheets: install
	$(BIN)/python -m gpu_consumers.engines.pocket.recipe.contact_sheet \
	  --output gpu_consumers/engines/pocket/weights/contact_sheet.webp
	$(BIN)/python -m gpu_consumers.engines.pocket.recipe.frame_strip

clean:
	rm -rf var
