"""The look at the whole studio, over connections of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from processes.metrics.studio import StudioMetrics
from processes.survey.bounded_look import BoundedLook
from processes.survey.connections import open_connections
from processes.survey.survey import Surveyor
from processes.survey.topic_lags import topic_lags
from topics.transport import Transport

TOPICS_FRESH_S = 15.0
"""A look at a cluster of brokers is a few dozen questions."""


@contextmanager
def open_studio_metrics(url: str, transport: Transport) -> Iterator[StudioMetrics]:
    """What one look tells, as metrics. Nobody looks before they are read."""
    with open_connections(url, "writer", "projector") as connections:
        yield StudioMetrics(
            BoundedLook(Surveyor(connections).look),
            BoundedLook(lambda: topic_lags(transport), fresh_s=TOPICS_FRESH_S),
        )
