"""Several image jobs from grant to quarantine, drawn together: each ends by itself, and at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from gpu_consumers.engines.drawing_work import steps_each
from gpu_consumers.engines.loaded_engine import (
    LoadedEngine,
    NotDrawn,
    Progress,
    RenderedPicture,
    Share,
    ShareOutcome,
    ShowPreview,
    SourceUnreadable,
    Stopped,
    TwinFile,
    TwinNotHeld,
)
from gpu_consumers.engines.out_of_memory import is_out_of_memory
from gpu_consumers.images.uploads_beside import Uploading, UploadsBeside
from gpu_consumers.presigned_objects import InputUnavailable, Objects, UploadRefused
from gpu_consumers.work_inputs import fetched_adapter, fetched_source
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput
from topics.messages.work import ImageItem, ImageWork

# What is in quarantine, or why nothing is.
Ended: TypeAlias = Callable[[tuple[RenderedOutput, ...] | Exception], None]

# What concerns the job that it was raised for, and says nothing about those beside it.
_ITS_OWN = (Stopped, InputUnavailable, SourceUnreadable, UploadRefused)


@dataclass(frozen=True)
class PictureJob:
    """One job of a batch. `ended` is called once, as soon as its own pictures are uploaded."""

    work: ImageWork
    progress: Progress
    ended: Ended


@dataclass(eq=False)
class _Open:
    """A job whose pictures are not all drawn. `steps_made` counts those of earlier batches.

    `waiting` are those that nothing is done for meanwhile, and that may be stopped nevertheless.
    """

    job: PictureJob
    adapter: TwinFile | None
    source: bytes | None
    left: list[ImageItem]
    said: tuple[Phase, int, int]
    drawn: list[RenderedPicture] = field(default_factory=list)
    steps_made: int = 0
    has_ended: bool = False
    waiting: Sequence[_Open] = ()
    uploading: Uploading | None = None

    @property
    def twin(self) -> str | None:
        """What tells its twin from others; None where none is drawn."""
        named = self.job.work.adapter
        return None if self.adapter is None or named is None else named.sha256 or named.url

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """The job's own progress. A stop is its end at once, however long the others go on."""
        self.said = (phase, step, steps_total)
        try:
            self.job.progress.report(phase, step, steps_total, preview)
        except Stopped as stopped:
            self.end(stopped)
            raise
        _look_after(self.waiting)

    def goes_on_waiting(self) -> None:
        """It is where it was, unless it is stopped."""
        if self.has_ended:
            return
        if self.uploading is not None:
            self.said = (Phase.UPLOAD, self.uploading.done, self.uploading.total)
        try:
            self.job.progress.report(*self.said)
        except Stopped as stopped:
            self.end(stopped)

    def end(self, outcome: tuple[RenderedOutput, ...] | Exception) -> None:
        """Say what came of it, once."""
        if not self.has_ended:
            self.has_ended = True
            if self.uploading is not None:
                self.uploading.give_up()
            self.job.ended(outcome)

    def end_uploaded(self) -> None:
        """Say what came of uploading. Waits for it."""
        if self.has_ended or self.uploading is None:
            return
        try:
            outputs = self.uploading.outcome()
        except _ITS_OWN as error:
            self.end(error)
        else:
            self.end(outputs)


@dataclass(frozen=True)
class _Part:
    """Which items of an open job are drawn in one batch."""

    open: _Open
    items: tuple[ImageItem, ...]


def render_together(engine: LoadedEngine, jobs: Sequence[PictureJob], objects: Objects) -> None:
    """Draw and upload the items of all jobs, as many at once as fit. All works have one batch key.

    What does not fit into memory is tried again with half as many pictures at once. What is drawn
    is uploaded while the next batch is. Raises what concerns all that have not ended yet, and
    cannot be said of one of them.
    """
    open_jobs = [found for job in jobs if (found := _opened(job, objects, engine)) is not None]
    with UploadsBeside(objects) as uploads:
        try:
            _draw_all(engine, open_jobs, objects, uploads)
        finally:
            # Whoever is drawn is delivered, whatever becomes of the others.
            _wait_for_uploads(open_jobs)


def _draw_all(
    engine: LoadedEngine, open_jobs: Sequence[_Open], objects: Objects, uploads: UploadsBeside
) -> None:
    rows_max = engine.render_batch_max
    while waiting := [one for one in open_jobs if not one.has_ended and one.uploading is None]:
        batches = _batches(waiting, rows_max, engine.twins_max)
        drawn = [part.open for part in batches[0]]
        for one in drawn:
            one.waiting = [other for other in open_jobs if other not in drawn]
        outcomes = _drawn(engine, [_share(part, batches) for part in batches[0]])
        rows = sum(len(part.items) for part in batches[0])
        if outcomes is None and rows > 1:
            rows_max = rows // 2
            continue
        for number, part in enumerate(batches[0]):
            outcome = NotDrawn(MemoryError()) if outcomes is None else outcomes[number]
            _take(part, outcome, objects, uploads)


def _wait_for_uploads(open_jobs: Sequence[_Open]) -> None:
    """Hear meanwhile who is stopped."""
    while under_way := [one for one in open_jobs if one.uploading and not one.has_ended]:
        _look_after(under_way)
        still = [one.uploading for one in under_way if one.uploading and not one.has_ended]
        if still:
            min(still, key=lambda one: one.number).wait()


def _look_after(waiting: Sequence[_Open]) -> None:
    """Those for which nothing is done now: they end in the order in which they were drawn."""
    begun = [one for one in waiting if one.uploading is not None]
    begun.sort(key=lambda one: -1 if one.uploading is None else one.uploading.number)
    # The last is asked first: when it is over, so are all before it.
    over = [one for one in reversed(begun) if one.uploading is not None and one.uploading.is_over]
    for one in reversed(over):
        one.end_uploaded()
    for one in waiting:
        if one not in over:
            one.goes_on_waiting()


def _opened(job: PictureJob, objects: Objects, engine: LoadedEngine) -> _Open | None:
    said = (Phase.ENCODE, 0, steps_each(job.work))
    try:
        job.progress.report(*said)
        adapter = fetched_adapter(job.work, objects, engine)
        source = fetched_source(job.work, objects)
    except _ITS_OWN as error:
        job.ended(error)
        return None
    return _Open(job, adapter, source, list(job.work.items), said)


def _batches(waiting: Sequence[_Open], rows_max: int, twins_max: int) -> list[list[_Part]]:
    """Everything that is left, in batches: job after job, so that each is through early."""
    left = {id(one): list(one.left) for one in waiting}
    batches: list[list[_Part]] = []
    while any(left.values()):
        batch: list[_Part] = []
        room, twins = rows_max, set[str]()
        for one in waiting:
            items = left[id(one)][:room]
            others = twins if one.twin is None else twins | {one.twin}
            if items and len(others) <= twins_max:
                batch.append(_Part(one, tuple(items)))
                del left[id(one)][: len(items)]
                room, twins = room - len(items), others
        batches.append(batch)
    return batches


def _share(part: _Part, batches: Sequence[Sequence[_Part]]) -> Share:
    one = part.open
    to_come = sum(other.open is one for batch in batches for other in batch)
    return Share(
        work=one.job.work,
        items=part.items,
        adapter=one.adapter,
        source=one.source,
        progress=one,
        steps_before=one.steps_made,
        steps_total=one.steps_made + to_come * steps_each(one.job.work),
    )


def _drawn(engine: LoadedEngine, shares: Sequence[Share]) -> list[ShareOutcome] | None:
    """None where memory ran out. What the attempt held is free again by then."""
    try:
        return engine.render_together(shares)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    return None


def _take(part: _Part, outcome: ShareOutcome, objects: Objects, uploads: UploadsBeside) -> None:
    one = part.open
    if one.has_ended:
        return
    if isinstance(outcome, NotDrawn):
        if isinstance(outcome.error, TwinNotHeld):
            _fetch_again(one, objects)
        else:
            one.end(outcome.error)
        return
    one.drawn += outcome
    one.left = one.left[len(part.items) :]
    one.steps_made += steps_each(one.job.work)
    if one.left:
        return
    # A stop that is known before anything is uploaded is heard before.
    with suppress(Stopped):
        one.report(Phase.UPLOAD, 0, len(one.drawn))
        one.uploading = uploads.begin(one.job.work, one.drawn)


def _fetch_again(one: _Open, objects: Objects) -> None:
    """Its twin made room for those of an earlier batch: its pictures are still to be drawn."""
    named = one.job.work.adapter
    assert named is not None
    try:
        one.adapter = objects.download(named)
    except _ITS_OWN as error:
        one.end(error)
