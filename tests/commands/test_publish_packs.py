"""Packs of items to be published: asked for, made of what is in sight, over after a day."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from commands.account.start_verification import StartVerification
from commands.gallery.keep_asset import KeepAsset
from commands.gallery.purge_asset import PurgeAsset
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.late import ReportLate, ReportTaken
from commands.jobs.work_waits import PublishPackWaits
from commands.publishing.claim_publish_pack import ClaimPublishPack, PublishPackGranted
from commands.publishing.end_publish_pack import ExpirePublishPack, GiveUpPublishPack
from commands.publishing.record_publish_pack import RecordPublishPack, WrittenPackFile
from commands.publishing.request_publish_pack import RequestPublishPack
from commands.twin.withdraw_consent import WithdrawConsent
from domain.kernel.identity import asset_id, publish_packs_id
from domain.publish_pack import PACKS_WAITING_MAX, PackFailure, PublishPacks
from domain.publish_preset import PublishPreset
from domain.refusals import (
    AlreadyDecided,
    AssetNotAvailable,
    NotFound,
    PackTooLarge,
    StaleResult,
    TooManyPacks,
    UnderAge,
)
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.studio_spec import ADA, GRACE, StudioSpec
from tests.domain.people import named

CLAIM = named("the screener's claim")
SQUARE, STORY = PublishPreset.SQUARE, PublishPreset.STORY


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    return journey.trained_twin(spec)


@pytest.fixture
def pictures(spec: StudioSpec, twin: UUID) -> tuple[UUID, UUID]:
    """Two of the twin."""
    job = spec.does(replace(A_LIGHTHOUSE, twin_id=twin, count=2)).job_id
    journey.finished(spec, job)
    return asset_id(job, 0), asset_id(job, 1)


def requested(spec: StudioSpec, *assets: UUID, presets: Any = (SQUARE,)) -> UUID:
    pack: UUID = spec.does(RequestPublishPack(assets, presets)).pack_id
    return pack


def kept(spec: StudioSpec) -> dict[UUID, Any]:
    packs: PublishPacks = spec.load(PublishPacks, publish_packs_id(ADA))
    return packs.kept


def made(spec: StudioSpec, pack: UUID, claim: UUID = CLAIM) -> Any:
    """What became of the report on everything that was granted."""
    granted = spec.asks(ClaimPublishPack(pack, claim))
    assert isinstance(granted, PublishPackGranted)
    return spec.does(report_on(granted, claim))


def report_on(granted: PublishPackGranted, claim: UUID = CLAIM) -> RecordPublishPack:
    files = tuple(
        WrittenPackFile(item.asset_id, file.preset, "ab" * 32, 90_000, "image/jpeg", 1080, 1080)
        for item in granted.items
        for file in item.files
    )
    return RecordPublishPack(granted.pack_id, claim, files)


def test_a_pack_is_asked_for_and_made(spec: StudioSpec, pictures: tuple[UUID, UUID]) -> None:
    pack = requested(spec, *pictures, presets=(SQUARE, STORY, SQUARE))
    assert spec.asks(PublishPackWaits(pack)) is True
    granted = spec.asks(ClaimPublishPack(pack, CLAIM))
    assert isinstance(granted, PublishPackGranted)
    assert [item.asset_id for item in granted.items] == list(pictures)
    # One size twice is one.
    assert [[file.preset for file in item.files] for item in granted.items] == [[SQUARE, STORY]] * 2
    assert all(str(CLAIM) in file.object_key for item in granted.items for file in item.files)
    assert spec.does(report_on(granted)) == ReportTaken()
    assert spec.asks(PublishPackWaits(pack)) is False
    assert {file.object_key for file in kept(spec)[pack].files} == {
        file.object_key for item in granted.items for file in item.files
    }
    assert spec.asks(ClaimPublishPack(pack, CLAIM)) == ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    late = report_on(granted, named("a screener that stood still"))
    assert spec.does(late) == ReportLate()


def test_what_cannot_be_packed_is_refused(spec: StudioSpec, pictures: tuple[UUID, UUID]) -> None:
    first, second = pictures
    spec.when(RequestPublishPack((), (SQUARE,))).then_refused(PackTooLarge)
    spec.when(RequestPublishPack((first,), ())).then_refused(PackTooLarge)
    many = tuple(named(f"picture {number}") for number in range(13))
    spec.when(RequestPublishPack(many, (SQUARE,))).then_refused(PackTooLarge, maximum=12)
    spec.when(RequestPublishPack((first, named("none")), (SQUARE,))).then_refused(NotFound)
    spec.given(PurgeAsset(second))
    spec.when(RequestPublishPack((first, second), (SQUARE,))).then_refused(AssetNotAvailable)


def test_somebody_elses_picture_is_none(spec: StudioSpec, pictures: tuple[UUID, UUID]) -> None:
    journey.verified(spec, GRACE)
    spec.when(RequestPublishPack(pictures, (SQUARE,)), owner=GRACE).then_refused(NotFound)


def test_only_so_many_wait_at_once(spec: StudioSpec, pictures: tuple[UUID, UUID]) -> None:
    packs = [requested(spec, pictures[0]) for _ in range(PACKS_WAITING_MAX)]
    spec.when(RequestPublishPack(pictures, (SQUARE,))).then_refused(TooManyPacks)
    assert made(spec, packs[0]) == ReportTaken()
    requested(spec, pictures[0])


def test_what_goes_out_of_sight_is_left_out(spec: StudioSpec, pictures: tuple[UUID, UUID]) -> None:
    first, second = pictures
    pack = requested(spec, first, second)
    spec.given(PurgeAsset(second))
    granted = spec.asks(ClaimPublishPack(pack, CLAIM))
    assert [item.asset_id for item in granted.items] == [first]
    assert made(spec, pack) == ReportTaken()
    assert [file.asset_id for file in kept(spec)[pack].files] == [first]


def test_whoever_is_found_under_age_has_nothing_made(
    spec: StudioSpec, twin: UUID, pictures: tuple[UUID, UUID]
) -> None:
    spec.does(WithdrawConsent(twin))
    spec.given(*(KeepAsset(picture) for picture in pictures))
    pack, other = requested(spec, *pictures), requested(spec, *pictures)
    granted = spec.asks(ClaimPublishPack(pack, CLAIM))
    check = spec.does(StartVerification("sandbox")).verification_id
    spec.given(replace(journey.approval(spec, check), adult=False))
    assert spec.does(report_on(granted)) == ReportTaken()
    assert pack not in kept(spec)
    assert spec.asks(ClaimPublishPack(other, CLAIM)).items == ()
    spec.when(RequestPublishPack(pictures, (SQUARE,))).then_refused(UnderAge)


def test_a_withdrawal_while_it_is_made_leaves_nothing(
    spec: StudioSpec, twin: UUID, pictures: tuple[UUID, UUID]
) -> None:
    pack = requested(spec, *pictures)
    granted = spec.asks(ClaimPublishPack(pack, CLAIM))
    spec.does(WithdrawConsent(twin))
    assert spec.does(report_on(granted)) == ReportTaken()
    assert pack not in kept(spec)
    [failed] = spec.events(PublishPacks.Failed)
    assert failed.reason is PackFailure.ITEMS_GONE
    assert failed.places == tuple(f"packs/{asset}/{pack}/" for asset in pictures)


def test_a_screener_that_could_make_nothing_gives_up(
    spec: StudioSpec, pictures: tuple[UUID, UUID]
) -> None:
    pack = requested(spec, *pictures)
    assert spec.does(RecordPublishPack(pack, CLAIM, ())) == ReportTaken()
    [failed] = spec.events(PublishPacks.Failed)
    assert failed.reason is PackFailure.NOT_MADE


def test_files_that_nobody_asked_for_are_not_taken(
    spec: StudioSpec, pictures: tuple[UUID, UUID]
) -> None:
    first, _ = pictures
    pack = requested(spec, first)
    alien = WrittenPackFile(first, STORY, "ab" * 32, 9, "image/jpeg", 1080, 1920)
    assert spec.does(RecordPublishPack(pack, CLAIM, (alien,))) == ReportLate()
    twice = WrittenPackFile(first, SQUARE, "ab" * 32, 9, "image/jpeg", 1080, 1080)
    assert spec.does(RecordPublishPack(pack, CLAIM, (twice, twice))) == ReportLate()
    page = replace(twice, media_type="text/html")
    assert spec.does(RecordPublishPack(pack, CLAIM, (page,))) == ReportLate()
    assert not kept(spec)[pack].is_made


def test_a_pack_ends(spec: StudioSpec, pictures: tuple[UUID, UUID]) -> None:
    late, pack = requested(spec, pictures[0]), requested(spec, pictures[0])
    spec.when(ExpirePublishPack(late)).then_refused(AlreadyDecided)
    spec.when(GiveUpPublishPack(late)).then("publish-packs.failed")
    made(spec, pack)
    spec.when(GiveUpPublishPack(pack)).then_refused(StaleResult)
    spec.when(ExpirePublishPack(pack)).then("publish-packs.expired")
    spec.when(ExpirePublishPack(pack)).then_refused(NotFound)
