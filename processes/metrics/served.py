"""The port of a process at which Prometheus reads what it shows of itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from processes.metrics.ports import metrics_port
from processes.settings import Settings

log = structlog.get_logger()


@contextmanager
def served(settings: Settings, process: str, registry: CollectorRegistry) -> Iterator[None]:
    """Serve `registry` at `/metrics` for the length of a `with` block.

    Never at the price of the process: where the port is taken, that is said and nothing is served.
    """
    port = metrics_port(settings, process)
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=settings.metrics_host, registry=registry)
    except OSError as error:
        log.warning("no metrics", port=port, error=type(error).__name__)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
