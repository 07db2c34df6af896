"""What is closed when the block that uses it ends."""

from types import TracebackType
from typing import Self


class Closing:
    """A context manager that hands out itself and is closed at the block's end."""

    def close(self) -> None:
        """Let go of what is held. May be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
