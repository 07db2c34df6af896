"""Photos of one's own: uploaded, judged, begun with, deleted."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from commands.gallery.unneeded_bytes import UnneededOfTwin
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.fail_job import FailJob
from commands.jobs.grants.drawn import ImagesGrant
from commands.jobs.late import ReportLate, ReportTaken
from commands.jobs.retry_job import RetryJob
from commands.jobs.work_waits import SourcePhotoWaits
from commands.quote import QuoteImages
from commands.source_photos.claim_source_photo import ClaimSourcePhoto, SourcePhotoGranted
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from commands.source_photos.plan_source_photo import PlanSourcePhoto
from commands.source_photos.read_source_plan import ReadSourcePlan
from commands.source_photos.record_source_photo import (
    RecordSourcePhoto,
    WrittenCopy,
    source_photo_key,
)
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_consent import WithdrawConsent
from domain.checks import CheckVerdict
from domain.consent_text import CONSENT, ConsentScope
from domain.job import Job
from domain.job_input import InputRole, input_of
from domain.job_state import JobFailure, JobState
from domain.kernel.identity import source_photos_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.refusals import (
    NotFound,
    SourcePhotoNotReady,
    SourceRatioDiffers,
    SourceShowsAnotherTwin,
    TwinNotTrained,
    TwoSources,
    UnsupportedMediaType,
    UploadsNotPlanned,
    UploadTooLarge,
)
from domain.settings import ImageSettings
from domain.source_photo import SourceFlaw
from domain.source_photos import SourcePhotos
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE, A_NOD
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, StudioSpec
from tests.domain.people import named
from tests.domain.photos_to_begin_with import passed

FILE = PhotoFile("image/jpeg", 2_000_000, "5e" * 32)
CLAIM = named("the screener's claim")
SQUARE = WrittenCopy("ab" * 32, 300_000, 768, 768)


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, trained."""
    return journey.trained_twin(spec)


def submitted(spec: StudioSpec, twin: UUID) -> UUID:
    """A photo that waits to be judged."""
    planned = spec.does(PlanSourcePhoto(twin, "pocket", FILE))
    spec.does(SubmitSourcePhoto(planned.photo_id))
    photo: UUID = planned.photo_id
    return photo


def judged(
    spec: StudioSpec,
    photo: UUID,
    checks: tuple[CheckVerdict, ...] = (),
    *,
    copy: WrittenCopy | None = SQUARE,
    claim: UUID = CLAIM,
) -> Any:
    """What became of the report of a screener."""
    command = RecordSourcePhoto(photo, claim, None, checks or passed(), copy)
    return spec.does(command, key=source_photo_key(photo, claim))


def accepted(spec: StudioSpec, twin: UUID, copy: WrittenCopy = SQUARE) -> UUID:
    """A photo that something may begin with."""
    photo = submitted(spec, twin)
    assert judged(spec, photo, copy=copy) == ReportTaken()
    return photo


def begun_with(photo: UUID, **wishes: Any) -> Any:
    """A keeper in oilskin, drawn over a photo."""
    keeper = PersonalText("a lighthouse keeper in fog")
    return replace(A_LIGHTHOUSE, prompt=keeper, source_photo_id=photo, count=1, **wishes)


def kept(spec: StudioSpec) -> dict[UUID, Any]:
    photos: SourcePhotos = spec.load(SourcePhotos, source_photos_id(ADA))
    return photos.kept


def available(spec: StudioSpec) -> int:
    wallet: Wallet = spec.load(Wallet, wallet_id(ADA))
    return wallet.available


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (PhotoFile("image/gif", 20_000, "5e" * 32), UnsupportedMediaType),
        (PhotoFile("image/png", 13_000_000, "5e" * 32), UploadTooLarge),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_before_it_is_sent(
    spec: StudioSpec, twin: UUID, file: PhotoFile, refusal: Any
) -> None:
    spec.when(PlanSourcePhoto(twin, "pocket", file)).then_refused(refusal)
    assert spec.refusal.path == ("file",)


def test_nobody_uploads_for_somebody_elses_twin(spec: StudioSpec, twin: UUID) -> None:
    journey.verified(spec, GRACE)
    spec.when(PlanSourcePhoto(twin, "pocket", FILE), owner=GRACE).then_refused(NotFound)


def test_a_twin_that_was_not_trained_has_no_face_to_compare_with(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    spec.when(PlanSourcePhoto(twin, "pocket", FILE)).then_refused(TwinNotTrained)


def test_a_planned_photo_may_be_uploaded_until_it_is_submitted(
    spec: StudioSpec, twin: UUID
) -> None:
    planned = spec.does(PlanSourcePhoto(twin, "pocket", FILE))
    spec.asks(ReadSourcePlan(planned.photo_id))
    spec.does(SubmitSourcePhoto(planned.photo_id))
    with pytest.raises(UploadsNotPlanned):
        spec.asks(ReadSourcePlan(planned.photo_id))


def test_forms_end_with_the_consent(spec: StudioSpec, twin: UUID) -> None:
    planned = spec.does(PlanSourcePhoto(twin, "pocket", FILE))
    spec.does(WithdrawConsent(twin))
    with pytest.raises(UploadsNotPlanned):
        spec.asks(ReadSourcePlan(planned.photo_id))


def test_the_screener_is_told_what_to_compare_and_where_to_write(
    spec: StudioSpec, twin: UUID
) -> None:
    photo = submitted(spec, twin)
    assert spec.asks(SourcePhotoWaits(photo)) is True
    granted = spec.asks(ClaimSourcePhoto(photo, CLAIM))
    assert isinstance(granted, SourcePhotoGranted)
    assert str(CLAIM) in granted.clean_key
    assert "identity" in granted.checks_of_twin
    assert "no_enrolled_match" in granted.checks_of_nobody
    assert "provenance" not in granted.checks_of_twin + granted.checks_of_nobody
    judged(spec, photo)
    assert spec.asks(SourcePhotoWaits(photo)) is False
    assert spec.asks(ClaimSourcePhoto(photo, CLAIM)) == ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    unknown = spec.asks(ClaimSourcePhoto(named("no photo"), CLAIM))
    assert unknown == ClaimDenied(ClaimDenial.UNKNOWN_JOB)


def test_a_claim_after_the_consent_ended_gets_nothing(spec: StudioSpec, twin: UUID) -> None:
    photo = submitted(spec, twin)
    spec.does(WithdrawConsent(twin))
    denied = spec.asks(ClaimSourcePhoto(photo, CLAIM))
    assert denied == ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    assert judged(spec, photo) == ReportLate()


def test_a_report_counts_once_and_a_late_one_for_nothing(spec: StudioSpec, twin: UUID) -> None:
    photo = submitted(spec, twin)
    spec.does(GiveUpSourcePhoto(photo))
    assert judged(spec, photo) == ReportLate()
    other = accepted(spec, twin)
    assert judged(spec, other, claim=named("a screener that stood still")) == ReportLate()
    assert kept(spec)[other].clean.object_key.endswith(f"/{CLAIM}.png")


def test_what_begins_with_a_photo_draws_its_twin_and_reads_its_copy(
    spec: StudioSpec, twin: UUID
) -> None:
    photo = accepted(spec, twin)
    job_id = spec.does(begun_with(photo)).job_id
    job: Job = spec.load(Job, job_id)
    source = input_of(job.inputs, InputRole.SOURCE)
    assert source is not None
    assert (job.twin_id, source.upload_id, source.asset_id) == (twin, photo, None)
    assert source.object_key == kept(spec)[photo].clean.object_key
    claim = journey.claim_of(job_id)
    work = spec.does(claim).work
    assert isinstance(work, ImagesGrant)
    assert work.source is not None
    assert work.source.sha256 == SQUARE.sha256
    spec.does(journey.rendering_of(spec, claim))
    granted = spec.asks(ClaimScreening(job_id, 1, CLAIM))
    [output] = granted.outputs
    # The files say that it was made from a photo, and not from which.
    assert (output.from_own_photo, output.source_id) == (True, None)


def test_a_clip_begins_with_a_photo_too(spec: StudioSpec, twin: UUID) -> None:
    photo = accepted(spec, twin)
    job: Job = spec.load(Job, spec.does(replace(A_NOD, source_photo_id=photo)).job_id)
    assert (job.twin_id, input_of(job.inputs, InputRole.SOURCE).upload_id) == (twin, photo)  # type: ignore[union-attr]


def test_what_cannot_be_begun_with_is_refused_and_free(spec: StudioSpec, twin: UUID) -> None:
    before = available(spec)
    waiting = submitted(spec, twin)
    spec.when(begun_with(waiting)).then_refused(SourcePhotoNotReady)
    spec.when(begun_with(named("no photo"))).then_refused(NotFound)
    slim = accepted(spec, twin, replace(SQUARE, width=683, height=1024))
    spec.when(begun_with(slim)).then_refused(SourceRatioDiffers, width=683, height=1024)
    photo = accepted(spec, twin)
    spec.when(begun_with(photo, source_asset_id=named("a picture"))).then_refused(TwoSources)
    other = journey.twin_with_consent(spec)
    spec.when(begun_with(photo, twin_id=other)).then_refused(SourceShowsAnotherTwin)
    with pytest.raises(SourceRatioDiffers):
        spec.asks(QuoteImages(engine="pocket", count=1, source_photo_id=slim))
    assert available(spec) == before


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(768, 1024, "3:4"), (1024, 768, "4:3"), (1024, 576, "16:9"), (1023, 1024, "1:1")],
)
def test_what_a_camera_takes_has_a_shape_that_is_drawn(
    spec: StudioSpec, twin: UUID, width: int, height: int, ratio: str
) -> None:
    """The engine's own 3:4 is 224 by 288 pixels."""
    photo = accepted(spec, twin, replace(SQUARE, width=width, height=height))
    job: Job = spec.load(Job, spec.does(begun_with(photo)).job_id)
    assert isinstance(job.settings, ImageSettings)
    assert job.settings.aspect_ratio == ratio
    spec.does(replace(A_NOD, source_photo_id=photo, aspect_ratio=ratio))


def test_nobody_begins_with_somebody_elses_photo(spec: StudioSpec, twin: UUID) -> None:
    photo = accepted(spec, twin)
    journey.trained_twin(spec, GRACE)
    spec.when(begun_with(photo), owner=GRACE).then_refused(NotFound)
    spec.when(DeleteSourcePhoto(photo), owner=GRACE).then_refused(NotFound)
    spec.when(SubmitSourcePhoto(photo), owner=GRACE).then_refused(NotFound)


def test_a_deleted_photo_ends_the_jobs_that_were_to_read_it(spec: StudioSpec, twin: UUID) -> None:
    before = available(spec)
    photo = accepted(spec, twin)
    waiting = spec.does(begun_with(photo)).job_id
    spec.does(DeleteSourcePhoto(photo))
    react(spec)
    assert spec.load(Job, waiting).state is JobState.FAILED
    [failed] = spec.events(Job.Failed)
    assert failed.reason is JobFailure.SOURCE_GONE
    assert available(spec) == before


def test_what_was_rendered_by_then_is_delivered(spec: StudioSpec, twin: UUID) -> None:
    photo = accepted(spec, twin)
    job_id = spec.does(begun_with(photo)).job_id
    journey.rendered(spec, job_id)
    spec.does(DeleteSourcePhoto(photo))
    react(spec)
    assert spec.load(Job, job_id).state is JobState.RENDERED


def test_a_claim_finds_out_where_nobody_told_its_job(spec: StudioSpec, twin: UUID) -> None:
    photo = accepted(spec, twin)
    job_id = spec.does(begun_with(photo)).job_id
    spec.does(DeleteSourcePhoto(photo))
    assert spec.does(journey.claim_of(job_id)) == ClaimDenied(ClaimDenial.JOB_ENDED)
    [failed] = spec.events(Job.Failed)
    assert failed.reason is JobFailure.SOURCE_GONE


def test_a_retry_begins_with_the_same_photo(spec: StudioSpec, twin: UUID) -> None:
    photo = accepted(spec, twin)
    job_id = spec.does(begun_with(photo)).job_id
    spec.does(FailJob(job_id, JobFailure.DEADLINE_PASSED))
    again = spec.does(RetryJob(job_id, price_version=1, session_jurisdiction="XX")).job_id
    source = input_of(spec.load(Job, again).inputs, InputRole.SOURCE)
    assert source is not None
    assert source.upload_id == photo
    spec.does(FailJob(again, JobFailure.DEADLINE_PASSED))
    spec.does(DeleteSourcePhoto(photo))
    spec.when(RetryJob(again, price_version=1, session_jurisdiction="XX")).then_refused(NotFound)


def test_a_withdrawal_takes_photos_and_jobs_and_a_new_consent_does_not_bring_them_back(
    spec: StudioSpec, twin: UUID
) -> None:
    photo = accepted(spec, twin)
    job_id = spec.does(begun_with(photo)).job_id
    spec.does(WithdrawConsent(twin))
    spec.when(begun_with(photo)).then_refused(SourcePhotoNotReady)
    react(spec)
    assert photo not in kept(spec)
    assert spec.load(Job, job_id).state is JobState.CANCELLED
    scope = (ConsentScope.TRAINING, ConsentScope.PICTURES)
    spec.does(GrantConsent(twin, CONSENT.sha256, scope))
    spec.when(begun_with(photo)).then_refused(NotFound)


DRAWN = (ConsentScope.PICTURES, ConsentScope.CLIPS)


def test_without_a_scope_that_anything_is_drawn_by_photos_go_like_after_a_withdrawal(
    spec: StudioSpec, twin: UUID
) -> None:
    """Training alone is no reason to keep them, nor to look for a face in one that waits."""
    photo, waiting = accepted(spec, twin), submitted(spec, twin)
    planned = spec.does(PlanSourcePhoto(twin, "pocket", FILE)).photo_id
    clean = kept(spec)[photo].clean.object_key
    spec.does(TakeBackConsentScopes(twin, DRAWN[:1]))
    react(spec)
    assert {photo, waiting, planned} <= kept(spec).keys()
    spec.does(TakeBackConsentScopes(twin, DRAWN[1:]))
    spec.when(begun_with(photo)).then_refused(SourcePhotoNotReady)
    denied = spec.asks(ClaimSourcePhoto(waiting, CLAIM))
    assert denied == ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    assert judged(spec, waiting) == ReportLate()
    with pytest.raises(UploadsNotPlanned):
        spec.asks(ReadSourcePlan(planned))
    assert spec.asks(UnneededOfTwin(twin, (clean,))) == (clean,)
    react(spec)
    assert not kept(spec)


def test_a_sweep_keeps_what_is_there_and_takes_what_is_not(spec: StudioSpec, twin: UUID) -> None:
    photo = accepted(spec, twin)
    clean = kept(spec)[photo].clean.object_key
    stray = clean.replace(str(CLAIM), str(named("a screener that stood still")))
    waiting = submitted(spec, twin)
    uploaded = kept(spec)[waiting].places.upload
    asked = UnneededOfTwin(twin, (clean, stray, uploaded))
    assert spec.asks(asked) == (stray,)
    spec.does(DeleteSourcePhoto(photo))
    assert spec.asks(asked) == (clean, stray)


def test_a_key_that_nobody_remembers_plans_another_photo(spec: StudioSpec, twin: UUID) -> None:
    """Rows tell of a photo that was refused for longer than commands are kept."""
    key, command = spec.fresh_key(), PlanSourcePhoto(twin, "pocket", FILE)
    first = spec.does(command, key=key).photo_id
    assert spec.does(command, key=key).photo_id == first
    spec.does(SubmitSourcePhoto(first))
    judged(spec, first, passed(identity=False))
    spec.store.forget_commands()
    assert spec.does(command, key=key).photo_id != first


def test_flaws_are_told(spec: StudioSpec, twin: UUID) -> None:
    photo = submitted(spec, twin)
    judged(spec, photo, passed(identity=False))
    [refused] = spec.events(SourcePhotos.Refused)
    assert refused.flaws == (SourceFlaw.ANOTHER_PERSON,)
    assert photo not in kept(spec)
