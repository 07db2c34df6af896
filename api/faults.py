"""Where a fault happened, for the log: lines of code, and never an exception's text."""

import traceback

FRAMES_MAX = 6


def frames_of(fault: BaseException) -> list[str]:
    """The innermost lines of code that a fault came through."""
    frames = traceback.extract_tb(fault.__traceback__)[-FRAMES_MAX:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
