"""Asks a studio for things as the API would, and looks at what came of it."""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg

from adapters.event_store.log import EventLog
from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from commands.account.record_verification import RecordVerification
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.handlers import HANDLERS
from commands.jobs.request_images import RequestImages
from commands.jobs.start_twin_training import StartTwinTraining
from commands.ports.clock import Clock
from commands.ports.object_store import ObjectStore
from commands.studio import Studio
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile, PlanPhotoUploads
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.events import STORED_FORM
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import wallet_id
from domain.kernel.personal_text import PersonalText
from domain.kernel.role import Role
from domain.twin import Twin
from domain.wallet import Wallet
from gpu_consumers.engines.pocket.world.photo_set import photo_set
from processes.wiring.clock import system_clock
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import Asset as GalleryAsset
from queries.gallery.gallery import gallery
from queries.jobs.jobs import Job as JobRow
from queries.jobs.jobs import job as job_row
from queries.viewer import as_viewer
from queries.wallet.balance import Balance, balance
from tests.faults.oracle import Oracle, until

EVERYTHING = (ConsentScope.TRAINING, ConsentScope.PICTURES, ConsentScope.CLIPS)
PHOTOS = 10


@cache
def photos(seed: int = 4_200) -> tuple[bytes, ...]:
    """One person's photos, as the demo draws them."""
    return tuple(photo_set(seed, PHOTOS))


class StudioDesk:
    """The door for commands, the event log and the read models of one studio.

    `kek` and `args_secret` are the studio's own. `http` reaches the object store's forms. `clock`
    tells what time it is in it.
    """

    def __init__(
        self,
        url: str,
        admin_url: str,
        objects: ObjectStore,
        http: httpx.Client,
        stack: ExitStack,
        *,
        kek: bytes,
        args_secret: bytes,
        clock: Clock = system_clock,
    ) -> None:
        self.url = url
        self.clock = clock
        self.admin_url = admin_url
        self.objects = objects
        self.http = http
        writers = stack.enter_context(open_pool(url, "writer", size_max=8))
        vault = stack.enter_context(open_pool(url, "vault", size_max=4))
        self._readers = stack.enter_context(open_pool(url, "reader", size_max=2))
        self.keys = SubjectKeys(vault, kek)
        self.store = PostgresEventStore(writers, STORED_FORM, self.keys)
        self.studio = Studio(self.store, HANDLERS, clock, args_secret)
        self.events = stack.enter_context(EventLog(url))
        self.oracle = Oracle(url, admin_url, self.events, self.keys, objects)

    def does(self, command: Any, owner: UUID, *, key: UUID | None = None) -> Any:
        """Execute a command as the API would. Answers its result, or raises its refusal."""
        return self.studio.execute(command, owner_id=owner, key=key or uuid4()).result

    def load(self, kind: type[Aggregate], id: UUID, owner: UUID) -> Any:
        """An aggregate as it is stored."""
        with self.store.transaction(owner) as transaction:
            found = transaction.load(id, owner)
        assert isinstance(found, kind)
        return found

    def job(self, job: UUID, owner: UUID) -> Job:
        """A job as it is stored."""
        found = self.load(Job, job, owner)
        assert isinstance(found, Job)
        return found

    def twin(self, twin: UUID, owner: UUID) -> Twin:
        """A twin as it is stored."""
        found = self.load(Twin, twin, owner)
        assert isinstance(found, Twin)
        return found

    def wallet(self, owner: UUID) -> tuple[int, int, int]:
        """What is available, reserved and spent, in millicredits."""
        wallet = self.load(Wallet, wallet_id(owner), owner)
        return wallet.available, wallet.reserved, wallet.spent

    def comes_to(self, job: UUID, owner: UUID, *states: JobState) -> Job:
        """Wait until a job is in one of these states."""

        def look() -> Job | None:
            found = self.job(job, owner)
            assert found.state in states or not found.ended, f"ended as {found.state}"
            return found if found.state in states else None

        found = until(look, f"{states}")
        assert isinstance(found, Job)
        return found

    def why_it_failed(self, job: UUID) -> str | None:
        """What the job's end says."""
        reasons = [
            event.reason
            for _, event in self.oracle.history()
            if isinstance(event, Job.Failed) and event.originator_id == job
        ]
        return reasons[0] if reasons else None

    def reasons_of(self, job: UUID) -> list[str]:
        """Why each failed attempt of a job failed."""
        return [
            event.reason
            for _, event in self.oracle.history()
            if isinstance(event, Job.AttemptFailed) and event.originator_id == job
        ]

    def types_of(self, originator: UUID) -> list[str]:
        """The types of all events of one aggregate, oldest first."""
        return [
            fact.event_type for fact in self.events.stream() if fact.originator_id == originator
        ]

    def reader_has_seen(self, job: UUID, owner: UUID, state: JobState) -> JobRow:
        """Wait until the jobs read model shows a state."""

        def look() -> JobRow | None:
            with as_viewer(self._readers, owner, Role.CREATOR) as view:
                row = job_row(view, job)
            return row if row is not None and row.state == state else None

        found = until(look, f"read model shows {state}")
        assert isinstance(found, JobRow)
        return found

    def reactor_is_at(self, position: int) -> bool:
        """Whether everything that events up to a position ask for is done, or has to wait."""
        with psycopg.connect(self.admin_url) as admin:
            found = admin.execute(
                "SELECT position, EXISTS (SELECT FROM events.intents WHERE done_at IS NULL "
                "AND cause_position <= %s AND (attempts > 0 OR next_try_at <= %s)) "
                "FROM events.positions WHERE reader = 'reactor'",
                [position, self.clock()],
            ).fetchone()
        return found is not None and int(found[0]) >= position and not found[1]

    def gallery_of(
        self, owner: UUID, only: GalleryFilter | None = None
    ) -> tuple[GalleryAsset, ...]:
        """The gallery as its owner sees it, newest first."""
        with as_viewer(self._readers, owner, Role.CREATOR) as view:
            return tuple(gallery(view, first=50, only=only or GalleryFilter()).items)

    def balance_of(self, owner: UUID) -> Balance:
        """The balance read model of one owner."""
        with as_viewer(self._readers, owner, Role.CREATOR) as view:
            return balance(view)

    def creator(self) -> UUID:
        """A verified adult with credits and no twin yet."""
        owner = uuid4()
        self.does(RegisterPerson(), owner)
        started = self.does(StartVerification(provider="sandbox"), owner)
        self.does(
            RecordVerification(
                verification_id=started.verification_id,
                outcome="approved",
                adult=True,
                country="XX",
                document_digest="5e" * 32,
                valid_until=self.clock() + timedelta(days=365),
            ),
            owner,
        )
        bought = self.does(BuyCredits(package="starter", provider="sandbox"), owner)
        self.does(
            ConfirmPayment(
                purchase_id=bought.purchase_id,
                payment_reference=f"payment of {bought.purchase_id}",
                amount_minor_units=bought.price_minor_units,
                currency=bought.currency,
            ),
            owner,
        )
        return owner

    def twin_with_photos(self, owner: UUID) -> UUID:
        """A twin whose photos were uploaded by their forms, and accepted by the screener."""
        twin: UUID = self.does(CreateTwin(name=PersonalText("Ada at work")), owner).twin_id
        self.does(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256), owner)
        self.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
        self.submit_photos(twin, owner, photos())
        until(lambda: self.twin(twin, owner).accepted, "photos are accepted")
        return twin

    def submit_photos(
        self, twin: UUID, owner: UUID, pictures: Sequence[bytes], *, engine: str = "pocket"
    ) -> UUID:
        """Upload these photos and submit them. Answers the submission."""
        files = tuple(
            PhotoFile("image/jpeg", len(picture), hashlib.sha256(picture).hexdigest())
            for picture in pictures
        )
        planned = self.does(PlanPhotoUploads(twin, files), owner)
        for upload, picture in zip(planned.uploads, pictures, strict=True):
            form = self.objects.presign_upload(
                upload.object_key,
                media_type=upload.media_type,
                size_bytes_min=upload.size_bytes,
                size_bytes_max=upload.size_bytes,
                sha256_hex=upload.sha256,
                expires_in_s=60,
            )
            file = ("ada.jpg", picture, upload.media_type)
            answer = self.http.post(form.url, data=form.fields, files={"file": file})
            assert answer.status_code == 204
        ids = tuple(upload.photo_id for upload in planned.uploads)
        self.does(SubmitPhotos(twin, planned.submission_id, engine, ids), owner)
        submission: UUID = planned.submission_id
        return submission

    def trained_twin(self, owner: UUID) -> UUID:
        """A twin with an adapter."""
        twin = self.twin_with_photos(owner)
        self.comes_to(self.train(twin, owner), owner, JobState.COMPLETED)
        return twin

    def train(self, twin: UUID, owner: UUID) -> UUID:
        """Ask for a training. Answers the job."""
        training = StartTwinTraining(twin, "pocket", price_version=1, session_jurisdiction="XX")
        job: UUID = self.does(training, owner).job_id
        return job

    def draw(self, twin: UUID | None, owner: UUID, *, pictures: int = 1, **wishes: Any) -> UUID:
        """Ask for pictures. Answers the job."""
        request = RequestImages(
            engine="pocket",
            prompt=PersonalText("a lighthouse in fog"),
            count=pictures,
            price_version=1,
            session_jurisdiction="XX",
            twin_id=twin,
            **wishes,
        )
        job: UUID = self.does(request, owner).job_id
        return job
