"""Ada's way through the studio. Each step does what its name says, and no more."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from commands.account.record_verification import RecordVerification
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.record_claim import ClaimGranted, RecordClaim
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import RecordScreening, ScreenedItem, WrittenFile
from commands.jobs.request_images import RequestImages
from commands.jobs.request_video import RequestVideo
from commands.jobs.start_twin_training import StartTwinTraining
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile, PlanPhotoUploads
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from domain.checks import Check, CheckVerdict
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.job import Job
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile, AttemptFailure, JobOutput
from domain.kernel.personal_text import PersonalText
from domain.photo_set import PhotoVerdict
from domain.rendition import RenditionRole
from tests.commands.studio_spec import ADA, StudioSpec

EVERYTHING = (ConsentScope.TRAINING, ConsentScope.PICTURES, ConsentScope.CLIPS)
SHA256 = "5e" * 32
WORKER = "gpu-1"
ELSEWHERE = "gallery/grace/hers.png"
ADAPTER_PASSED = (CheckVerdict("adapter_file", passed=True, model="safetensors"),)

PASSED = tuple(
    CheckVerdict(check, passed=True, model="pocket-analyser", score=score)
    for check, score in (
        (Check.KNOWN_HASH, 60.0),
        (Check.FACE_COUNT, 1.0),
        (Check.IDENTITY, 0.93),
        (Check.IN_WORLD, 0.1),
        (Check.MINOR_VETO, None),
        (Check.PROVENANCE, None),
    )
)

PASSED_WITHOUT_TWIN = tuple(
    msgspec.structs.replace(one, check=Check.NO_ENROLLED_MATCH)
    if one.check == Check.IDENTITY
    else one
    for one in PASSED
)

A_LIGHTHOUSE = RequestImages(
    engine="pocket",
    prompt=PersonalText("a lighthouse in fog"),
    count=2,
    price_version=1,
    session_jurisdiction="XX",
)

A_NOD = RequestVideo(
    engine="pocket",
    prompt=PersonalText("a lighthouse keeper in fog"),
    count=2,
    price_version=1,
    session_jurisdiction="XX",
    duration_s=4,
    motion="nod",
)


def registered(spec: StudioSpec, owner: UUID = ADA) -> None:
    """Signed up, and no more."""
    spec.does(RegisterPerson(), owner=owner)


def verified(spec: StudioSpec, owner: UUID = ADA) -> None:
    """Signed up, and an adult for certain."""
    registered(spec, owner)
    started = spec.does(StartVerification(provider="sandbox"), owner=owner)
    spec.does(approval(spec, started.verification_id), owner=owner)


def approval(spec: StudioSpec, verification_id: UUID) -> RecordVerification:
    """The sandbox says: an adult, for a year."""
    return RecordVerification(
        verification_id=verification_id,
        outcome="approved",
        adult=True,
        country="XX",
        document_digest=SHA256,
        valid_until=spec.clock() + timedelta(days=365),
    )


def rich(spec: StudioSpec, owner: UUID = ADA, package: str = "starter") -> None:
    """Has paid for one package of credits."""
    bought = spec.does(BuyCredits(package=package, provider="sandbox"), owner=owner)
    spec.does(payment_of(bought), owner=owner)


def payment_of(bought: Any) -> ConfirmPayment:
    """The whole price was paid."""
    return ConfirmPayment(
        purchase_id=bought.purchase_id,
        payment_reference=f"payment of {bought.purchase_id}",
        amount_minor_units=bought.price_minor_units,
        currency=bought.currency,
    )


def twin_with_consent(
    spec: StudioSpec, owner: UUID = ADA, scope: tuple[ConsentScope, ...] = EVERYTHING
) -> UUID:
    """A twin whose owner signed the release and consented."""
    twin: UUID = spec.does(CreateTwin(name=PersonalText("Ada at work")), owner=owner).twin_id
    spec.does(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256), owner=owner)
    spec.does(GrantConsent(twin, CONSENT.sha256, scope), owner=owner)
    return twin


def photo_files(count: int) -> tuple[PhotoFile, ...]:
    """That many small PNGs."""
    return tuple(PhotoFile("image/png", 20_000, SHA256) for _ in range(count))


def photos_submitted(spec: StudioSpec, twin: UUID, owner: UUID = ADA) -> SubmitPhotos:
    """Twelve photos were handed in and wait for the gate."""
    planned = spec.does(PlanPhotoUploads(twin, photo_files(12)), owner=owner)
    photos = tuple(upload.photo_id for upload in planned.uploads)
    submitted = SubmitPhotos(twin, planned.submission_id, "pocket", photos)
    spec.does(submitted, owner=owner)
    return submitted


def good_verdicts(submitted: SubmitPhotos) -> RecordPhotoVerdicts:
    """Nothing is wrong with any photo."""
    return RecordPhotoVerdicts(
        twin_id=submitted.twin_id,
        submission_id=submitted.submission_id,
        verdicts=tuple(PhotoVerdict(photo) for photo in submitted.photo_ids),
        set_flaws=(),
        analyser="pocket-analyser",
    )


def photos_accepted(spec: StudioSpec, twin: UUID, owner: UUID = ADA) -> SubmitPhotos:
    """Twelve photos passed the gate."""
    submitted = photos_submitted(spec, twin, owner)
    spec.does(good_verdicts(submitted), owner=owner)
    return submitted


def twin_ready_to_train(spec: StudioSpec, owner: UUID = ADA) -> UUID:
    """A verified owner with credits, and a twin with accepted photos."""
    verified(spec, owner)
    rich(spec, owner)
    twin = twin_with_consent(spec, owner)
    photos_accepted(spec, twin, owner)
    return twin


def training_of(twin: UUID) -> StartTwinTraining:
    """Train it on the pocket engine, in the sandbox."""
    return StartTwinTraining(twin, "pocket", price_version=1, session_jurisdiction="XX")


def trained_twin(spec: StudioSpec, owner: UUID = ADA) -> UUID:
    """A twin that has its adapter."""
    twin = twin_ready_to_train(spec, owner)
    job: UUID = spec.does(training_of(twin), owner=owner).job_id
    finished(spec, job, owner)
    return twin


def pictures_of(twin: UUID, count: int = 2) -> RequestImages:
    """Pictures of the twin at the lighthouse."""
    return replace(A_LIGHTHOUSE, twin_id=twin, count=count)


def claim_of(job: UUID, attempt: int = 1, name: str = "first") -> RecordClaim:
    """A worker's claim; another `name` is another claim."""
    return RecordClaim(job, attempt, uuid5(job, f"claim {attempt} {name}"), WORKER)


def claimed(spec: StudioSpec, job: UUID, owner: UUID = ADA, attempt: int = 1) -> RecordClaim:
    """A worker runs this attempt."""
    claim = claim_of(job, attempt)
    assert isinstance(spec.does(claim, owner=owner), ClaimGranted)
    return claim


def rendering_of(spec: StudioSpec, claim: RecordClaim, owner: UUID = ADA) -> RecordRendered:
    """Everything that was asked for, in quarantine."""
    job = spec.load(Job, claim.job_id, owner=owner)
    kind = job_kind(job.kind)
    length = kind.clip_length(job.settings)
    outputs = tuple(
        JobOutput(
            item.item,
            ELSEWHERE,
            SHA256,
            9_000,
            512,
            512,
            kind.raw.media_type,
            item.seed,
            frames=None if length is None else length.frames,
        )
        for item in job.items
    )
    adapter = AdapterFile(ELSEWHERE, SHA256, 400_000, 16, 120, 0.91)
    return RecordRendered(
        job_id=claim.job_id,
        attempt=claim.attempt,
        claim_id=claim.claim_id,
        outputs=outputs,
        adapter=adapter if job.submission_id else None,
    )


def rendered(spec: StudioSpec, job: UUID, owner: UUID = ADA, attempt: int = 1) -> RecordClaim:
    """The attempt's work waits for the screener."""
    claim = claimed(spec, job, owner, attempt)
    spec.does(rendering_of(spec, claim, owner), owner=owner)
    return claim


def failure_of(claim: RecordClaim) -> RecordAttemptFailed:
    """The worker was lost."""
    reason = AttemptFailure.WORKER_LOST
    return RecordAttemptFailed(claim.job_id, claim.attempt, claim.claim_id, reason)


def screening_of(
    spec: StudioSpec, job: UUID, owner: UUID = ADA, name: str = "first"
) -> RecordScreening:
    """Every check of every output has passed."""
    loaded = spec.load(Job, job, owner=owner)
    return RecordScreening(
        job_id=job,
        attempt=loaded.attempt,
        claim_id=uuid5(job, f"screening {name}"),
        outputs=tuple(ScreenedItem(item.item, PASSED, SHA256, 9_500) for item in loaded.items),
        adapter_checks=ADAPTER_PASSED if loaded.submission_id else (),
    )


def clip_files(duration_ms: int = 4_000) -> tuple[WrittenFile, ...]:
    """All that is made of a clip of this length."""
    of = {
        RenditionRole.MASTER: ("video/mp4", duration_ms),
        RenditionRole.PREVIEW: ("image/webp", duration_ms),
        RenditionRole.GIF: ("image/gif", duration_ms),
        RenditionRole.POSTER: ("image/png", None),
    }
    return tuple(
        WrittenFile(role, SHA256, 310_000, media_type, 512, 512, length_ms)
        for role, (media_type, length_ms) in of.items()
    )


def clips_screened(
    spec: StudioSpec, job: UUID, *lengths_ms: int, owner: UUID = ADA
) -> RecordScreening:
    """Every check of every clip has passed; each was left this long."""
    report = screening_of(spec, job, owner)
    found = spec.load(Job, job, owner=owner)
    checks = PASSED if found.twin_id else PASSED_WITHOUT_TWIN
    return replace(
        report,
        outputs=tuple(
            ScreenedItem(
                item.item,
                checks,
                SHA256,
                310_000,
                clip_files(length_ms),
                (0.93, 0.9, 0.88) if found.twin_id else (),
            )
            for item, length_ms in zip(found.items, lengths_ms, strict=True)
        ),
    )


def finished(spec: StudioSpec, job: UUID, owner: UUID = ADA) -> Any:
    """Rendered, screened, and everything released."""
    rendered(spec, job, owner)
    return spec.does(screening_of(spec, job, owner), owner=owner)
