"""The look at the whole studio, over connections of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from processes.metrics.studio import StudioMetrics
from processes.survey.bounded_look import BoundedLook
from processes.survey.connections import open_connections
from processes.survey.topic_lags import topic_lags
from queries.survey.operations import Operations, operations
from queries.survey.survey import Surveyor
from topics.registry import FACTS
from topics.transport import Transport

TOPICS_FRESH_S = 15.0
"""A look at a cluster of brokers is a few dozen questions."""

OPERATIONS_FRESH_S = 2.0
"""Every operator's page asks every few seconds: they see one look."""


@contextmanager
def open_studio_metrics(url: str, transport: Transport) -> Iterator[StudioMetrics]:
    """What one look tells, as metrics. Nobody looks before they are read."""
    with open_connections(url, "writer", "projector") as connections:
        yield StudioMetrics(
            BoundedLook(Surveyor(connections, partitions=FACTS.partitions).look),
            BoundedLook(lambda: topic_lags(transport), fresh_s=TOPICS_FRESH_S),
        )


@contextmanager
def open_operations(url: str) -> Iterator[Callable[[], Operations | None]]:
    """What an operator is shown, None where no look has succeeded lately."""
    with open_connections(url, "writer", "projector") as connections:
        surveyor = Surveyor(connections, partitions=FACTS.partitions)
        look = BoundedLook(lambda: operations(connections, surveyor), fresh_s=OPERATIONS_FRESH_S)
        yield lambda: look.seen().value
