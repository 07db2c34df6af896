"""Ada and Grace, their twins, wallets and jobs: the test data of the domain, with faces."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from domain.asked_settings import AskedClips
from domain.checks import Check, CheckVerdict
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.engines import engine
from domain.job import Job
from domain.job_input import InputRole, JobInput
from domain.job_kind import JobKind
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile, JobItem, JobOutput
from domain.kernel.identity import SYSTEM, asset_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.person import Person, VerificationDecision, VerificationOutcome
from domain.photo_set import PhotoVerdict
from domain.price_list import (
    DEFAULT_ENTRIES,
    DEFAULT_PACKAGES,
    Package,
    cancel_share_thousandths,
    price,
)
from domain.rating import Rating
from domain.rendition import THUMBNAIL_SIDES_MAX, Rendition, RenditionRole
from domain.settings import ImageSettings, resolve_images, resolve_training
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from domain.video_settings import resolve_video
from domain.wallet import Wallet

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
NEXT_YEAR = MONDAY + timedelta(days=365)

POCKET = engine("pocket")
PHOTOREALISTIC = engine("stable-diffusion-1.5")
STARTER = DEFAULT_PACKAGES[0]
SANDBOX = "sandbox"
POLICY_VERSION = 1


def named(name: str) -> UUID:
    """The id that stands for `name` in every test."""
    return uuid5(SYSTEM, name)


ADA = named("Ada")
GRACE = named("Grace")
ADAS_TWIN = named("Ada's twin")
LIGHTHOUSE_JOB = named("a lighthouse in fog")
NODDING_JOB = named("Ada nods in fog")
TRAINING_JOB = named("Ada's training")
CLAIM = named("the first worker's claim")
OTHER_CLAIM = named("another worker's claim")
SUBMISSION = named("twelve photos of Ada")
VERIFICATION = named("Ada's verification")
TWELVE_PHOTOS = tuple(named(f"photo {number} of Ada") for number in range(12))

ADULT_WITH_PASSPORT = VerificationDecision(
    VerificationOutcome.APPROVED,
    adult=True,
    country="GB",
    document_digest="d1",
    valid_until=NEXT_YEAR,
)

ADAPTER = AdapterFile(
    object_key="adapters/ada.safetensors",
    sha256="ad" * 32,
    size_bytes=120_000,
    rank=16,
    step=120,
    similarity=0.75,
)


def newcomer(id: UUID = ADA) -> Person:
    """Somebody who just signed up."""
    return Person.register(id, at=MONDAY)


def verified(id: UUID = ADA) -> Person:
    """Somebody whom the sandbox verified until next year."""
    person = newcomer(id)
    person.start_verification(VERIFICATION, SANDBOX, at=MONDAY)
    person.record_decision(VERIFICATION, ADULT_WITH_PASSPORT, at=MONDAY)
    return person


def new_twin() -> Twin:
    """Ada's twin, of which nothing is known yet."""
    return Twin.create(ADAS_TWIN, owner_id=ADA, name=PersonalText("Ada in colour"), at=MONDAY)


def consented_twin() -> Twin:
    """Ada's twin with biometric release and consent to everything."""
    twin = new_twin()
    twin.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "en", at=MONDAY)
    twin.grant_consent(verified(), CONSENT.sha256, OFFERED_ANYWHERE, at=MONDAY)
    return twin


def planned_twin() -> Twin:
    """Ada's twin, for which twelve photos may be uploaded."""
    twin = consented_twin()
    plan(twin, SUBMISSION, TWELVE_PHOTOS)
    return twin


def plan(twin: Twin, submission: UUID, photos: tuple[UUID, ...], at: datetime = MONDAY) -> None:
    """Allow these photos of 20 kB each to be uploaded."""
    size_bytes = 20_000 * len(photos)
    twin.plan_uploads(submission, person=verified(), photo_ids=photos, size_bytes=size_bytes, at=at)


def submitted_twin() -> Twin:
    """Ada's twin with twelve photos that wait to be judged."""
    twin = planned_twin()
    twin.submit_photos(
        SUBMISSION, person=verified(), entry=POCKET, photo_ids=TWELVE_PHOTOS, at=MONDAY
    )
    return twin


def accepted_twin() -> Twin:
    """Ada's twin with twelve accepted photos."""
    twin = submitted_twin()
    good = [PhotoVerdict(photo) for photo in TWELVE_PHOTOS]
    twin.record_photo_verdicts(SUBMISSION, good, (), "pocket-analyser-1", at=MONDAY)
    return twin


def learning_twin() -> Twin:
    """Ada's twin while its training runs."""
    twin = accepted_twin()
    twin.authorise_training(
        TRAINING_JOB, person=verified(), entry=POCKET, policy_version=POLICY_VERSION, at=MONDAY
    )
    return twin


def trained_twin() -> Twin:
    """Ada's twin, ready to be drawn."""
    twin = learning_twin()
    twin.deliver_adapter(TRAINING_JOB, twin.epoch, ADAPTER, at=MONDAY)
    twin.end_job(TRAINING_JOB, at=MONDAY)
    return twin


def wallet_of(millicredits: int, owner_id: UUID = ADA) -> Wallet:
    """A wallet with so many purchased millicredits."""
    wallet = Wallet.open(wallet_id(owner_id), owner_id=owner_id, at=MONDAY)
    if millicredits:
        buy(wallet, "first purchase", millicredits)
    return wallet


def buy(wallet: Wallet, name: str, millicredits: int, at: datetime = MONDAY) -> None:
    """Start a purchase and have it paid."""
    wallet.start_purchase(named(name), Package(name, millicredits, 900, "EUR"), SANDBOX, at=at)
    wallet.confirm_purchase(named(name), f"payment of {name}", 900, "EUR", at=at)


def four_images() -> ImageSettings:
    """What the pocket model draws when nobody says otherwise."""
    return resolve_images(POCKET)


def clip_files(
    *, duration_ms: int | None, place: str = "gallery/ada/clip"
) -> tuple[Rendition, ...]:
    """Everything that is made of a clip of 512 pixels."""
    of = {
        RenditionRole.MASTER: ("video/mp4", duration_ms),
        RenditionRole.PREVIEW: ("image/webp", duration_ms),
        RenditionRole.GIF: ("image/gif", duration_ms),
        RenditionRole.POSTER: ("image/png", None),
    }
    return tuple(
        Rendition(role, f"{place}/{role}", "5e" * 32, 310_000, media_type, 512, 512, length_ms)
        for role, (media_type, length_ms) in of.items()
    )


def thumbnails_of(place: str = "gallery/ada/0") -> tuple[Rendition, ...]:
    """What a tile shows of a picture."""
    return tuple(
        Rendition(role, f"{place}/{role}", "7b" * 32, 9_000, "image/webp", side, side)
        for role, side in THUMBNAIL_SIDES_MAX.items()
    )


def items_of(job_id: UUID, count: int) -> tuple[JobItem, ...]:
    """The first `count` items of a job, with neighbouring seeds."""
    return tuple(JobItem(item, asset_id(job_id, item), 7 + item) for item in range(count))


def image_job(count: int = 4, *, twin_id: UUID | None = ADAS_TWIN) -> Job:
    """A request for pictures of a lighthouse in fog."""
    settings = four_images()
    return Job.request(
        LIGHTHOUSE_JOB,
        owner_id=ADA,
        kind=JobKind.IMAGES,
        engine=POCKET.id,
        twin_id=twin_id,
        epoch=None if twin_id is None else 1,
        rating=Rating.GENERAL,
        settings=settings,
        items=items_of(LIGHTHOUSE_JOB, count),
        price_version=1,
        quoted_millicredits=price(
            DEFAULT_ENTRIES, engine=POCKET.id, settings=settings, count=count
        ),
        cancel_share_thousandths=cancel_share_thousandths(
            DEFAULT_ENTRIES, engine=POCKET.id, settings=settings
        ),
        policy_version=POLICY_VERSION,
        prompt=PersonalText("a lighthouse in fog"),
        negative_prompt=PersonalText("glasses"),
        at=MONDAY,
    )


def video_job(*, twin_id: UUID | None = ADAS_TWIN) -> Job:
    """A request for two clips of four seconds that begin with the first picture of a lighthouse."""
    settings = resolve_video(POCKET, AskedClips(duration_s=4, motion="nod"))
    return Job.request(
        NODDING_JOB,
        owner_id=ADA,
        kind=JobKind.VIDEO,
        engine=POCKET.id,
        twin_id=twin_id,
        epoch=None if twin_id is None else 1,
        rating=Rating.GENERAL,
        settings=settings,
        items=items_of(NODDING_JOB, 2),
        price_version=1,
        quoted_millicredits=price(DEFAULT_ENTRIES, engine=POCKET.id, settings=settings, count=2),
        cancel_share_thousandths=250,
        policy_version=POLICY_VERSION,
        prompt=PersonalText("Ada nods in fog"),
        inputs=(
            JobInput(
                InputRole.SOURCE,
                "gallery/ada/0.png",
                "5e" * 32,
                strength=0.6,
                asset_id=asset_id(LIGHTHOUSE_JOB, 0),
            ),
        ),
        at=MONDAY,
    )


def training_job() -> Job:
    """A training on Ada's twelve photos."""
    settings = resolve_training(POCKET, len(TWELVE_PHOTOS))
    return Job.request(
        TRAINING_JOB,
        owner_id=ADA,
        kind=JobKind.TRAINING,
        engine=POCKET.id,
        twin_id=ADAS_TWIN,
        epoch=1,
        rating=Rating.GENERAL,
        settings=settings,
        items=items_of(TRAINING_JOB, settings.samples),
        price_version=1,
        quoted_millicredits=price(DEFAULT_ENTRIES, engine=POCKET.id, settings=settings),
        cancel_share_thousandths=250,
        policy_version=POLICY_VERSION,
        photos=TWELVE_PHOTOS,
        submission_id=SUBMISSION,
        at=MONDAY,
    )


def started(job: Job) -> Job:
    """The job after the first worker's claim was granted."""
    job.start(job.attempt, CLAIM, "worker-1", TUESDAY, at=MONDAY)
    return job


def outputs_of(job: Job) -> tuple[JobOutput, ...]:
    """What a worker reports when everything went well."""
    raw, length = job_kind(job.kind).raw, job_kind(job.kind).clip_length(job.settings)
    return tuple(
        JobOutput(
            item=item.item,
            object_key=f"quarantine/{job.id}/1/{CLAIM}/{item.item}{raw.suffix}",
            sha256=f"{item.item:02x}" * 32,
            size_bytes=9_000,
            width=64,
            height=64,
            media_type=raw.media_type,
            seed=item.seed,
            frames=None if length is None else length.frames,
        )
        for item in job.items
    )


def rendered(job: Job) -> Job:
    """The job after the worker's report."""
    started(job)
    adapter = ADAPTER if job.kind is JobKind.TRAINING else None
    job.record_rendered(job.attempt, CLAIM, outputs_of(job), adapter, at=MONDAY)
    return job


def screened(job: Job) -> Job:
    """The job after the screener's report."""
    rendered(job)
    job.record_screened(job.attempt, (), at=MONDAY)
    return job


def passed(check: str, score: float | None = 0.9) -> CheckVerdict:
    """A check that passed."""
    if check == Check.KNOWN_HASH:
        score = 60.0
    return CheckVerdict(check, passed=True, model=f"{check}-1", score=score)
