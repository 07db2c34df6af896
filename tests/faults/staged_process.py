"""Runs one process of an installation as its wiring does, with the engine, the analyser or the
object store exchanged for one whose accidents a test decides: `python -m ... worker`.
"""

import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from adapters.objects.folder import FREE_BYTES_MIN, FolderObjectStore
from adapters.objects.s3_place import S3User
from adapters.provenance.file_signer import FileSigner
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.lists import FaceList, issue_list
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.photo_gate import PhotoGate
from gpu_consumers.screening.publish_gate import PublishGate
from gpu_consumers.screening.screener import Screener, ScreenerPace
from gpu_consumers.screening.source_photo_gate import SourcePhotoGate
from gpu_consumers.worker.child import (
    ChildSettings,
    Workbench,
    live_with_parent,
    take_orders,
)
from gpu_consumers.worker.child_process import ChildProcess
from gpu_consumers.worker.worker import Worker, WorkerLimits
from processes.heartbeat import Heartbeat, heartbeat_file
from processes.lifecycle import stop_requested
from processes.log import configure
from processes.secrets import Secrets, load_secrets
from processes.settings import Settings, load_settings
from processes.sight import Sight
from processes.standstill import end_at_standstill
from processes.wiring.members import member_name
from processes.wiring.objects import open_folder, open_objects
from processes.wiring.transport import open_transport
from processes.wiring.worker import BATCH_ROOMS, SILENCE_SHARE_MAX
from tests.faults.halting_upload import halting_objects
from tests.faults.stage import (
    ANALYSER_IS_LOOKING,
    HOLD_ANALYSER,
    HOLD_PAINTER,
    OUT_OF_MEMORY,
    PAINTER_IS_DRAWING,
    STORE_IS_FULL,
    Stage,
    stage_of,
)
from tests.flow.painter import Painter
from tests.flow.scripted_analyser import ScriptedAnalyser, Seen
from topics.messages.progress import Phase

LOOK_AGAIN_S = 0.05
STEP_LIMIT_S = 5.0
"""A child that is well reports many times a second, also while it is held."""

NO_ROOM_BYTES = 2**62
STAGED = ("worker", "screener", "api")


class StagedPainter(Painter):
    """Is held by a flag, says by another that it draws, and runs out of memory once per flag."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def _take_time(self, progress: Any, steps_total: int) -> None:
        if self._stage.take(OUT_OF_MEMORY):
            self.accidents.append(MemoryError())
        _follow(self._stage, HOLD_PAINTER, self.may_finish)
        progress.report(Phase.STEP, 0, steps_total)
        self._stage.raise_flag(PAINTER_IS_DRAWING)
        super()._take_time(progress, steps_total)


class StagedAnalyser(ScriptedAnalyser):
    """Is held by a flag, and says that it is looking by another."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def analyse(self, rgb: NDArray[np.uint8]) -> Seen:
        """See `FaceAnalyser.analyse`."""
        self._stage.raise_flag(ANALYSER_IS_LOOKING)
        _follow(self._stage, HOLD_ANALYSER, self.may_answer)
        return super().analyse(rgb)


class CrampedObjectStore(FolderObjectStore):
    """Has no room while a flag is up, as on a disk that others have filled."""

    def __init__(self, root: Path, presigner: Any, stage: Stage) -> None:
        self._stage = stage
        super().__init__(root, presigner)

    @property
    def _free_bytes_min(self) -> int:
        return NO_ROOM_BYTES if self._stage.is_up(STORE_IS_FULL) else FREE_BYTES_MIN

    @_free_bytes_min.setter
    def _free_bytes_min(self, value: int) -> None: ...


def run_worker(settings: Settings, stop: threading.Event) -> None:
    """A worker whose child is a painter in a process of its own."""
    name = member_name(settings, "worker")
    child = ChildSettings(settings.home / "worker" / name)
    limits = WorkerLimits(
        alive_interval_s=settings.liveness_s,
        claim_again_s=1.0,
        silence_max_s=settings.lease_s * SILENCE_SHARE_MAX,
    )
    with open_transport(settings) as transport:
        Worker(
            name,
            transport,
            lambda: ChildProcess(child, run_painter),
            {loader.id: {Phase.STEP: STEP_LIMIT_S} for loader in LOADERS.values()},
            rooms=BATCH_ROOMS,
            limits=limits,
        ).run(stop)


def run_painter(pipe: Connection, settings: ChildSettings) -> None:
    """The child's whole life, as the real one's but for its engine."""
    live_with_parent()
    stage = stage_of(settings.work_dir.parents[1])
    painter = StagedPainter(stage)
    folder = settings.work_dir / "trainings"
    take_orders(pipe, Workbench(lambda _: painter, halting_objects(stage), folder))


def run_screener(settings: Settings, stop: threading.Event) -> None:
    """A screener whose analyser sees Ada everywhere."""
    objects = open_objects(settings, load_secrets(settings.secrets), S3User.SCREENER)
    analyser = TimedAnalyser(StagedAnalyser(stage_of(settings.home)))
    people = settings.home / "stage" / "listed-people.json"
    issued_at_s = people.parent.stat().st_mtime
    issue_list(people, FaceList("test", issued_at_s, ScriptedAnalyser.MODEL_ID, ()))
    lists = Lists(settings.home / "lists" / "known-pictures.json", people)
    credentials = Credentials(FileSigner(settings.secrets / "provenance"))
    checks = OutputChecks(analyser, lists)
    with open_transport(settings) as transport:
        Screener(
            member_name(settings, "screener"),
            transport,
            PhotoGate(objects, analyser),
            OutputGate(objects, analyser, checks, credentials),
            SourcePhotoGate(objects, analyser, checks),
            PublishGate(objects, credentials),
            pace=ScreenerPace(poll_s=0.2, claim_again_s=1.0, alive_s=settings.liveness_s),
        ).run(stop)


def run_api(settings: Settings, stop: threading.Event) -> None:
    """The API as it is, over a store that can be filled."""
    from processes.wiring import api

    def cramped(settings: Settings, secrets: Secrets) -> CrampedObjectStore:
        presigner = open_folder(settings, secrets).presigner
        return CrampedObjectStore(settings.home / "objects", presigner, stage_of(settings.home))

    with patch.object(api, "open_folder", cramped):
        api.run(settings, stop, Sight())


def _follow(stage: Stage, flag: str, permit: threading.Event) -> None:
    """Have `permit` say whether the flag is down, until it is."""
    if not stage.is_up(flag):
        permit.set()
        return
    permit.clear()

    def watch() -> None:
        never = threading.Event()
        while stage.is_up(flag):
            never.wait(LOOK_AGAIN_S)
        permit.set()

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Entry point."""
    name = sys.argv[1]
    settings = load_settings()
    stop = Heartbeat(heartbeat_file(settings, name))
    stop_requested(stop)
    configure(settings, name)
    end_at_standstill(name, stop, turn_max_s=settings.turn_max_s)
    try:
        {"worker": run_worker, "screener": run_screener, "api": run_api}[name](settings, stop)
    finally:
        stop.end()


if __name__ == "__main__":
    main()
