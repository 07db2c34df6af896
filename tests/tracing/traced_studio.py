"""A living studio in which each process follows requests by itself, as it would alone."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from api.answering import execute
from api.context import StudioContext
from commands.handlers import HANDLERS
from processes.observed_studio import ObservedStudio
from processes.observed_transport import ObservedTransport
from processes.tracing.commands import CommandSpans
from processes.tracing.exporting import exported
from processes.tracing.tracing import Tracing
from processes.wiring.clock import system_clock
from tests.flow.living_studio import SECRET, LivingStudio
from topics.embedded import EmbeddedTransport
from topics.registry import TOPICS, Topic
from topics.transport import (
    BroadcastReader,
    Consumer,
    From,
    Publisher,
    Rebalancing,
    TopicDescription,
    Transport,
)

PROCESSES = ("api", "relay", "projector", "recorder", "reactor", "watchdog", "screener", "worker")


def this_process() -> str:
    """Whose thread this is. Executors have no name of their own, and are the reactor's."""
    name = threading.current_thread().name
    if name.startswith("AnyIO"):
        return "api"
    return name if name in PROCESSES else "reactor"


class Traced:
    """Each process's own tracing, by the thread that asks."""

    def __init__(self, tracings: dict[str, Tracing]) -> None:
        self.tracings = tracings
        self._commands = {name: CommandSpans(tracing) for name, tracing in tracings.items()}

    def command(
        self, name: str, command: Any, *, owner_id: UUID, key: UUID
    ) -> AbstractContextManager[None]:
        """See `CommandObserver.command`."""
        own = self._commands[this_process()]
        return own.command(name, command, owner_id=owner_id, key=key)


class TransportOfEach:
    """One transport, watched by the process whose thread takes a publisher or a reader."""

    def __init__(self, transport: Transport, tracings: dict[str, Tracing]) -> None:
        self._transport = transport
        self._own = {
            name: ObservedTransport(transport, [tracing]) for name, tracing in tracings.items()
        }

    def publisher(self, source: str) -> Publisher:
        return self._own[this_process()].publisher(source)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> Consumer:
        return self._own[this_process()].consumer(group, topics, member_id, rebalancing)

    def broadcast(self, topics: Sequence[Topic], from_: From) -> BroadcastReader:
        return self._own[this_process()].broadcast(topics, from_)

    def lag(self, group: str, topic: Topic) -> int:
        return self._transport.lag(group, topic)

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        self._transport.create_topics(topics)

    def describe(self) -> tuple[TopicDescription, ...]:
        return self._transport.describe()

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> "TransportOfEach":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class _Session:
    person_id: UUID


@dataclass(frozen=True)
class _Parts:
    studio: ObservedStudio
    spans: Tracing


class Asking:
    """Somebody's request, as far as a mutation needs one to carry out its command."""

    def __init__(self, studio: ObservedStudio, spans: Tracing, owner: UUID) -> None:
        self.parts = _Parts(studio, spans)
        self._session = _Session(owner)

    async def session(self) -> _Session:
        return self._session


@dataclass(frozen=True)
class TracedStudio:
    """The studio, and its door for mutations."""

    living: LivingStudio
    door: ObservedStudio
    traced: Traced

    async def mutate(self, command: Any, owner: UUID, key: UUID) -> Any:
        """What a resolver does with a command. Answers its result."""
        asking = Asking(self.door, self.traced.tracings["api"], owner)
        return (await execute(cast(StudioContext, asking), command, key)).result


@contextmanager
def traced_studio(url: str, admin_url: str, folder: Path, endpoint: str) -> Iterator[TracedStudio]:
    """Over topics in PostgreSQL. When the block ends, every span has been sent."""
    with ExitStack() as tracing, ExitStack() as stack:
        tracings = {name: tracing.enter_context(exported(endpoint, name)) for name in PROCESSES}
        embedded = stack.enter_context(EmbeddedTransport(url, lease_s=5.0))
        transport = cast(Transport, TransportOfEach(embedded, tracings))
        living = LivingStudio(url, admin_url, transport, folder, stack)
        traced = Traced(tracings)
        door = ObservedStudio(living.store, HANDLERS, system_clock, SECRET, [traced])
        living.studio = door
        living.start()
        yield TracedStudio(living, door, traced)
