"""How a command finds its owner's photos to begin with."""

from commands.work import Work
from domain.kernel.identity import source_photos_id
from domain.refusals import NotFound
from domain.source_photos import SourcePhotos


def own_source_photos(work: Work) -> SourcePhotos:
    """Raises `NotFound` where nobody ever planned one."""
    found = work.find(SourcePhotos, source_photos_id(work.owner_id))
    if found is None:
        raise NotFound()
    return found
