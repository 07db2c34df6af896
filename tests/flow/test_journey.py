"""The whole way from photos to a gallery, over topics in memory and over topics in PostgreSQL."""

import hashlib
from uuid import UUID

import pytest

from domain.job_state import JobState
from queries.gallery.filtering import GalleryFilter
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio

TRAINING_MILLICREDITS = 2_000 + 25 * 160
PICTURE_MILLICREDITS = 50 + 2 * 25


def walk(studio: LivingStudio) -> UUID:
    """Photos, a training, two pictures. Answers whose they are."""
    owner = studio.creator()
    before, _, _ = studio.wallet(owner)
    twin = studio.twin_with_photos(owner)
    training = studio.train(twin, owner)
    studio.comes_to(training, owner, JobState.COMPLETED)
    job = studio.draw(twin, owner, pictures=2, aspect_ratio="3:4", seed=7)
    studio.comes_to(job, owner, JobState.COMPLETED)
    studio.reader_has_seen(job, owner, JobState.COMPLETED)

    spent = TRAINING_MILLICREDITS + 2 * PICTURE_MILLICREDITS
    assert studio.wallet(owner) == (before - spent, 0, spent)
    shown = until(lambda: studio.balance_of(owner).spent == spent and studio.balance_of(owner), "")
    assert (shown.available, shown.reserved) == (before - spent, 0)
    return owner


def pictures_are_in_the_gallery(studio: LivingStudio, owner: UUID) -> None:
    pictures = studio.gallery_of(owner)
    assert [picture.prompt for picture in pictures] == ["a lighthouse in fog"] * 2
    assert sorted(picture.seed for picture in pictures) == [7, 8]
    for picture in pictures:
        stored = studio.objects.get(picture.object_key)
        assert hashlib.sha256(stored).hexdigest() == picture.sha256
        assert b"c2pa" in stored
    samples = studio.gallery_of(owner, GalleryFilter(kinds=("sample",)))
    assert len(samples) == 3
    assert studio.gallery_of(owner, GalleryFilter(text="LIGHTHOUSE"))
    assert not studio.gallery_of(owner, GalleryFilter(text="a harbour"))


def test_photos_become_pictures_in_a_private_gallery(studio: LivingStudio) -> None:
    owner = walk(studio)
    pictures_are_in_the_gallery(studio, owner)
    stranger = studio.creator()
    assert studio.gallery_of(stranger) == ()


def test_the_same_journey_over_topics_in_postgresql(embedded_studio: LivingStudio) -> None:
    owner = walk(embedded_studio)
    pictures_are_in_the_gallery(embedded_studio, owner)
    embedded_studio.oracle.rest()
    embedded_studio.oracle.check()


def test_a_picture_without_a_twin_needs_no_photos(studio: LivingStudio) -> None:
    owner = studio.creator()
    job = studio.draw(None, owner)
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert len(done.released) == 1
    assert studio.wallet(owner)[2] == PICTURE_MILLICREDITS


@pytest.mark.parametrize("pictures", [1, 8])
def test_a_job_has_as_many_pictures_as_were_asked_for(studio: LivingStudio, pictures: int) -> None:
    owner = studio.creator()
    done = studio.comes_to(studio.draw(None, owner, pictures=pictures), owner, JobState.COMPLETED)
    assert len(done.released) == pictures
    assert studio.wallet(owner)[1:] == (0, pictures * PICTURE_MILLICREDITS)
