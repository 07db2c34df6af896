"""How a process ends: on SIGTERM, on Ctrl-C, or when the supervisor that started it is gone."""

import os
import signal
import sys
import threading

from gpu_consumers.parent_death import go_on_when_parent_dies

SUPERVISED = "AI_CONTENT_SUITE_SUPERVISED"
"""Set by the supervisor: standard input is a pipe that closes when the supervisor dies."""


def stop_requested(stop: threading.Event | None = None) -> threading.Event:
    """An event that is set once this process should end: `stop`, or one that is made here.

    Call from the main thread.
    """
    stop = stop or threading.Event()

    def request(*_: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, request)
    if os.environ.pop(SUPERVISED, None) == "1":
        # Ctrl-C reaches the supervisor, which ends its children in order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        go_on_when_parent_dies()
        threading.Thread(target=_until_orphaned, args=(stop,), daemon=True).start()
    else:
        signal.signal(signal.SIGINT, request)
    return stop


def _until_orphaned(stop: threading.Event) -> None:
    # Unbuffered: a daemon thread inside a buffered reader would break the interpreter's end.
    while os.read(sys.stdin.fileno(), 1):
        continue
    stop.set()
