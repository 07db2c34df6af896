"""Screener: judges photos and outputs, signs what it passes on, and decides nothing."""

import threading
from pathlib import Path

import structlog

from adapters.objects.s3_place import S3User
from adapters.provenance.file_signer import FileSigner
from gpu_consumers.engines.pocket import loading as pocket
from gpu_consumers.engines.pocket.analyser import AnalyserWeightsMissing, PocketFaceAnalyser
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.photo_gate import PhotoGate
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
    analyser = TimedAnalyser(loaded)
    # What knows faces of one world knows none of another: no photograph is judged by it.
    present = ScreenerPresent(
        member_name(settings, "screener"), () if loaded is None else (pocket.ENGINE,)
    )
    lists = Lists(
        known_pictures=settings.home / "lists" / "known-pictures.json",
        listed_people=settings.home / "lists" / "listed-people.json",
    )
    credentials = Credentials(FileSigner(settings.secrets / "provenance"))
    checks = OutputChecks(analyser, lists)
    seen = WorkMetrics(sight.registry, loads=(), engines=LOADERS.keys())
    with (
        open_transport(settings, (*sight.message_observers, seen)) as transport,
        said_to_be_there(transport, GATES, lambda: present, every_s=settings.liveness_s),
    ):
        Screener(
            member_name(settings, "screener"),
            transport,
            PhotoGate(objects, analyser),
            OutputGate(objects, analyser, checks, credentials),
            SourcePhotoGate(objects, analyser, checks),
            PublishGate(objects, credentials),
            pace=ScreenerPace(alive_s=settings.liveness_s),
        ).run(stop)


def _load_analyser() -> PocketFaceAnalyser | None:
    try:
        return PocketFaceAnalyser.load(POCKET_WEIGHTS)
    except AnalyserWeightsMissing as missing:
        # Without a model every gate that needs it denies.
        log.error("analyser absent", reason=str(missing))
        return None
