# Every process but worker and screener: no torch inside. Build context: the repository's root.

FROM python:3.11.15-slim-bookworm AS build
ENV UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1
WORKDIR /opt/suite/app
COPY constraints.txt pyproject.toml ./
RUN pip install --no-cache-dir --constraint constraints.txt uv \
    && uv venv /opt/suite/venv \
    && uv pip install --no-cache --python /opt/suite/venv/bin/python \
        --constraints constraints.txt --build-constraints constraints.txt \
        --requirements pyproject.toml
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
# Editable: the API finds `graphql/` and `web/` beside its own package, not inside a wheel.
RUN uv pip install --no-cache --python /opt/suite/venv/bin/python --no-deps \
        --build-constraints constraints.txt --editable . \
    && /opt/suite/venv/bin/python -m compileall -q .
COPY graphql ./graphql
COPY web ./web

FROM python:3.11.15-slim-bookworm
# A new named volume takes its owner and mode from the folder it is first mounted over.
RUN groupadd --gid 10001 suite \
    && useradd --uid 10001 --gid suite --no-create-home --home-dir /tmp \
        --shell /usr/sbin/nologin suite \
    && install -d -m 0755 /var/lib/suite /run/credentials \
    && install -d -m 0700 -o suite -g suite \
        /var/lib/suite/lists /var/lib/suite/objects /var/lib/suite/samples \
        /var/lib/suite/sandbox /var/lib/suite/secrets /var/lib/suite/s3 \
        /run/credentials/admin /run/credentials/login /run/credentials/s3 \
        /run/credentials/server /run/credentials/s3/admin /run/credentials/s3/intake \
        /run/credentials/s3/keeper /run/credentials/s3/screener /run/credentials/s3/server
COPY --from=build /opt/suite /opt/suite
ENV PATH=/opt/suite/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SUITE_HOME=/var/lib/suite \
    SUITE_RUN_DIR=/tmp/run
WORKDIR /opt/suite/app
USER 10001:10001
# What to run, and how to tell that it is well, differs from process to process: see compose.yaml.
CMD ["suite", "--help"]
