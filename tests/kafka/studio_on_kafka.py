"""A living studio on Kafka whose workers are processes that a test stops, wakes and kills."""

import os
import signal
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from uuid import UUID

from starlette.applications import Starlette
from starlette.routing import Mount

from tests.faults.oracle import until
from tests.faults.stage import stage_of
from tests.flow.living_studio import LivingStudio
from tests.kafka.upload_gate import UploadGate, served
from tests.kafka.worker_process import worker_process
from topics.codec import Undecodable
from topics.messages.progress import JobProgressed, Phase
from topics.registry import PROGRESS, RESULTS, VERDICTS, Message
from topics.transport import From, Transport

END_PATIENCE_S = 40.0


class StudioOnKafka(LivingStudio):
    """Everything but the workers runs as threads. The object store answers on a port of its own.

    `bootstrap` is for the workers; all else goes over `transport`.
    """

    lease_s = 3.0

    def __init__(
        self,
        url: str,
        admin_url: str,
        bootstrap: str,
        transport: Transport,
        folder: Path,
        stack: ExitStack,
    ) -> None:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        super().__init__(url, admin_url, transport, folder, stack, address=address)
        self.home = folder
        self.stage = stage_of(folder)
        self.gate = UploadGate(self._objects_app)
        stack.enter_context(served(Starlette(routes=[Mount("/objects", self.gate)]), listening))
        self._bootstrap = bootstrap
        self._workers: dict[str, BaseProcess] = {}
        self._heard: list[Message] = []
        self._ears = stack.enter_context(
            transport.broadcast([RESULTS, VERDICTS, PROGRESS], From.END)
        )
        self._ears.poll(0.0)
        stack.callback(self.end_workers)

    def _worker(self, stop: Event) -> None:
        stop.wait()

    def has_workers(self, *names: str) -> None:
        """Have these workers run, and no others."""
        self.end_workers(self._workers.keys() - set(names))
        for name in names:
            if name not in self._workers:
                self._workers[name] = worker_process(name, self._bootstrap, self.lease_s, self.home)

    def kill_worker(self, name: str) -> None:
        """kill -9, and make sure that it was still alive."""
        process = self._workers.pop(name)
        process.kill()
        process.join(END_PATIENCE_S)
        assert process.exitcode == -signal.SIGKILL

    def stop_worker(self, name: str) -> None:
        """SIGSTOP: it does nothing any more, and does not know it."""
        os.kill(self._pid(name), signal.SIGSTOP)

    def wake_worker(self, name: str) -> None:
        """SIGCONT."""
        os.kill(self._pid(name), signal.SIGCONT)

    def end_workers(self, names: Collection[str] | None = None) -> None:
        """Drain these, or all of them. May be repeated."""
        ending = {
            name: self._workers[name] for name in self._workers if names is None or name in names
        }
        for name, process in ending.items():
            # Where a test has failed it may still be asleep.
            self.wake_worker(name)
            process.terminate()
        for name, process in ending.items():
            process.join(END_PATIENCE_S)
            assert process.exitcode == 0, f"{name} ended with {process.exitcode}"
            del self._workers[name]

    def _pid(self, name: str) -> int:
        pid = self._workers[name].pid
        assert pid is not None
        return pid

    def hears(self, wanted: Callable[[Message], bool], what: str) -> Message:
        """Wait until a wanted result or progress has come, and answer the first one."""

        def look() -> Message | None:
            for delivery in self._ears.poll(0.0):
                if not isinstance(delivery.message, Undecodable):
                    self._heard.append(delivery.message)
            return next((message for message in self._heard if wanted(message)), None)

        found: Message = until(look, what)
        return found

    def is_stepping(self, job: UUID) -> None:
        """Wait until an engine is in the middle of the first attempt."""

        def steps(message: Message) -> bool:
            return isinstance(message, JobProgressed) and (
                (message.job, message.attempt, message.phase) == (job, 1, Phase.STEP)
            )

        self.hears(steps, "a worker is in the middle of it")

    @contextmanager
    def flag(self, name: str) -> Iterator[None]:
        """A flag of the stage, up inside the block."""
        self.stage.raise_flag(name)
        try:
            yield
        finally:
            self.stage.lower_flag(name)


@contextmanager
def studio_on_kafka(
    url: str, admin_url: str, bootstrap: str, transport: Transport, folder: Path
) -> Iterator[StudioOnKafka]:
    """A studio that runs. When it ends, everything has to be in order."""
    with ExitStack() as stack:
        studio = StudioOnKafka(url, admin_url, bootstrap, transport, folder, stack)
        studio.start()
        yield studio
