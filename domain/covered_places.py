"""Which bytes of a twin somebody needs now. Whatever else lies there of it is on its way out."""

from collections.abc import Iterator

from domain.source_photos import SourcePhotos, is_covered
from domain.twin import Twin


def covered_places(twin: Twin) -> frozenset[str]:
    """Prefixes, ending in `/`, and keys that the consent in force covers; nothing without one.

    Uploads until they are judged, and good ones of a refused set until the next one is; clean
    photos while a training may learn from them; what was measured of a face while an adapter is, or
    may come to be, checked against it; adapters.
    """
    return frozenset(_covered(twin)) if twin.consented else frozenset()


def covered_sources(photos: SourcePhotos | None, twin: Twin) -> frozenset[str]:
    """As `covered_places`, of the photos of this twin that something is to begin with.

    Uploads until they are judged, and the clean copy of one that was accepted. What a screening
    writes of one that waits is covered, too.
    """
    return frozenset(() if photos is None else _covered_sources(photos, twin))


def _covered_sources(photos: SourcePhotos, twin: Twin) -> Iterator[str]:
    for photo in photos.kept.values():
        if is_covered(photo, twin):
            yield from photo.places.all if photo.clean is None else [photo.clean.object_key]


def _covered(twin: Twin) -> Iterator[str]:
    state = twin.snapshot_state()
    yield from (twin.places_of(planned).uploads for planned in state.plans)
    if state.submitted is not None:
        yield from twin.places_of(state.submitted.submission_id).all
    yield from twin.kept_photos.values()
    learnt_from = [] if state.accepted is None else [state.accepted.submission_id]
    for job in state.open_jobs.values():
        if job.submission_id is not None and twin.covers(job.epoch, job.rests_on):
            learnt_from.append(job.submission_id)
    for submission in learnt_from:
        yield twin.places_of(submission).photos
        yield twin.places_of(submission).template
    for engine, adapter in state.adapters.items():
        yield from twin.adapter_places(engine)
        if adapter.submission_id is not None:
            yield twin.places_of(adapter.submission_id).template
