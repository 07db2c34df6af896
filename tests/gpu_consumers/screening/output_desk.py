"""An output gate over a store, with everything in place until a test takes something away."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.provenance.file_signer import FileSigner
from commands.ports.object_store import StoreFull
from domain.checks import Check, CheckVerdict
from domain.policy import DEFAULT_ROWS
from domain.release import refusals_of_checks
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import FaceAnalyser, TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from tests.gpu_consumers.screening.ada import (
    ADA_FACE,
    CLAIM,
    TEMPLATE_KEY,
    StubAnalyser,
    store,
)
from topics.messages.results import CheckResult, OutputsScreened
from topics.messages.work import OutputsWork, OutputToScreen

JOB = UUID("d0000000-0000-4000-8000-000000000001")
ASSET = UUID("d0000000-0000-4000-8000-000000000002")
QUARANTINE_KEY = f"quarantine/{JOB}/1/{CLAIM}/0.png"
GALLERY_KEY = f"gallery/ada/{ASSET}.png"
NOW_S = 1_800_000_000.0
HOUR_S = 3_600.0
ROW = DEFAULT_ROWS[0]
TWIN_CHECKS = ROW.checks
NO_TWIN_CHECKS = ROW.checks_for(None)
TEMPLATE = FaceTemplate("stub-1", ADA_FACE, ADA_FACE)


class SlowStore(InMemoryObjectStore):
    """Full, at once or after some more objects, or losing what it is given, once it is told so."""

    is_full = False
    full_after: int | None = None
    corrupts = False

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        if self.is_full or self.full_after == 0:
            raise StoreFull
        if self.full_after is not None:
            self.full_after -= 1
        if self.corrupts:
            data = data[:-40] + bytes(40)
        super().put(key, data, media_type=media_type)

    def uploaded(self, key: str, data: bytes) -> None:
        """A worker's file lies there, however the store is now."""
        super().put(key, data, media_type="application/octet-stream")


@dataclass
class Signer:
    """A signer that can be taken away."""

    real: FileSigner
    breaks: bool = False

    @property
    def certificate_chain_pem(self) -> str:
        return self.real.certificate_chain_pem

    @property
    def trust_anchor_pem(self) -> str:
        return self.real.trust_anchor_pem

    def sign(self, data: bytes) -> bytes:
        if self.breaks:
            raise ConnectionError("the key service does not answer")
        return self.real.sign(data)


def work_for(picture: bytes, *, checks: tuple[str, ...] = TWIN_CHECKS) -> OutputsWork:
    digest = hashlib.sha256(picture).hexdigest()
    output = OutputToScreen(0, ASSET, QUARANTINE_KEY, GALLERY_KEY, digest, "image/png")
    has_twin = Check.NO_ENROLLED_MATCH not in checks
    return OutputsWork(
        engine="pocket",
        rating="GENERAL",
        outputs=(output,),
        required_checks=checks,
        template_key=TEMPLATE_KEY if has_twin else None,
    )


@dataclass
class Screening:
    """A gate over a store, with everything in place until a test takes something away."""

    folder: Path
    signer: Signer
    analyser: FaceAnalyser | None = field(default_factory=StubAnalyser)
    limit_s: float = 30.0
    objects: SlowStore = field(default_factory=lambda: SlowStore(store().presigner))

    def __post_init__(self) -> None:
        self.issue_lists()
        self.objects.put(TEMPLATE_KEY, msgspec.json.encode(TEMPLATE), media_type="application/json")

    @property
    def hash_list(self) -> Path:
        return self.folder / "known-pictures.json"

    @property
    def face_list(self) -> Path:
        return self.folder / "listed-people.json"

    def issue_lists(
        self,
        *,
        hashes: tuple[str, ...] = (),
        faces: tuple[tuple[float, ...], ...] = (),
        age_s: float = HOUR_S,
    ) -> None:
        issue_list(self.hash_list, HashList("sandbox", NOW_S - age_s, hashes))
        issue_list(self.face_list, FaceList("sandbox", NOW_S - age_s, "stub-1", faces))

    def screen(self, picture: bytes, work: OutputsWork | None = None) -> OutputsScreened:
        """What is reported of this file, which is a picture unless `work` says otherwise."""
        self.objects.uploaded(QUARANTINE_KEY, picture)
        analyser = TimedAnalyser(self.analyser, limit_s=self.limit_s)
        lists = Lists(self.hash_list, self.face_list)
        gate = OutputGate(
            self.objects,
            analyser,
            OutputChecks(analyser, lists, now_s=lambda: NOW_S),
            Credentials(self.signer),
        )
        return gate.screen(work or work_for(picture), job=JOB, attempt=1, claim_id=CLAIM)


def verdicts(screened: OutputsScreened) -> dict[str, CheckResult]:
    (output,) = screened.outputs
    found = {check.check: check for check in output.checks}
    assert len(found) == len(output.checks)
    return found


def is_releasable(screened: OutputsScreened, checks: tuple[str, ...] = TWIN_CHECKS) -> bool:
    """What the domain makes of it."""
    told = [
        CheckVerdict(check.check, check.passed, check.model, check.score)
        for check in verdicts(screened).values()
    ]
    age_max_s = ROW.hash_list_age_max_s
    return not refusals_of_checks(checks, told, hash_list_age_max_s=age_max_s)
