"""Says every few seconds that this process is there, and once that it leaves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from msgspec.structs import replace

from topics.messages.attendance import ScreenerPresent, WorkerPresent
from topics.registry import Topic, key_of
from topics.transport import Publisher, Transport

log = structlog.get_logger()


@contextmanager
def said_to_be_there(
    transport: Transport,
    topic: Topic,
    words: Callable[[], WorkerPresent | ScreenerPresent],
    *,
    every_s: float,
) -> Iterator[None]:
    """Within the block, `words` are said every `every_s` seconds, on a thread of its own.

    A process whose main loop stands still ends itself, and falls silent by that.
    """
    stop = threading.Event()
    with transport.publisher("/suite/presence") as publisher:
        voice = threading.Thread(
            target=_say_until, args=(stop, publisher, topic, words, every_s), name="presence"
        )
        voice.start()
        try:
            yield
        finally:
            stop.set()
            voice.join()
            _say(publisher, topic, replace(words(), leaves=True))


def _say_until(
    stop: threading.Event,
    publisher: Publisher,
    topic: Topic,
    words: Callable[[], WorkerPresent | ScreenerPresent],
    every_s: float,
) -> None:
    _say(publisher, topic, words())
    while not stop.wait(every_s):
        _say(publisher, topic, words())


def _say(publisher: Publisher, topic: Topic, said: Any) -> None:
    try:
        publisher.publish(topic, key_of(said), said)
    except Exception as error:
        # The work does not depend on it. Said again in a few seconds, whatever it was.
        log.warning("presence not said", error=type(error).__name__)
