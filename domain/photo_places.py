"""Where the bytes of one photo set lie: named once, when its uploads are planned, and stored."""

from uuid import UUID

import msgspec


class PhotoPlaces(msgspec.Struct, frozen=True):
    """What ends in `/` is a prefix. The epoch of its consent is part of every place."""

    uploads: str
    photos: str
    template: str

    @property
    def all(self) -> tuple[str, ...]:
        """Everything there may be of this set."""
        return (self.uploads, self.photos, self.template)

    def upload(self, photo_id: UUID) -> str:
        """A photo as its owner uploaded it, unchecked."""
        return f"{self.uploads}{photo_id}"

    def clean_photo(self, photo_id: UUID) -> str:
        """The clean copy of a photo: decoded, upright, without metadata."""
        return f"{self.photos}{photo_id}.png"


def places_of_set(owner_id: UUID, twin_id: UUID, epoch: int, submission_id: UUID) -> PhotoPlaces:
    """Places for a new set. `template` is what is measured of the face in it."""
    return PhotoPlaces(
        uploads=f"uploads/{owner_id}/{twin_id}/{epoch}/{submission_id}/",
        photos=f"photos/{twin_id}/{epoch}/{submission_id}/",
        template=f"templates/{twin_id}/{epoch}/{submission_id}.json",
    )


def first_places(owner_id: UUID, twin_id: UUID, submission_id: UUID) -> PhotoPlaces:
    """Where a set lies that was submitted before its places were stored."""
    return PhotoPlaces(
        uploads=f"uploads/{owner_id}/{twin_id}/{submission_id}/",
        photos=f"photos/{twin_id}/{submission_id}/",
        template=f"templates/{twin_id}/{submission_id}.json",
    )
