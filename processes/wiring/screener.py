"""Screener: judges photos and outputs, signs what it passes on, and decides nothing."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from adapters.objects.s3_place import S3User
from adapters.provenance.file_signer import FileSigner
from gpu_consumers.engines.pocket.analyser import AnalyserWeightsMissing, PocketFaceAnalyser
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.engine_gates import (
    FamilyGates,
    GatesByEngine,
    OutputsByEngine,
    PhotosByEngine,
    SourcePhotosByEngine,
)
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.gate_fault import GateFault
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.output_checks import CARTOON_WORLD_ENGINES, Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.photo_gate import PhotoGate
from gpu_consumers.screening.photo_vetoes import PhotoVetoes
from gpu_consumers.screening.photograph_gates import PhotographGates
from gpu_consumers.screening.publish_gate import PublishGate
from gpu_consumers.screening.screener import Screener, ScreenerPace
from gpu_consumers.screening.source_photo_gate import SourcePhotoGate
from processes.metrics.work import WorkMetrics
from processes.presence import said_to_be_there
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.members import member_name
from processes.wiring.objects import open_objects
from processes.wiring.transport import open_transport
from topics.messages.attendance import ScreenerPresent
from topics.registry import GATES

log = structlog.get_logger()

POCKET_WEIGHTS = Path(__file__).parents[2] / "gpu_consumers" / "engines" / "pocket" / "weights"


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run one screener until `stop` is set."""
    objects = open_objects(settings, load_secrets(settings.secrets), S3User.SCREENER)
    loaded = _load_analyser()
    credentials = Credentials(FileSigner(settings.secrets / "provenance"))
    photographs = PhotographGates(settings.gates)
    lists = Lists(
        known_pictures=settings.home / "lists" / "known-pictures.json",
        listed_people=settings.home / "lists" / "listed-people.json",
    )
    gates = gates_by_engine(TimedAnalyser(loaded), lists, photographs, objects, credentials)
    present = Attendant(
        member_name(settings, "screener"), photographs, judges_cartoons=loaded is not None
    )
    seen = WorkMetrics(sight.registry, loads=(), engines=LOADERS.keys())
    with (
        open_transport(settings, (*sight.message_observers, seen)) as transport,
        said_to_be_there(transport, GATES, present.words, every_s=settings.liveness_s),
    ):
        Screener(
            member_name(settings, "screener"),
            transport,
            PhotosByEngine(gates),
            OutputsByEngine(gates),
            SourcePhotosByEngine(gates),
            PublishGate(objects, credentials),
            pace=ScreenerPace(alive_s=settings.liveness_s),
        ).run(stop)


class Attendant:
    """Says which engines can be judged now, and notes whatever closes or opens one."""

    def __init__(self, member: str, photographs: PhotographGates, *, judges_cartoons: bool) -> None:
        self._member = member
        self._cartoons = CARTOON_WORLD_ENGINES if judges_cartoons else frozenset()
        self._photographs = photographs
        self._said: tuple[GateFault, ...] | None = None

    def words(self) -> ScreenerPresent:
        """What is announced every few seconds."""
        faults = self._photographs.faults()
        if faults != self._said:
            self._said = faults
            closed = [f"{fault.gate}: {fault.trouble}" for fault in faults]
            log.info("gates of photographs", closed=closed, advice="suite doctor")
        drawn = frozenset() if faults else LOADERS.keys() - CARTOON_WORLD_ENGINES
        return ScreenerPresent(self._member, tuple(sorted({*self._cartoons, *drawn})))


def gates_by_engine(
    cartoons: TimedAnalyser,
    lists: Lists,
    photographs: PhotographGates,
    objects: ScreenerObjects,
    credentials: Credentials,
    *,
    now_s: Callable[[], float] = time.time,
) -> GatesByEngine:
    """The gates of both families. `lists` are those of cartoons; photographs have their own."""

    def of_cartoons() -> FamilyGates:
        checks = OutputChecks(cartoons, lists, now_s=now_s)
        return FamilyGates(
            PhotoGate(objects, cartoons),
            OutputGate(objects, cartoons, checks, credentials),
            SourcePhotoGate(objects, cartoons, checks),
        )

    def of_photographs() -> FamilyGates:
        loaded = photographs.at_hand()
        checks = OutputChecks(loaded.analyser, photographs.lists, loaded.vetoes, now_s=now_s)
        return FamilyGates(
            PhotoGate(objects, loaded.analyser, PhotoVetoes(checks, loaded.vetoes)),
            OutputGate(objects, loaded.analyser, checks, credentials),
            SourcePhotoGate(objects, loaded.analyser, checks),
        )

    return GatesByEngine(of_cartoons(), of_photographs)


def _load_analyser() -> PocketFaceAnalyser | None:
    try:
        return PocketFaceAnalyser.load(POCKET_WEIGHTS)
    except AnalyserWeightsMissing as missing:
        # Without a model every gate that needs it denies.
        log.error("analyser absent", reason=str(missing))
        return None
