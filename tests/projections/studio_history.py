"""A studio's past, made by real aggregates and stored as the event store stores it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

from adapters.event_store.chain import GENESIS, ChainedEvent, content_of, digest_of, link_of
from adapters.event_store.in_memory import InMemoryKeys
from domain.asked_settings import AskedClips, AskedImages
from domain.asset import Asset
from domain.checks import Check, CheckVerdict, ItemVerdict
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.engines import engine
from domain.event_class import event_class
from domain.events import STORED_FORM
from domain.job import Job
from domain.job_input import InputRole, JobInput
from domain.job_kind import JobKind
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile, JobItem, JobOutput
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import POLICY_ID, SYSTEM, asset_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.object_keys import adapter_key, gallery_key, quarantine_item_key
from domain.person import Person, VerificationDecision, VerificationOutcome
from domain.photo_set import PhotoVerdict
from domain.policy import DEFAULT_ROWS, Policy
from domain.price_list import DEFAULT_ENTRIES, DEFAULT_PACKAGES, PriceList
from domain.rating import Rating
from domain.release import release
from domain.rendition import Rendition
from domain.settings import resolve_images, resolve_training
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from domain.video_settings import resolve_video
from domain.wallet import Wallet
from topics.messages.fact import Fact

A = TypeVar("A", bound=Aggregate)

ADA = uuid5(SYSTEM, "Ada")
GRACE = uuid5(SYSTEM, "Grace")
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEXT_YEAR = MORNING + timedelta(days=365)
POCKET = engine("pocket")
PASSED = tuple(
    CheckVerdict(check.value, passed=True, model="sandbox-1", score=0.0) for check in Check
)
FAILED = (*PASSED[:1], CheckVerdict(PASSED[1].check, passed=False, model="sandbox-1", score=0.2))


class StudioHistory:
    """Facts and chained rows, in commit order from position 1."""

    def __init__(self) -> None:
        self.keys = InMemoryKeys()
        self.facts: list[Fact] = []
        self.rows: list[ChainedEvent] = []
        self.now = MORNING

    def save(self, owner_id: UUID, *aggregates: Aggregate) -> int:
        """Store what the aggregates decided. Returns the position of the last event."""
        for aggregate in aggregates:
            for event in aggregate.collect_events():
                assert isinstance(event, Aggregate.Event)
                data = STORED_FORM.encode(event, owner_id, self.keys)
                self.append(
                    owner_id, event.originator_id, event.originator_version, event.TOPIC, data
                )
        self.now += timedelta(minutes=1)
        return self.position

    def append(
        self, owner_id: UUID, originator_id: UUID, version: int, event_type: str, data: bytes
    ) -> None:
        """Store bytes as they are, with a digest and a link that fit."""
        position = self.position + 1
        class_ = event_class(event_type).value
        content = content_of(owner_id, originator_id, version, event_type, data)
        digest = digest_of(position, self.now, class_, content)
        link = link_of(self.rows[-1].link if self.rows else GENESIS, digest)
        event = (position, owner_id, originator_id, version, event_type, data, self.now)
        self.rows.append(ChainedEvent(*event, class_, digest, link))
        self.facts.append(Fact(*event))

    @property
    def position(self) -> int:
        return len(self.facts)

    def asked_at(self, aggregate: Aggregate) -> int:
        """The position of its first event."""
        return next(f.position for f in self.facts if f.originator_id == aggregate.id)

    def after(self, position: int) -> Iterator[Fact]:
        """Facts after a position, as the event log answers them."""
        return (fact for fact in self.facts if fact.position > position)

    def opened_studio(self) -> None:
        """Prices and policy are published."""
        prices = PriceList.open(at=self.now)
        prices.publish(1, DEFAULT_ENTRIES, NEXT_YEAR, at=self.now)
        policy = Policy.open(POLICY_ID, at=self.now)
        policy.publish(1, DEFAULT_ROWS, (ADA, GRACE), at=self.now)
        self.save(SYSTEM, prices, policy)

    def verified_person(self, owner_id: UUID) -> Person:
        """Somebody signed up and proved to be an adult."""
        person = Person.register(owner_id, at=self.now)
        self.save(owner_id, person)
        verification = uuid5(owner_id, "verification")
        person.start_verification(verification, "sandbox", at=self.now)
        person.note_verification_hint(verification, at=self.now)
        self.save(owner_id, person)
        decision = VerificationDecision(
            VerificationOutcome.APPROVED, adult=True, country="DE", valid_until=NEXT_YEAR
        )
        person.record_decision(verification, decision, at=self.now)
        self.save(owner_id, person)
        return person

    def wallet_with_credits(self, owner_id: UUID) -> Wallet:
        """A paid purchase of 10,000 millicredits and a promotion of 500."""
        wallet = Wallet.open(wallet_id(owner_id), owner_id=owner_id, at=self.now)
        self.save(owner_id, wallet)
        purchase = uuid5(owner_id, "purchase")
        wallet.start_purchase(purchase, DEFAULT_PACKAGES[0], "sandbox", at=self.now)
        wallet.note_payment_hint(purchase, at=self.now)
        self.save(owner_id, wallet)
        package = DEFAULT_PACKAGES[0]
        wallet.confirm_purchase(
            purchase, f"pay-{owner_id}", package.price_minor_units, package.currency, at=self.now
        )
        self.save(owner_id, wallet)
        wallet.grant_promotion(
            uuid5(owner_id, "welcome"), 500, self.now + timedelta(days=30), at=self.now
        )
        self.save(owner_id, wallet)
        return wallet

    def twin_with_photos(self, person: Person, name: str) -> Twin:
        """A twin whose twelve photos were accepted."""
        twin = Twin.create(
            uuid5(person.id, f"twin {name}"),
            owner_id=person.id,
            name=PersonalText(name),
            at=self.now,
        )
        self.save(person.id, twin)
        twin.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "en", at=self.now)
        twin.grant_consent(person, CONSENT.sha256, OFFERED_ANYWHERE, at=self.now)
        self.save(person.id, twin)
        photos = tuple(uuid5(twin.id, f"photo {number}") for number in range(12))
        submission = uuid5(twin.id, "submission")
        twin.plan_uploads(
            submission, person=person, photo_ids=photos, size_bytes=240_000, at=self.now
        )
        twin.submit_photos(submission, person=person, entry=POCKET, photo_ids=photos, at=self.now)
        self.save(person.id, twin)
        verdicts = [PhotoVerdict(photo) for photo in photos]
        twin.record_photo_verdicts(submission, verdicts, (), "sandbox-1", at=self.now)
        self.save(person.id, twin)
        return twin

    def requested_training(self, person: Person, twin: Twin, wallet: Wallet) -> Job:
        """Authorised, reserved and requested in one save."""
        assert twin.accepted is not None
        job_id = uuid5(twin.id, f"training at {self.position}")
        twin.authorise_training(job_id, person=person, entry=POCKET, policy_version=1, at=self.now)
        wallet.reserve(job_id, 5_000, at=self.now)
        settings = resolve_training(POCKET, 12)
        job = Job.request(
            job_id,
            owner_id=person.id,
            kind=JobKind.TRAINING,
            engine=POCKET.id,
            rating=Rating.GENERAL,
            settings=settings,
            items=[JobItem(i, asset_id(job_id, i), seed=i) for i in range(settings.samples)],
            price_version=1,
            quoted_millicredits=5_000,
            cancel_share_thousandths=250,
            policy_version=1,
            twin_id=twin.id,
            epoch=twin.epoch,
            photos=twin.accepted.photos,
            submission_id=twin.accepted.submission_id,
            at=self.now,
        )
        self.save(person.id, twin, wallet, job)
        return job

    def requested_pictures(
        self, person: Person, twin: Twin | None, wallet: Wallet, prompt: str, *, count: int = 4
    ) -> Job:
        """Authorised, reserved and requested in one save; 100 millicredits each."""
        job_id = uuid5(person.id, f"pictures at {self.position}")
        rules = {"rating": Rating.GENERAL, "jurisdiction": "XX", "policy_version": 1}
        subject = person if twin is None else twin
        if twin is None:
            person.authorise_generation(job_id, entry=POCKET, at=self.now, **rules)  # type: ignore[arg-type]
        else:
            twin.authorise_generation(
                job_id,
                person=person,
                entry=POCKET,
                kind=JobKind.IMAGES,
                at=self.now,
                **rules,  # type: ignore[arg-type]
            )
        wallet.reserve(job_id, 100 * count, at=self.now)
        job = Job.request(
            job_id,
            owner_id=person.id,
            kind=JobKind.IMAGES,
            engine=POCKET.id,
            rating=Rating.GENERAL,
            settings=resolve_images(POCKET, AskedImages(style="neon")),
            items=[JobItem(i, asset_id(job_id, i), seed=40 + i) for i in range(count)],
            price_version=1,
            quoted_millicredits=100 * count,
            cancel_share_thousandths=250,
            policy_version=1,
            twin_id=None if twin is None else twin.id,
            epoch=None if twin is None else twin.epoch,
            prompt=PersonalText(prompt),
            negative_prompt=PersonalText("rain"),
            at=self.now,
        )
        self.save(person.id, subject, wallet, job)
        return job

    def requested_clips(
        self, person: Person, twin: Twin, wallet: Wallet, prompt: str, *, source: Asset
    ) -> Job:
        """One clip of four seconds that begins with a picture, for 800 millicredits."""
        job_id = uuid5(person.id, f"clips at {self.position}")
        twin.authorise_generation(
            job_id,
            person=person,
            entry=POCKET,
            kind=JobKind.VIDEO,
            rating=Rating.GENERAL,
            jurisdiction="XX",
            policy_version=1,
            at=self.now,
        )
        wallet.reserve(job_id, 800, at=self.now)
        source.lend(job_id, at=self.now)
        master = source.master
        job = Job.request(
            job_id,
            owner_id=person.id,
            kind=JobKind.VIDEO,
            engine=POCKET.id,
            rating=Rating.GENERAL,
            settings=resolve_video(POCKET, AskedClips(duration_s=4, motion="nod")),
            items=[JobItem(0, asset_id(job_id, 0), seed=40)],
            price_version=1,
            quoted_millicredits=800,
            cancel_share_thousandths=250,
            policy_version=1,
            twin_id=twin.id,
            epoch=twin.epoch,
            prompt=PersonalText(prompt),
            inputs=[
                JobInput(
                    InputRole.SOURCE, master.object_key, master.sha256, 0.5, asset_id=source.id
                )
            ],
            at=self.now,
        )
        self.save(person.id, twin, wallet, source, job)
        return job

    def started(self, job: Job) -> UUID:
        """A worker claimed the current attempt."""
        claim = uuid5(job.id, f"claim {job.attempt}")
        deadline = self.now + timedelta(minutes=10)
        job.start(job.attempt, claim, "worker-1", deadline, at=self.now)
        self.save(job.owner_id, job)
        return claim

    def finished(self, job: Job, twin: Twin | None, wallet: Wallet, *, refused: int = 0) -> None:
        """Rendered and screened; the last `refused` items did not pass."""
        claim = self.started(job)
        width, height = job_kind(job.kind).size(engine(job.engine), job.settings)
        raw, length = job_kind(job.kind).raw, job_kind(job.kind).clip_length(job.settings)
        outputs = [
            JobOutput(
                item.item,
                quarantine_item_key(job.id, job.attempt, claim, item.item, suffix=raw.suffix),
                "ab" * 32,
                9_000,
                width,
                height,
                raw.media_type,
                item.seed,
                frames=None if length is None else length.frames,
            )
            for item in job.items
        ]
        adapter = None
        if job.kind is JobKind.TRAINING and twin is not None:
            adapter = AdapterFile(
                adapter_key(twin.id, 1, job.id, claim), "cd" * 32, 70_000, 16, 90, 0.91
            )
        job.record_rendered(job.attempt, claim, outputs, adapter, at=self.now)
        self.save(job.owner_id, job)
        good = len(job.items) - refused
        checks = [PASSED if item.item < good else FAILED for item in job.items]
        verdicts = [ItemVerdict(item.item, checks[item.item]) for item in job.items]
        job.record_screened(job.attempt, verdicts, at=self.now)
        assets = [self._screened(job, item, twin, checks[item.item]) for item in job.items]
        job.complete(
            [asset.id for asset in assets if asset.released],
            [asset.id for asset in assets if not asset.released],
            delivered_ms=[
                asset.master.duration_ms
                for asset in assets
                if asset.released and asset.master.duration_ms is not None
            ],
            at=self.now,
        )
        wallet.settle(job.id, job.charge_millicredits, at=self.now)
        if twin is not None:
            if adapter is not None:
                assert job.epoch is not None
                twin.deliver_adapter(job.id, job.epoch, adapter, at=self.now)
            twin.end_job(job.id, at=self.now)
        self.save(job.owner_id, *([] if twin is None else [twin]), *assets, wallet, job)

    def asset(self, asset: UUID) -> Asset:
        """An asset as its events tell it."""
        return self._told(Asset, asset)

    def person(self, owner_id: UUID) -> Person:
        """A person as their events tell it."""
        return self._told(Person, owner_id)

    def wallet(self, owner_id: UUID) -> Wallet:
        """A wallet as its events tell it."""
        return self._told(Wallet, wallet_id(owner_id))

    def twin(self, twin: UUID) -> Twin:
        """A twin as its events tell it."""
        return self._told(Twin, twin)

    def _told(self, kind: type[A], originator_id: UUID) -> A:
        found: Any = None
        for fact in self.facts:
            if fact.originator_id == originator_id:
                version = fact.originator_version
                event: Any = STORED_FORM.decode(
                    fact.event_type, originator_id, version, fact.data, self.keys
                )
                found = event.mutate(found)
        assert isinstance(found, kind)
        return found

    def _screened(
        self, job: Job, item: JobItem, twin: Twin | None, checks: tuple[CheckVerdict, ...]
    ) -> Asset:
        kind, claim = job_kind(job.kind), uuid5(job.id, "screening")
        row = next(row for row in DEFAULT_ROWS if row.screening is kind.screening)
        length = kind.clip_length(job.settings)
        length_ms = None if length is None else 1_000 * length.frames // length.frame_rate
        files = tuple(
            Rendition(
                rule.role,
                gallery_key(item.asset_id, claim, rule.role),
                "ef" * 32,
                12_000,
                rule.media_types[0],
                *kind.size(engine(job.engine), job.settings),
                length_ms if rule.moving else None,
            )
            for rule in kind.renditions
            if not rule.may_lack
        )
        return release(
            item.asset_id,
            owner_id=job.owner_id,
            job_id=job.id,
            item=item.item,
            settings=job.settings,
            engine=job.engine,
            rating=job.rating,
            seed=item.seed,
            twin_id=job.twin_id,
            twin=twin,
            epoch=job.epoch,
            scopes=job.scopes,
            row=row,
            policy_version=1,
            checks=checks,
            renditions=files,
            likeness=() if length is None else (0.93, 0.9, 0.88, 0.86),
            at=self.now,
        )


def a_whole_journey(owner_id: UUID = ADA, history: StudioHistory | None = None) -> StudioHistory:
    """One person from sign-up to pictures in the gallery, one of them liked and one purged."""
    told = history or StudioHistory()
    if not told.facts:
        told.opened_studio()
    person = told.verified_person(owner_id)
    wallet = told.wallet_with_credits(owner_id)
    twin = told.twin_with_photos(person, "Countess")
    told.finished(told.requested_training(person, twin, wallet), twin, wallet)
    lighthouse = told.requested_pictures(person, twin, wallet, "a lighthouse in fog")
    told.finished(lighthouse, twin, wallet, refused=1)
    favourite = told.asset(lighthouse.items[0].asset_id)
    favourite.set_favourite(at=told.now)
    unwanted = told.asset(lighthouse.items[1].asset_id)
    unwanted.request_purge(at=told.now)
    told.save(owner_id, favourite, unwanted)
    unwanted.record_purged(at=told.now)
    told.save(owner_id, unwanted)
    return told
