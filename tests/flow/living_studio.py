"""All processes of the studio but the API, as threads of this one, over any transport."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader
from adapters.event_store.watched_claims import PostgresWatchedClaims
from adapters.identity.sandbox import SandboxIdentity
from adapters.objects.http import object_app
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from adapters.parked_messages.postgres import PostgresParkedMessages
from adapters.payment.sandbox import SandboxPayment
from adapters.postgres.connect import open_pool
from adapters.provenance.file_signer import FileSigner
from commands.ports.clock import Clock
from commands.ports.object_store import ObjectStore
from domain.events import STORED_FORM
from domain.job_state import JobState
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.presigned_objects import PresignedObjects
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.photo_gate import PhotoGate
from gpu_consumers.screening.publish_gate import PublishGate
from gpu_consumers.screening.screener import Screener, ScreenerPace
from gpu_consumers.screening.source_photo_gate import SourcePhotoGate
from gpu_consumers.training.training_places import forget_trainings
from gpu_consumers.worker.worker import Worker, WorkerLimits
from processes import projector as projector_process
from processes import recorder as recorder_process
from processes.prepare import publish_defaults
from processes.projector import FactProjection
from processes.reactor.deeds import Outside
from processes.recorder import TOPICS, Recorder
from processes.recorder.parking import ParkingRecorder
from processes.relay import Relay
from processes.watchdog import Watchdog
from processes.wiring.active import while_active
from processes.wiring.clock import system_clock
from projections.catch_up import CatchUp
from projections.projector import Projector
from tests.faults.oracle import until
from tests.flow.painter import ChildThread, Painter
from tests.flow.scripted_analyser import ScriptedAnalyser
from tests.flow.studio_desk import StudioDesk
from tests.reactor.running_reactor import run_reactor
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.registry import FACTS, RESULTS
from topics.transport import From, Transport

KEK = bytes(range(32))
SECRET = b"a secret of the test studio ....."[:32]
ADDRESS = "http://studio.test"
PACE = ScreenerPace(poll_s=0.1, claim_again_s=2.0, alive_s=0.5, retry_delays_s=(0.05, 0.05))
LIMITS = WorkerLimits(wait_s=0.05, alive_interval_s=0.5, claim_again_s=2.0, stop_grace_s=20.0)
LEASE_S = 5.0
STOP_PATIENCE_S = 30.0


class LivingStudio(StudioDesk):
    """Every part as its own wiring builds it; only engine, analyser and object store are ours.

    Requests go through the same door as the API's. Any number of people may live here. `address` is
    where presigned forms and URLs point: nobody listens there, unless somebody is told to. With a
    `bucket`, they point to its server.
    """

    lease_s = LEASE_S
    limits = LIMITS

    def __init__(
        self,
        url: str,
        admin_url: str,
        transport: Transport,
        folder: Path,
        stack: ExitStack,
        *,
        address: str = ADDRESS,
        bucket: ObjectStore | None = None,
        clock: Clock = system_clock,
    ) -> None:
        if bucket is None:
            objects = InMemoryObjectStore(
                Presigner(f"{address}/objects", SECRET, now_s=lambda: clock().timestamp())
            )
            self._objects_app = object_app(objects)
            app = Starlette(routes=[Mount("/objects", self._objects_app)])
            http = httpx.Client(transport=httpx.MockTransport(_served_by(app, address)))
            presigned = PresignedObjects(http, wait=lambda _: None)
        else:
            http = stack.enter_context(httpx.Client())
            presigned = PresignedObjects(http)
        store = bucket or objects
        super().__init__(
            url, admin_url, store, http, stack, kek=KEK, args_secret=SECRET, clock=clock
        )
        self.transport = transport
        self.painter = Painter()
        self.analyser = ScriptedAnalyser()
        self._presigned = presigned
        self._folder = folder
        self.signing_keys = folder / "keys"
        self.trainings = folder / "trainings"
        self._stack = stack
        self._projecting = stack.enter_context(open_pool(url, "projector", size_max=2))
        self._parking = stack.enter_context(open_pool(url, "writer", size_max=2))
        self.identity = SandboxIdentity(
            folder / "sandbox",
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=clock,
        )
        self.payment = SandboxPayment(
            folder / "sandbox",
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=clock,
        )
        self._issue_lists()
        transport.create_topics()
        publish_defaults(self.studio)

    def start(self) -> None:
        """Start every process. The stack that was given stops them all, and none may have died."""
        stop = threading.Event()
        died: list[str] = []
        parts = {
            "relay": self._relay,
            "projector": self._projector,
            "recorder": self._recorder,
            "reactor": self._reactor,
            "watchdog": self._watchdog,
            "screener": self._screener,
            **self._lives_of_workers(),
        }

        def live(name: str, run: Callable[[threading.Event], None]) -> None:
            try:
                run(stop)
            except BaseException as error:
                died.append(f"{name}: {error!r}")
                raise

        threads = [
            threading.Thread(target=partial(live, name, run), name=name)
            for name, run in parts.items()
        ]

        def end() -> None:
            stop.set()
            for thread in threads:
                thread.join(STOP_PATIENCE_S)
            assert died == []
            assert [thread.name for thread in threads if thread.is_alive()] == []

        self._stack.callback(end)
        for thread in threads:
            thread.start()

    def is_drawn(self, job: UUID, owner: UUID) -> None:
        """Wait until the held painter is at work on a job: granted, and not only claimed."""
        self.comes_to(job, owner, JobState.STARTED)
        until(self.painter.is_at_work.is_set, "the painter is at work")

    def _now_s(self) -> float:
        return self.clock().timestamp()

    def _issue_lists(self) -> None:
        now_s = time.time()
        self._lists = Lists(self._folder / "pictures.json", self._folder / "people.json")
        issue_list(self._folder / "pictures.json", HashList("test", now_s, ()))
        issue_list(
            self._folder / "people.json", FaceList("test", now_s, ScriptedAnalyser.MODEL_ID, ())
        )

    def _relay(self, stop: threading.Event) -> None:
        def relay(reader: ActiveReader) -> None:
            with EventLog(self.url) as events, self.transport.publisher("/suite/relay") as out:
                Relay(events, reader, out).run(stop)

        while_active(self.url, "relay", stop, relay)

    def _projector(self, stop: threading.Event) -> None:
        group = projector_process.GROUP
        with (
            self.transport.publisher("/suite/projector") as publisher,
            self.transport.consumer(group, [FACTS], "projector") as consumer,
        ):
            connect = self._projecting.connection
            projection = FactProjection(
                Projector(connect, STORED_FORM, self.keys),
                CatchUp(connect, STORED_FORM, self.keys, self.events.read_of),
                DeadLetterBox(publisher, group),
            )
            ConsumerLoop(consumer, projection.handle, None, meanwhile=projection.retry_due).run(
                stop
            )

    def _recorder(self, stop: threading.Event) -> None:
        group = recorder_process.GROUP
        with (
            self.transport.publisher("/suite/recorder") as publisher,
            self.transport.consumer(group, TOPICS, "recorder") as consumer,
        ):
            recorder = ParkingRecorder(
                Recorder(self.studio, self.store, self.objects, publisher, now_s=self._now_s),
                PostgresParkedMessages(self._parking),
                DeadLetterBox(publisher, group, in_a_row_max=None),
            )
            ConsumerLoop(consumer, recorder.handle, None, meanwhile=recorder.retry_due).run(stop)

    def _reactor(self, stop: threading.Event) -> None:
        outside = Outside(self.objects, self.identity, self.payment)
        run_reactor(self.url, self.studio, outside, self.transport, stop, clock=self.clock)

    def _watchdog(self, stop: threading.Event) -> None:
        def watch(reader: ActiveReader) -> None:
            with (
                self.transport.publisher("/suite/watchdog") as publisher,
                self.transport.broadcast([RESULTS], From.END) as voices,
            ):
                Watchdog(
                    reader,
                    PostgresWatchedClaims(reader),
                    voices,
                    publisher,
                    STORED_FORM,
                    self.studio,
                    lease_s=self.lease_s,
                    monotonic_s=time.monotonic,
                    now=self.clock,
                ).run(stop)

        while_active(self.url, "watchdog", stop, watch)

    def _screener(self, stop: threading.Event) -> None:
        analyser = TimedAnalyser(self.analyser)
        checks = OutputChecks(analyser, self._lists)
        credentials = Credentials(FileSigner(self.signing_keys))
        Screener(
            "screener",
            self.transport,
            PhotoGate(self.objects, analyser),
            OutputGate(self.objects, analyser, checks, credentials),
            SourcePhotoGate(self.objects, analyser, checks),
            PublishGate(self.objects, credentials),
            pace=PACE,
        ).run(stop)

    def _lives_of_workers(self) -> dict[str, Callable[[threading.Event], None]]:
        """How each worker lives, by its name."""
        return {"worker": self._worker}

    def _worker(self, stop: threading.Event) -> None:
        self.worker("worker", self.painter).run(stop)

    def worker(self, name: str, painter: Painter, kind: type[Worker] = Worker) -> Worker:
        """One worker, with a painter of its own."""
        trainings = self.trainings
        return kind(
            name,
            self.transport,
            lambda: ChildThread(painter, self._presigned, trainings),
            {loader.id: loader.phase_limits_s for loader in LOADERS.values()},
            forget_files=partial(forget_trainings, trainings),
            rooms={painter.engine: painter.room},
            limits=self.limits,
            clock=self._now_s,
        )


def _served_by(app: Starlette, address: str) -> Callable[[httpx.Request], httpx.Response]:
    """The application as somebody at the other end of the wire meets it."""
    client = TestClient(app, base_url=address)

    def answer(request: httpx.Request) -> httpx.Response:
        answered = client.request(
            request.method,
            str(request.url),
            content=request.read(),
            headers={"content-type": request.headers.get("content-type", "")},
        )
        return httpx.Response(answered.status_code, content=answered.content, request=request)

    return answer


@contextmanager
def living_studio(
    url: str,
    admin_url: str,
    transport: Transport,
    folder: Path,
    *,
    bucket: ObjectStore | None = None,
) -> Iterator[LivingStudio]:
    """A studio in which everything runs. When it ends, everything has to be in order."""
    with ExitStack() as stack:
        studio = LivingStudio(url, admin_url, transport, folder, stack, bucket=bucket)
        studio.start()
        yield studio
