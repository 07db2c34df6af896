# Worker and screener: the same tree with torch. Build context: the repository's root.

FROM python:3.11.15-slim-bookworm AS build
# Empty: torch as PyPI has it, with CUDA, 5 GB larger. "cpu" takes it from PyTorch's own index.
ARG TORCH_BACKEND=
ENV UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1
WORKDIR /opt/suite/app
COPY constraints.txt pyproject.toml ./
RUN pip install --no-cache-dir --constraint constraints.txt uv \
    && uv venv /opt/suite/venv \
    && uv pip install --no-cache --python /opt/suite/venv/bin/python \
        ${TORCH_BACKEND:+--torch-backend "$TORCH_BACKEND"} \
        --constraints constraints.txt --build-constraints constraints.txt \
        --requirements pyproject.toml --extra engine
# After the dependencies, so that a change of ours does not fetch them again.
COPY README.md ./
COPY adapters ./adapters
COPY api ./api
COPY commands ./commands
COPY domain ./domain
COPY gpu_consumers ./gpu_consumers
COPY processes ./processes
COPY projections ./projections
COPY queries ./queries
COPY topics ./topics
RUN uv pip install --no-cache --python /opt/suite/venv/bin/python --no-deps \
        --build-constraints constraints.txt --editable . \
    && /opt/suite/venv/bin/python -m compileall -q .

FROM python:3.11.15-slim-bookworm
# A new named volume takes its owner and mode from the folder it is first mounted over.
RUN groupadd --gid 10001 suite \
    && useradd --uid 10001 --gid suite --no-create-home --home-dir /tmp \
        --shell /usr/sbin/nologin suite \
    && install -d -m 0755 /var/lib/suite /run/credentials \
    && install -d -m 0700 -o suite -g suite \
        /var/lib/suite/lists /var/lib/suite/secrets /var/lib/suite/weights \
        /var/lib/suite/worker /run/credentials/s3
COPY --from=build /opt/suite /opt/suite
# Weights come from a folder or with the code, never from a hub.
ENV PATH=/opt/suite/venv/bin:$PATH \
    HF_HOME=/tmp/huggingface \
    HF_HUB_OFFLINE=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SUITE_HOME=/var/lib/suite \
    SUITE_RUN_DIR=/tmp/run
WORKDIR /opt/suite/app
USER 10001:10001
# What to run, and how to tell that it is well, differs from process to process: see compose.yaml.
CMD ["suite", "--help"]
