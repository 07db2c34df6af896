"""What was released before there were thumbnails gets them, once, and a replay knows of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from commands.gallery.add_thumbnails import AddThumbnails
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.unneeded_bytes import UnneededOfAsset
from commands.jobs.record_screening import ScreenedItem, WrittenFile
from commands.ports.event_store import RecordedCommand
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset
from domain.kernel.identity import asset_id
from domain.kernel.personal_text import PersonalText
from domain.object_keys import first_gallery_key
from domain.refusals import AssetNotAvailable, NotFound, ThumbnailsUnfit
from domain.rendition import THUMBNAIL_SIDES_MAX, RenditionRole
from gpu_consumers.screening.photo_decoding import OUTPUT_SIDE_MAX, PhotoDecoder
from gpu_consumers.screening.released_files import still
from gpu_consumers.screening.thumbhash import placeholder
from processes.media_backfill import Backfill, Tally
from tests.commands import journey
from tests.commands.studio_spec import ADA, GRACE
from tests.processes.picture_of_before import picture_of_before
from tests.reactor.reactor_spec import ReactorSpec

_Y, _X = np.mgrid[0:320, 0:480]
PIXELS = np.stack((_X % 256, _Y % 256, (_X + _Y) % 256), axis=2).astype(np.uint8)
PICTURE = still(PIXELS)
DIGEST = hashlib.sha256(PICTURE.data).hexdigest()


@pytest.fixture
def spec(tmp_path: Path) -> ReactorSpec:
    return ReactorSpec(tmp_path).opened().started()


@pytest.fixture
def twin(spec: ReactorSpec) -> UUID:
    return journey.trained_twin(spec)


@pytest.fixture
def backfill(spec: ReactorSpec) -> Iterator[Backfill]:
    with PhotoDecoder(side_max=OUTPUT_SIDE_MAX) as decoder:
        yield Backfill(spec.studio, spec.objects, spec.log, decoder, spec.clock)


def quiet(_: Tally) -> None:
    """Nobody listens."""


def released_before(spec: ReactorSpec, twin: UUID) -> UUID:
    """One picture of the twin, released by a screener that made no thumbnails, long ago."""
    job = spec.does(journey.pictures_of(twin, count=1)).job_id
    journey.rendered(spec, job)
    screened = journey.screening_of(spec, job)
    [output] = screened.outputs
    told = ScreenedItem(output.item, output.checks, DIGEST, len(PICTURE.data))
    spec.does(replace(screened, outputs=(told,)))
    picture = asset_id(job, 0)
    master = spec.load(Asset, picture).master
    spec.objects.put(master.object_key, PICTURE.data, media_type=PICTURE.media_type)
    spec.clock.at += timedelta(hours=2)
    return picture


def lies(spec: ReactorSpec, picture: UUID) -> set[str]:
    return set(spec.objects.keys(f"gallery/{picture}/"))


def test_a_picture_of_before_gets_thumbnails_and_a_blur(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    tally = backfill.run(quiet)
    found = spec.load(Asset, picture)
    small = {file.role: file for file in found.renditions if file.role in THUMBNAIL_SIDES_MAX}
    assert small.keys() == THUMBNAIL_SIDES_MAX.keys()
    for role, file in small.items():
        data = spec.objects.get(file.object_key)
        assert hashlib.sha256(data).hexdigest() == file.sha256
        assert max(file.width, file.height) <= THUMBNAIL_SIDES_MAX[role]
    *_, added = spec.events(Asset.ThumbnailsAdded)
    assert added.placeholder == PersonalText(placeholder(PIXELS))
    assert lies(spec, picture) == {file.object_key for file in found.renditions}
    assert tally.made == 1


def test_a_picture_from_when_keys_named_no_screening_gets_them_too(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = asset_id(twin, 7)
    place = first_gallery_key(ADA, picture)
    events = picture_of_before(
        ADA, picture, job_id=twin, item=7, place=place, data=PICTURE.data, at=spec.clock.at
    )
    with spec.store.transaction(ADA) as transaction:
        recorded = RecordedCommand(uuid4(), b"of another release", b"null")
        transaction.insert(events, unchanged=[], command=recorded)
    spec.objects.put(place, PICTURE.data, media_type="image/png")
    spec.passes(hours=2)
    backfill.run(quiet)
    found = spec.load(Asset, picture)
    assert found.has_thumbnails
    small = {one.object_key for one in found.renditions if one.role in THUMBNAIL_SIDES_MAX}
    assert lies(spec, picture) == small
    spec.does(PurgeAsset(picture))
    spec.settles()
    assert (lies(spec, picture), list(spec.objects.keys(f"gallery/{ADA}/"))) == (set(), [])


def test_what_was_made_later_is_no_orphan(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    backfill.run(quiet)
    keys = tuple(sorted(lies(spec, picture)))
    assert spec.asks(UnneededOfAsset(picture, (*keys, "gallery/stray"))) == ("gallery/stray",)


def test_begun_again_it_finds_nothing_to_do(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    first = backfill.run(quiet)
    lay, said = lies(spec, picture), len(spec.events(Asset.ThumbnailsAdded))
    again = backfill.run(quiet)
    assert (again.made, again.damaged) == (0, first.damaged)
    assert (lies(spec, picture), len(spec.events(Asset.ThumbnailsAdded))) == (lay, said)
    assert backfill.run(quiet, after=again.position).passed_over == 0


def test_what_is_broken_off_between_writing_and_saving_is_made_anew_and_once(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    spec.store.lose_acknowledgements(1)
    assert backfill.run(quiet).made == 1
    found = spec.load(Asset, picture)
    assert lies(spec, picture) == {file.object_key for file in found.renditions}


def test_what_is_fresh_waits_until_no_copy_of_it_is_being_cleared(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    spec.clock.at -= timedelta(hours=1, minutes=30)
    tally = backfill.run(quiet)
    assert not tally.is_done
    assert not spec.load(Asset, picture).has_thumbnails
    spec.passes(hours=3)
    backfill.run(quiet)
    spec.passes(hours=3)
    found = spec.load(Asset, picture)
    assert lies(spec, picture) == {file.object_key for file in found.renditions}


def test_a_reactor_that_comes_late_leaves_what_was_made_meanwhile(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    stray = f"gallery/{picture}/of-another-screening/master"
    spec.objects.put(stray, b"nobody needs it", media_type="image/png")
    backfill.run(quiet)
    # Only now it reads that the picture was released, and clears what others have signed of it.
    spec.passes(hours=3)
    found = spec.load(Asset, picture)
    assert len(found.renditions) == 3
    assert lies(spec, picture) == {file.object_key for file in found.renditions}


def test_nothing_is_made_of_what_a_withdrawal_hides_or_its_owner_wants_gone(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    purged, hidden = released_before(spec, twin), released_before(spec, twin)
    spec.does(PurgeAsset(purged))
    spec.does(WithdrawConsent(twin))
    backfill.run(quiet)
    assert not spec.events(Asset.ThumbnailsAdded)
    assert not spec.load(Asset, hidden).has_thumbnails


def test_what_lies_there_and_is_not_what_was_released_is_named_and_left(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    changed, gone = released_before(spec, twin), released_before(spec, twin)
    for picture, data in ((changed, b"not a picture"), (gone, None)):
        key = spec.load(Asset, picture).master.object_key
        spec.objects.delete([key])
        if data is not None:
            spec.objects.put(key, data, media_type="image/png")
    tally = backfill.run(quiet)
    assert {changed, gone} <= set(tally.damaged)
    assert not tally.is_done
    assert not spec.events(Asset.ThumbnailsAdded)


def test_a_purge_takes_the_thumbnails_along(
    spec: ReactorSpec, twin: UUID, backfill: Backfill
) -> None:
    picture = released_before(spec, twin)
    backfill.run(quiet)
    spec.does(PurgeAsset(picture))
    spec.settles()
    assert lies(spec, picture) == set()


def thumbnails(**changed: object) -> tuple[WrittenFile, ...]:
    return tuple(
        WrittenFile(
            **{
                "role": role,
                "sha256": "5e" * 32,
                "size_bytes": 9_000,
                "media_type": "image/webp",
                "width": side,
                "height": side,
                **changed,
            }  # type: ignore[arg-type]
        )
        for role, side in THUMBNAIL_SIDES_MAX.items()
    )


def added(picture: UUID, files: tuple[WrittenFile, ...]) -> AddThumbnails:
    return AddThumbnails(picture, uuid4(), files, PersonalText("1QcSHQRnh493V4dIh4eXh1h4kJUI"))


@pytest.mark.parametrize(
    "files",
    [
        (),
        thumbnails()[:1],
        (*thumbnails(), *thumbnails()),
        thumbnails(size_bytes=20_001),
        thumbnails(width=513),
        thumbnails(media_type="image/png"),
        thumbnails(role=RenditionRole.MASTER),
    ],
)
def test_what_no_tile_shows_is_added_to_nothing(
    spec: ReactorSpec, twin: UUID, files: tuple[WrittenFile, ...]
) -> None:
    picture = released_before(spec, twin)
    spec.when(added(picture, files)).then_refused(ThumbnailsUnfit)


def test_thumbnails_are_added_once_and_to_ones_own(spec: ReactorSpec, twin: UUID) -> None:
    picture = released_before(spec, twin)
    spec.when(added(picture, thumbnails()), owner=GRACE).then_refused(NotFound)
    before = spec.does(added(picture, thumbnails()))
    assert spec.does(added(picture, thumbnails())) == before
    assert len(spec.events(Asset.ThumbnailsAdded)) == 1
    spec.does(WithdrawConsent(twin))
    spec.when(added(picture, thumbnails())).then_refused(AssetNotAvailable)
    assert spec.load(Asset, picture, owner=ADA).has_thumbnails
