"""An engine of photographs, opened as an operator does: a document, gates, a row, and a place.

What is drawn are coloured tiles, and the gates' models know colours.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.provenance.file_signer import FileSigner
from commands.account.record_verification import RecordVerification
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.handlers import HANDLERS
from commands.jobs.request_images import RequestImages
from commands.jobs.start_twin_training import StartTwinTraining
from commands.ports.attendance import Attendance, Presence
from commands.safety.publish_policy import PublishPolicy
from commands.studio import Studio
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from domain.asset import Asset
from domain.checks import Check
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.job_state import JobState
from domain.kernel.identity import SYSTEM
from domain.kernel.personal_text import PersonalText
from domain.policy import DEFAULT_ROWS, PolicyRow
from domain.rating import Rating
from domain.refusals import AssuranceTooLow, EngineUnavailable, JurisdictionNotAllowed
from gpu_consumers.engines.loaded_engine import Progress, RenderedPicture, TrainedTwin, TwinFile
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.engine_gates import (
    OutputsByEngine,
    PhotosByEngine,
    SourcePhotosByEngine,
)
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.photograph_gates import PhotographGates
from gpu_consumers.screening.publish_gate import PublishGate
from gpu_consumers.screening.screener import Screener
from processes.wiring.screener import gates_by_engine
from tests.conftest import TEMPLATE
from tests.faults.oracle import until
from tests.flow.living_studio import PACE, SECRET, LivingStudio
from tests.flow.painter import Painter, small_adapter
from tests.flow.studio_desk import EVERYTHING
from tests.gpu_consumers.screening.ada import png
from tests.gpu_consumers.screening.gate_folder import BLUISH, NOW_S, GateFolder, shapes
from topics.in_memory import InMemoryTransport
from topics.messages.work import ImageWork, TrainingWork

XL = "stable-diffusion-xl"
ROW = PolicyRow(
    engine=XL,
    rating=Rating.GENERAL,
    checks=(
        Check.KNOWN_HASH,
        Check.FACE_COUNT,
        Check.IDENTITY,
        Check.MINOR_VETO,
        Check.PROVENANCE,
    ),
    jurisdictions=("EE", "DE"),
    hash_list_age_max_s=86_400,
)
HERE = Presence(1)


class ShapePainter(Painter):
    """Draws coloured tiles with as many red squares as it is told to; one otherwise."""

    engine = XL

    def __init__(self) -> None:
        super().__init__()
        self.looks: dict[str, Any] = {}

    def render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        """See `LoadedEngine.render`."""
        self._take_time(progress, work.num_inference_steps)
        return [self._drawn(item.item, item.seed, work.width) for item in work.items]

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        """See `LoadedEngine.train`."""
        self._take_time(progress, work.steps)
        samples = [self._drawn(one, work.seed + one, 1024) for one in range(3)]
        adapter = small_adapter(work.rank, work.seed)
        return TrainedTwin(adapter, work.rank, work.steps, 0.9, tuple(samples))

    def _drawn(self, item: int, seed: int, side_px: int) -> RenderedPicture:
        picture = png(shapes(seed, side_px=side_px, **self.looks))
        return RenderedPicture(item, seed, picture, side_px, side_px)


class Book:
    """Who is there: everybody, until a test sends somebody away."""

    def __init__(self) -> None:
        self.attendance = Attendance({XL: HERE}, {XL: HERE}, HERE, HERE, documents=True)

    def now(self) -> Attendance:
        """See `AttendanceBook.now`."""
        return self.attendance


class OpenedStudio(LivingStudio):
    """A living studio whose operator has done all that docs/engines.md says."""

    painter: ShapePainter

    def open(self, gates: GateFolder) -> None:
        """Before it starts."""
        self.gates, self.book, self.painter = gates, Book(), ShapePainter()
        self.studio = Studio(self.store, HANDLERS, self.clock, SECRET, self.book)
        self.does(PublishPolicy(2, (uuid4(),), (*DEFAULT_ROWS, ROW)), SYSTEM)

    def _screener(self, stop: Any) -> None:
        credentials = Credentials(FileSigner(self.signing_keys))
        photographs = PhotographGates(self.gates.path)
        gates = gates_by_engine(
            TimedAnalyser(self.analyser), self._lists, photographs, self.objects, credentials
        )
        Screener(
            "screener",
            self.transport,
            PhotosByEngine(gates),
            OutputsByEngine(gates),
            SourcePhotosByEngine(gates),
            PublishGate(self.objects, credentials),
            pace=PACE,
        ).run(stop)

    def person(self, *, provider: str = "veriff", country: str = "EE") -> UUID:
        """Somebody with credits whom a provider approved."""
        owner = uuid4()
        self.does(RegisterPerson(), owner)
        check = self.does(StartVerification(provider=provider), owner).verification_id
        decided = RecordVerification(
            check,
            "approved",
            adult=True,
            country=country,
            document_digest="5e" * 32,
            valid_until=self.clock() + timedelta(days=365),
        )
        self.does(decided, owner)
        bought = self.does(BuyCredits(package="atelier", provider="sandbox"), owner)
        paid = ConfirmPayment(
            bought.purchase_id,
            f"payment of {bought.purchase_id}",
            bought.price_minor_units,
            bought.currency,
        )
        self.does(paid, owner)
        return owner

    def twin_of(self, owner: UUID, photos: Sequence[bytes]) -> UUID:
        """A twin whose photos were submitted for the engine."""
        twin: UUID = self.does(CreateTwin(name=PersonalText("Ada at work")), owner).twin_id
        self.does(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256), owner)
        self.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
        self.submit_photos(twin, owner, photos, engine=XL)
        return twin

    def trained_on_it(self, owner: UUID) -> UUID:
        twin = self.twin_of(owner, PHOTOS)
        until(lambda: self.twin(twin, owner).accepted, "photos are accepted")
        training = StartTwinTraining(twin, XL, price_version=1, session_jurisdiction="DE")
        self.comes_to(self.does(training, owner).job_id, owner, JobState.COMPLETED)
        return twin

    def asked(self, owner: UUID, twin: UUID | None, *, place: str = "DE") -> UUID:
        """Two pictures of the twin."""
        request = RequestImages(
            engine=XL,
            prompt=PersonalText("a lighthouse in fog"),
            count=2,
            price_version=1,
            session_jurisdiction=place,
            twin_id=twin,
        )
        job: UUID = self.does(request, owner).job_id
        return job

    def verdicts_of(self, job: UUID) -> dict[str, str]:
        """By check, which model passed what was released of a job."""
        return {
            check.check: check.model
            for _, event in self.oracle.history()
            if isinstance(event, Asset.Released) and event.job_id == job
            for check in event.checks
        }


PHOTOS = tuple(png(shapes(seed)) for seed in range(100, 110))


@pytest.fixture(scope="module")
def running(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenedStudio]:
    postgres_server.create_database("photographs", template=TEMPLATE)
    folder = tmp_path_factory.mktemp("photographs")
    gates = GateFolder(folder / "gates")
    gates.issue_lists(age_s=NOW_S - time.time() + 1)
    url, admin_url = postgres_server.url("photographs"), postgres_server.admin_url("photographs")
    with InMemoryTransport() as transport, ExitStack() as stack:
        studio = OpenedStudio(url, admin_url, transport, folder, stack)
        studio.open(gates)
        studio.start()
        yield studio
        studio.oracle.rest()
        studio.oracle.check()


@pytest.fixture
def studio(running: OpenedStudio) -> Iterator[OpenedStudio]:
    yield running
    running.painter.looks = {}
    running.book.attendance = Book().attendance


@pytest.fixture(scope="module")
def ada(running: OpenedStudio) -> tuple[UUID, UUID]:
    """Ada, and her twin."""
    owner = running.person()
    return owner, running.trained_on_it(owner)


def test_photos_become_photographs_by_the_operators_own_models(
    studio: OpenedStudio, ada: tuple[UUID, UUID]
) -> None:
    owner, twin = ada
    job = studio.asked(owner, twin)
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert (len(done.released), len(done.refused)) == (2, 0)
    age = studio.gates.pin("age.onnx")["sha256"]
    content = studio.gates.pin("content.onnx")["sha256"]
    models = studio.verdicts_of(job)
    assert models[Check.MINOR_VETO] == f"blues@{age}"
    assert models[Check.CONTENT_RATING] == f"greens@{content}"
    assert models[Check.IDENTITY].startswith("yunet-sface@")


@pytest.mark.parametrize("looks", [{"tint": BLUISH}, {"faces": 2}, {"faces": 0}])
def test_what_a_gate_refuses_is_not_released_and_costs_nothing(
    studio: OpenedStudio, ada: tuple[UUID, UUID], looks: dict[str, Any]
) -> None:
    owner, twin = ada
    spent = studio.wallet(owner)[2]
    studio.painter.looks = looks
    done = studio.comes_to(studio.asked(owner, twin), owner, JobState.COMPLETED)
    assert (len(done.released), len(done.refused)) == (0, 2)
    assert studio.wallet(owner)[1:] == (0, spent)


def test_a_file_that_goes_meanwhile_denies_what_was_asked_before(
    studio: OpenedStudio, ada: tuple[UUID, UUID]
) -> None:
    owner, twin = ada
    kept = studio.gates.path / "age.onnx"
    data = kept.read_bytes()
    kept.unlink()
    try:
        done = studio.comes_to(studio.asked(owner, twin), owner, JobState.COMPLETED)
    finally:
        kept.write_bytes(data)
    assert done.released == ()
    again = studio.comes_to(studio.asked(owner, twin), owner, JobState.COMPLETED)
    assert len(again.released) == 2


def test_whoever_the_sandbox_verified_gets_no_photograph(studio: OpenedStudio) -> None:
    owner = studio.person(provider="sandbox")
    with pytest.raises(JurisdictionNotAllowed):
        studio.asked(owner, None)
    with pytest.raises(AssuranceTooLow):
        studio.twin_of(owner, PHOTOS)


@pytest.mark.parametrize("place", ["XX", "FR", "", "US"])
def test_nobody_is_drawn_where_no_row_allows_it(
    studio: OpenedStudio, ada: tuple[UUID, UUID], place: str
) -> None:
    with pytest.raises(JurisdictionNotAllowed):
        studio.asked(*ada, place=place)


def test_without_somebody_who_looks_at_documents_the_engine_closes(
    studio: OpenedStudio, ada: tuple[UUID, UUID]
) -> None:
    studio.book.attendance = replace(studio.book.attendance, documents=False)
    with pytest.raises(EngineUnavailable) as refused:
        studio.asked(*ada)
    assert refused.value.missing == ("document-identity",)


def test_photos_that_a_veto_meets_train_nobody(studio: OpenedStudio) -> None:
    owner = studio.person()
    bluish = [*PHOTOS[:-1], png(shapes(200, tint=BLUISH))]
    twin = studio.twin_of(owner, bluish)
    until(lambda: "twin.photos-rejected" in studio.types_of(twin), "the set is refused")
    assert not studio.twin(twin, owner).accepted
