"""What the API alone knows: who is listening, and what was refused before any command."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class ApiMetrics:
    """`feeds_open` answers how many subscribers this process has right now."""

    def __init__(self, registry: CollectorRegistry, feeds_open: Callable[[], int]) -> None:
        feeds = Gauge(
            "suite_feeds_open", "Subscribers that are told of changes.", registry=registry
        )
        feeds.set_function(feeds_open)
        self._refused = Counter(
            "suite_api_refusals",
            "Answers that are refusals, by code; those of commands among them.",
            ["code"],
            registry=registry,
        )

    def refused(self, code: str) -> None:
        """Somebody is answered by a refusal."""
        self._refused.labels(code).inc()
