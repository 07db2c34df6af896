"""Photos on their way in, and what things cost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from commands.gallery.keep_asset import KeepAsset
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.unset_favourite import UnsetFavourite
from commands.jobs.late import ReportLate, ReportTaken
from commands.quote import QuoteImages, QuoteTraining
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.twin.claim_photo_set import ClaimPhotoSet, PhotoSetGranted
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile, PlanPhotoUploads
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.kernel.identity import SYSTEM, asset_id
from domain.kernel.personal_text import PersonalText
from domain.kernel.refusal import Refusal
from domain.photo_set import PHOTO_SIZE_MAX_BYTES, PhotoFlaw, PhotoVerdict, SetFlaw
from domain.price_list import DEFAULT_ENTRIES, PriceEntry
from domain.refusals import (
    AssetNotAvailable,
    AssuranceTooLow,
    BiometricReleaseMissing,
    ConsentMissing,
    ConsentTextChanged,
    EngineUnavailable,
    NotFound,
    NotVerified,
    PhotoCountOutOfRange,
    PhotosNotAccepted,
    PhotoUploadInvalid,
    PriceListOutdated,
    UnknownStyle,
    UnsupportedMediaType,
    UploadTooLarge,
    VersionNotNext,
)
from domain.twin import Twin
from tests.commands import journey
from tests.commands.studio_spec import ADA, MONDAY, StudioSpec

A_PHOTO = PhotoFile("image/jpeg", 2_000_000, journey.SHA256)


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, with consent and without photos."""
    journey.verified(spec)
    return journey.twin_with_consent(spec)


def test_a_late_verdict_deletes_nothing_that_an_adapter_is_checked_against(
    spec: StudioSpec,
) -> None:
    twin = journey.trained_twin(spec)
    [first] = spec.events(Twin.PhotosSubmitted)
    journey.photos_accepted(spec, twin)
    late = RecordPhotoVerdicts(twin, first.submission_id, (), (), "pocket-analyser")
    spec.when(late).then()
    assert isinstance(spec.result, ReportLate)


def test_the_release_is_signed_before_the_consent(spec: StudioSpec) -> None:
    journey.verified(spec)
    twin = spec.does(CreateTwin(PersonalText("Ada at work"))).twin_id
    consent = GrantConsent(twin, CONSENT.sha256, journey.EVERYTHING)
    spec.when(consent).then_refused(BiometricReleaseMissing)
    spec.given(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256))
    spec.when(consent).then("twin.consent-granted")


def test_consent_to_another_text_is_refused(spec: StudioSpec) -> None:
    journey.verified(spec)
    twin = spec.does(CreateTwin(PersonalText("Ada at work"))).twin_id
    spec.when(SignBiometricRelease(twin, "00" * 32)).then_refused(
        ConsentTextChanged, expected_sha256=BIOMETRIC_RELEASE.sha256
    )
    spec.given(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256))
    spec.when(GrantConsent(twin, "00" * 32, journey.EVERYTHING)).then_refused(
        ConsentTextChanged, expected_sha256=CONSENT.sha256
    )


def test_nobody_unverified_consents(spec: StudioSpec) -> None:
    journey.registered(spec)
    twin = spec.does(CreateTwin(PersonalText("Ada at work"))).twin_id
    spec.given(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256))
    spec.when(GrantConsent(twin, CONSENT.sha256, journey.EVERYTHING)).then_refused(NotVerified)


def test_no_place_is_named_for_photos_without_consent(spec: StudioSpec) -> None:
    journey.verified(spec)
    twin = spec.does(CreateTwin(PersonalText("Ada at work"))).twin_id
    plan = PlanPhotoUploads(twin, (A_PHOTO,))
    spec.when(plan).then_refused(BiometricReleaseMissing)
    spec.given(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256))
    spec.when(plan).then_refused(ConsentMissing)


def test_each_planned_photo_has_a_place_under_its_owner(spec: StudioSpec, twin: UUID) -> None:
    spec.when(PlanPhotoUploads(twin, journey.photo_files(12))).then("twin.uploads-planned")
    planned = spec.result
    assert [upload.object_key for upload in planned.uploads] == [
        f"uploads/{ADA}/{twin}/1/{planned.submission_id}/{upload.photo_id}"
        for upload in planned.uploads
    ]
    assert len({upload.photo_id for upload in planned.uploads}) == 12


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (msgspec.structs.replace(A_PHOTO, media_type="text/plain"), UnsupportedMediaType),
        (msgspec.structs.replace(A_PHOTO, media_type="image/gif"), UnsupportedMediaType),
        (msgspec.structs.replace(A_PHOTO, size_bytes=PHOTO_SIZE_MAX_BYTES + 1), UploadTooLarge),
        (msgspec.structs.replace(A_PHOTO, size_bytes=0), PhotoUploadInvalid),
        (msgspec.structs.replace(A_PHOTO, sha256="5E" * 32), PhotoUploadInvalid),
        (msgspec.structs.replace(A_PHOTO, sha256="5e" * 31), PhotoUploadInvalid),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(
    spec: StudioSpec, twin: UUID, file: PhotoFile, refusal: type[Refusal]
) -> None:
    spec.when(PlanPhotoUploads(twin, (A_PHOTO, file))).then_refused(refusal)


@pytest.mark.parametrize("count", [0, 21])
def test_a_plan_for_too_few_or_too_many_photos_is_refused(
    spec: StudioSpec, twin: UUID, count: int
) -> None:
    plan = PlanPhotoUploads(twin, journey.photo_files(count))
    spec.when(plan).then_refused(PhotoCountOutOfRange, given=count)


@pytest.mark.parametrize("count", [0, 9, 21])
def test_a_set_of_too_few_or_too_many_photos_is_refused(
    spec: StudioSpec, twin: UUID, count: int
) -> None:
    photos = tuple(UUID(int=number) for number in range(count))
    spec.when(SubmitPhotos(twin, UUID(int=1), "pocket", photos)).then_refused(
        PhotoCountOutOfRange, given=count
    )


def test_a_photo_counts_once(spec: StudioSpec, twin: UUID) -> None:
    photos = (UUID(int=3),) * 10
    spec.when(SubmitPhotos(twin, UUID(int=1), "pocket", photos)).then_refused(
        PhotoCountOutOfRange, given=1
    )


def test_the_sandbox_opens_no_photorealistic_engine(spec: StudioSpec, twin: UUID) -> None:
    photos = tuple(UUID(int=number) for number in range(12))
    spec.when(SubmitPhotos(twin, UUID(int=1), "stable-diffusion-1.5", photos)).then_refused(
        AssuranceTooLow
    )


def test_the_photo_gate_is_told_where_to_read_and_write(spec: StudioSpec, twin: UUID) -> None:
    submitted = journey.photos_submitted(spec, twin)
    grant = spec.asks(ClaimPhotoSet(twin, submitted.submission_id))
    assert isinstance(grant, PhotoSetGranted)
    assert [photo.clean_key for photo in grant.photos] == [
        f"photos/{twin}/1/{submitted.submission_id}/{photo}.png" for photo in submitted.photo_ids
    ]
    assert grant.template_key == f"templates/{twin}/1/{submitted.submission_id}.json"


@pytest.mark.parametrize(
    "flaw", [{"verdicts": ()}, {"set_flaws": (SetFlaw.NOT_ONE_PERSON,)}, {"one": PhotoFlaw.BLURRED}]
)
def test_one_flaw_rejects_the_set(spec: StudioSpec, twin: UUID, flaw: dict[str, Any]) -> None:
    submitted = journey.photos_submitted(spec, twin)
    verdicts = journey.good_verdicts(submitted)
    if "one" in flaw:
        first, *rest = verdicts.verdicts
        flaw = {"verdicts": (PhotoVerdict(first.photo_id, (flaw["one"],)), *rest)}
    spec.when(replace(verdicts, **flaw)).then("twin.photos-rejected")
    spec.when(journey.training_of(twin)).then_refused(PhotosNotAccepted)


def test_a_verdict_that_comes_twice_keeps_the_set(spec: StudioSpec, twin: UUID) -> None:
    submitted = journey.photos_accepted(spec, twin)
    spec.when(journey.good_verdicts(submitted)).then()
    assert isinstance(spec.result, ReportTaken)
    accepted = spec.load(Twin, twin).accepted
    assert accepted.submission_id == submitted.submission_id


def test_a_quote_is_what_is_charged(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    quoted = spec.asks(QuoteTraining("pocket", twin_id=twin))
    assert spec.does(journey.training_of(twin)).quoted_millicredits == quoted.millicredits
    pictures = spec.asks(QuoteImages("pocket", count=2))
    assert spec.does(journey.A_LIGHTHOUSE).quoted_millicredits == pictures.millicredits


def test_a_quote_saves_nothing(spec: StudioSpec) -> None:
    rows = spec.store.rows()
    spec.asks(QuoteImages("pocket", count=8, num_inference_steps=50))
    assert spec.store.rows() == rows


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        (QuoteImages("pocket", count=1, style="baroque"), UnknownStyle),
        (QuoteImages("stable-diffusion-xl", count=1), EngineUnavailable),
        (QuoteTraining("pocket", photo_count=9), PhotoCountOutOfRange),
        (QuoteTraining("pocket", twin_id=UUID(int=1)), NotFound),
    ],
)
def test_what_cannot_be_done_is_not_quoted(
    spec: StudioSpec, question: Any, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        spec.asks(question)


def test_an_old_quote_holds_until_its_day(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.does(
        PublishPriceList(
            version=2, accepted_until=MONDAY + timedelta(days=1), entries=_twice_as_dear()
        ),
        owner=SYSTEM,
    )
    spec.when(journey.A_LIGHTHOUSE).then(
        "person.generation-authorised", "wallet.reserved", "job.requested"
    )
    assert spec.result.quoted_millicredits == 200
    assert spec.asks(QuoteImages("pocket", count=2)).millicredits == 400
    spec.clock.pass_by(days=2)
    spec.when(journey.A_LIGHTHOUSE).then_refused(PriceListOutdated, current=2)


def _twice_as_dear() -> tuple[PriceEntry, ...]:
    return tuple(
        msgspec.structs.replace(entry, unit=entry.unit * 2, step=entry.step * 2)
        for entry in DEFAULT_ENTRIES
    )


@pytest.mark.parametrize(
    "command",
    [
        PublishPriceList(version=2, accepted_until=MONDAY),
        PublishPolicy(version=2, approvers=()),
    ],
)
def test_nobody_but_the_system_publishes(spec: StudioSpec, command: Any) -> None:
    spec.when(command).then_refused(NotFound)


@pytest.mark.parametrize(
    "command",
    [
        PublishPriceList(version=3, accepted_until=MONDAY),
        PublishPolicy(version=1, approvers=()),
    ],
)
def test_versions_are_published_in_order(spec: StudioSpec, command: Any) -> None:
    spec.when(command, owner=SYSTEM).then_refused(VersionNotNext, expected=2)


def test_a_picture_is_marked_kept_and_purged_by_its_owner(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    picture = asset_id(job, 0)
    spec.when(SetFavourite(picture)).then("asset.favourited")
    spec.when(SetFavourite(picture)).then()
    spec.when(UnsetFavourite(picture)).then("asset.unfavourited")
    spec.when(KeepAsset(picture)).then()
    spec.when(PurgeAsset(picture)).then("asset.purge-requested")
    spec.when(SetFavourite(picture)).then_refused(AssetNotAvailable)
