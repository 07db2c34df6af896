"""Which gates judge what an engine is asked for: those of cartoons or those of photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gpu_consumers.screening.output_checks import CARTOON_WORLD_ENGINES
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.photo_gate import PhotoGate
from gpu_consumers.screening.source_photo_gate import SourcePhotoGate
from topics.messages.results import OutputsScreened, PhotosJudged, SourcePhotoJudged
from topics.messages.work import OutputsWork, PhotoSetWork, SourcePhotoWork


class JudgesPhotos(Protocol):
    """What a screener asks about a photo set."""

    def judge(self, work: PhotoSetWork, claim_id: UUID) -> PhotosJudged: ...


class ScreensOutputs(Protocol):
    """What a screener asks about what was rendered."""

    def screen(
        self, work: OutputsWork, *, job: UUID, attempt: int, claim_id: UUID
    ) -> OutputsScreened: ...


class JudgesSourcePhotos(Protocol):
    """What a screener asks about a photo that something is to begin with."""

    def judge(self, work: SourcePhotoWork, claim_id: UUID) -> SourcePhotoJudged: ...


@dataclass(frozen=True)
class FamilyGates:
    """The gates of one family of engines."""

    photos: PhotoGate
    outputs: OutputGate
    source_photos: SourcePhotoGate


class GatesByEngine:
    """Only an engine that is named as one of cartoons is judged as such."""

    def __init__(self, cartoons: FamilyGates, photographs: Callable[[], FamilyGates]) -> None:
        self._cartoons = cartoons
        self._photographs = photographs

    def of(self, engine: str) -> FamilyGates:
        """The gates for one engine, as they are now."""
        return self._cartoons if engine in CARTOON_WORLD_ENGINES else self._photographs()


@dataclass(frozen=True)
class PhotosByEngine:
    """Photo sets, each by the gates of its engine."""

    gates: GatesByEngine

    def judge(self, work: PhotoSetWork, claim_id: UUID) -> PhotosJudged:
        """See `PhotoGate`."""
        return self.gates.of(work.engine).photos.judge(work, claim_id)


@dataclass(frozen=True)
class OutputsByEngine:
    """Outputs, each by the gates of its engine."""

    gates: GatesByEngine

    def screen(
        self, work: OutputsWork, *, job: UUID, attempt: int, claim_id: UUID
    ) -> OutputsScreened:
        """See `OutputGate`."""
        gate = self.gates.of(work.engine).outputs
        return gate.screen(work, job=job, attempt=attempt, claim_id=claim_id)


@dataclass(frozen=True)
class SourcePhotosByEngine:
    """Photos to begin with, each by the gates of its engine."""

    gates: GatesByEngine

    def judge(self, work: SourcePhotoWork, claim_id: UUID) -> SourcePhotoJudged:
        """See `SourcePhotoGate`."""
        return self.gates.of(work.engine).source_photos.judge(work, claim_id)
