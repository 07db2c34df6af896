"""What a drawing needs besides its words, fetched by what the work names."""

from __future__ import annotations

from gpu_consumers.engines.drawing_work import DrawingWork, named_source
from gpu_consumers.engines.loaded_engine import HeldTwin, LoadedEngine, TwinFile
from gpu_consumers.presigned_objects import Objects


def fetched_adapter(work: DrawingWork, objects: Objects, engine: LoadedEngine) -> TwinFile | None:
    """The twin's file, unless the engine holds it; None where none is drawn, as without strength.

    Raises InputUnavailable.
    """
    if work.adapter is None or work.twin_strength == 0:
        return None
    digest = work.adapter.sha256
    if digest is not None and engine.holds(digest):
        return HeldTwin(digest)
    return objects.download(work.adapter)


def fetched_source(work: DrawingWork, objects: Objects) -> bytes | None:
    """The picture that the work begins from, if any. Raises InputUnavailable."""
    source = named_source(work)
    return None if source is None else objects.download(source.download)
