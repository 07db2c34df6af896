"""Uploading beside drawing: the network waits for nobody's object store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import count
from types import TracebackType
from typing import Final, Self

from gpu_consumers.engines.loaded_engine import RenderedPicture, Stopped
from gpu_consumers.images.image_job import upload_picture
from gpu_consumers.presigned_objects import Objects
from topics.messages.results import RenderedOutput
from topics.messages.work import ImageWork

# How long a stop may go unheard while there is nothing to do but to wait.
_LISTEN_S: Final = 0.1


class Uploading:
    """The pictures of one job on their way, in order. Asked by the thread that began it alone.

    One with a lower `number` is over sooner.
    """

    def __init__(
        self, number: int, work: ImageWork, pictures: list[RenderedPicture], objects: Objects
    ) -> None:
        self.number = number
        self._work, self._pictures, self._objects = work, pictures, objects
        self._future: Future[tuple[RenderedOutput, ...]] = Future()
        self._is_given_up = False
        self.done = 0
        self.total = len(pictures)

    @property
    def is_over(self) -> bool:
        """Whether `outcome` answers at once."""
        return self._future.done()

    def outcome(self) -> tuple[RenderedOutput, ...]:
        """What is in quarantine. Waits for it. Raises what the object store did."""
        return self._future.result()

    def give_up(self) -> None:
        """Begin no further picture."""
        self._is_given_up = True

    def wait(self) -> None:
        """Until it is over, or it is time to listen whether anybody stops it."""
        wait([self._future], _LISTEN_S)

    def run(self) -> None:
        """Upload, in a thread of its own. Never raises."""
        try:
            self._future.set_result(tuple(self._uploaded()))
        except Exception as error:
            self._future.set_exception(error)

    def _uploaded(self) -> list[RenderedOutput]:
        uploads = {item.item: item.upload for item in self._work.items}
        outputs = []
        for picture in self._pictures:
            if self._is_given_up:
                raise Stopped
            outputs.append(upload_picture(picture, uploads[picture.item], self._objects))
            self.done += 1
        return outputs


class UploadsBeside:
    """One upload after the other, in the order in which they were begun. A context manager."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._numbers = count()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="uploads")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Nothing is left behind that would still write while the next work begins.
        self._thread.shutdown(wait=True)

    def begin(self, work: ImageWork, pictures: list[RenderedPicture]) -> Uploading:
        """Put all pictures of a work where it says."""
        uploading = Uploading(next(self._numbers), work, pictures, self._objects)
        run: Callable[[], None] = uploading.run
        self._thread.submit(run)
        return uploading
