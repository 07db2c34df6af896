"""What the API counts: who listens to a feed, and the refusals it answers."""

import threading
import time
from typing import Any

from prometheus_client import CollectorRegistry

from domain.refusals import NotVerified
from processes.metrics.api import ApiMetrics
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse

JOBS = "subscription { jobs { __typename } }"
LEFT_WAIT_S = 10.0


def test_an_open_feed_is_counted_until_it_is_left(fresh: LiveStudio) -> None:
    registry, feed = CollectorRegistry(), fresh.parts.feed
    ApiMetrics(registry, feeds_open=lambda: feed.open)
    ada = Creator(fresh, "Ada")
    with sse(ada, JOBS) as events:
        events.next()
        assert registry.get_sample_value("suite_feeds_open") == 1
    deadline_s = time.monotonic() + LEFT_WAIT_S
    while feed.open and time.monotonic() < deadline_s:
        threading.Event().wait(0.02)
    assert registry.get_sample_value("suite_feeds_open") == 0


def test_a_refusal_that_is_answered_is_counted_by_its_code(fresh: LiveStudio) -> None:
    registry = CollectorRegistry()
    metrics = ApiMetrics(registry, feeds_open=lambda: 0)
    ada = Creator(fresh, "Ada")
    wish: dict[str, Any] = {"engine": "pocket", "prompt": "a lighthouse in fog", "count": 1}
    ada.mutate("requestImages", **wish, priceVersion=1)
    for code in fresh.refused:
        metrics.refused(code)
    labels = {"code": NotVerified.code}
    assert registry.get_sample_value("suite_api_refusals_total", labels) == 1
