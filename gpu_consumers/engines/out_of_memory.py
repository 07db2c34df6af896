"""How running out of memory is told from other errors, and tried again with less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

_Result = TypeVar("_Result")
_MESSAGES: Final = ("out of memory", "can't allocate memory", "cannot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the device or the machine had no memory left. Needs no torch to be loaded."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(message in said for message in _MESSAGES)


def with_half_on_exhaustion(attempt: Callable[[int], _Result], batch_size: int) -> _Result:
    """Call `attempt(batch_size)`; if memory runs out, once more with half of it.

    A batch of one is not tried again. Raises what the last attempt raised.
    """
    try:
        return attempt(batch_size)
    except Exception as error:
        if batch_size == 1 or not is_out_of_memory(error):
            raise
    # Outside the handler: the traceback would keep the first attempt's tensors alive.
    return attempt(batch_size // 2)
