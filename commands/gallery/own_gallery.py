"""How a command finds its owner's tags and collections."""

from commands.work import Work
from domain.gallery import Gallery
from domain.kernel.identity import gallery_id
from domain.refusals import NotFound


def own_gallery(work: Work) -> Gallery:
    """Raises `NotFound` where nobody ever made a tag or a collection."""
    found = work.find(Gallery, gallery_id(work.owner_id))
    if found is None:
        raise NotFound()
    return found
