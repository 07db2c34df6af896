"""The whole API over a real database, served on a real socket; jobs are rendered by hand."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import uvicorn
from fastapi import FastAPI
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.event_store.log import EventLog
from adapters.event_store.positions import claim_reader
from adapters.event_store.store import PostgresEventStore
from adapters.identity.sandbox import SandboxIdentity
from adapters.identity.sandbox_pages import identity_pages
from adapters.intents.postgres import open_intents
from adapters.intents.tail import ReaderIntents
from adapters.mail.in_memory import InMemoryPost
from adapters.objects.http import object_app
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from adapters.payment.sandbox import SandboxPayment
from adapters.payment.sandbox_pages import payment_pages
from adapters.postgres.connect import connect, open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.archives import PostgresArchives
from adapters.vault.common_passwords import ZxcvbnPasswords
from adapters.vault.in_memory_familiar_networks import InMemoryFamiliarNetworks
from adapters.vault.in_memory_tries import InMemoryTries
from adapters.vault.open_sessions import PostgresOpenSessions
from adapters.vault.password_links import PostgresPasswordLinks
from adapters.vault.passwords import Argon2Passwords
from adapters.vault.subject_keys import SubjectKeys
from api.app import Background, Folders, build_app
from api.attendance import AttendanceDesk
from api.feed import FeedHub
from api.feed_pulse import FeedPulse
from api.parts import Parts
from api.password_letters import PasswordLetters
from api.progress import ProgressBoard
from api.spans import NoSpans, Spans
from commands.catalogue import checks_documents
from commands.handlers import HANDLERS
from commands.ports.clock import Clock
from commands.ports.identity_provider import IdentityProvider
from commands.ports.tries import Tries, Try
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.studio import Studio
from domain.events import STORED_FORM
from domain.kernel.identity import SYSTEM
from processes.audit.ledger_log import ExportedLedger
from processes.reactor.announcing import Announcer
from processes.reactor.deeds import Deeds, Outside
from processes.reactor.executor import Executor, Wake
from processes.reactor.tail import Tail
from processes.wiring.api import server_config
from processes.wiring.survey import open_operations
from projections.projector import Projector
from topics.in_memory import InMemoryTransport
from topics.registry import FACTS

ROOT = Path(__file__).parents[2]
Vault = ConnectionPool[Connection[TupleRow]]
WEBHOOK_SECRET = b"w" * 32
BATCH = 5_000
START_WAIT_S = 10.0


class MovableClock:
    """The real time, which a test may move forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_by(self, **duration: float) -> None:
        """Let time pass, in the words of `timedelta`."""
        self._ahead += timedelta(**duration)


class Webhooks:
    """Carries a sandbox provider's webhooks to the API, and keeps a copy of each."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, dict[str, str], int]] = []
        self._http = httpx.Client()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Deliver one."""
        status = self._http.post(url, content=body, headers=dict(headers)).status_code
        self.sent.append((url, body, dict(headers), status))
        return status


class EndlessTries(InMemoryTries):
    """Lets every try pass: the tests all come from one address."""

    def take(self, tries: Sequence[Try], *, at: datetime) -> None:
        """Count nothing."""


@dataclass
class LiveStudio:
    """The parts that a test reaches behind the API, and the API's address."""

    url: str
    database: str
    clock: MovableClock
    parts: Parts
    studio: Studio
    store: PostgresEventStore
    accounts: PostgresAccounts
    post: InMemoryPost
    letters: PasswordLetters
    objects: InMemoryObjectStore
    identity: SandboxIdentity
    payment: SandboxPayment
    webhooks: Webhooks
    log: EventLog
    projector: Projector
    tail: Tail
    executor: Executor
    refused: list[str]
    served: "Served"
    _projected: int = 0
    _reacted: int = 0
    _keys: int = 0

    def restart(self) -> None:
        """End the API as its process does when it is stopped, and begin it anew."""
        self.served.stop()
        self.parts = self.served.start()

    def project(self) -> int:
        """Fold every new fact into the read models. Answers the position reached."""
        while facts := self.log.read(self._projected, BATCH):
            assert self.projector.apply(facts) == ()
            self._projected = facts[-1].position
        marks = dict.fromkeys(range(FACTS.partitions), self._projected)
        self.projector.note_watermarks(marks, partitions=FACTS.partitions)
        return self._projected

    def react(self) -> None:
        """Have everything done that is due, and whatever follows from it."""
        self._reacted = self.tail.follow(self._reacted)
        while self.executor.carry_out_next():
            self._reacted = self.tail.follow(self._reacted)

    def settle(self) -> int:
        """React, then project: everything that follows from what was done has been done."""
        self.react()
        return self.project()

    def does(self, command: Any, owner: UUID) -> Any:
        """Execute a command that no mutation offers: a worker's, a screener's, an operator's."""
        self._keys += 1
        key = uuid5(SYSTEM, f"key {self._keys}")
        return self.studio.execute(command, owner_id=owner, key=key).result

    def asks(self, question: Any, owner: UUID) -> Any:
        """Ask as a process would."""
        return self.studio.preview(question, owner_id=owner, key=uuid4())

    def event_types(self, owner: UUID) -> list[str]:
        """What was recorded of an owner, oldest first."""
        return [f.event_type for f in self.log.stream() if f.owner_id == owner]


@contextmanager
def live_studio(
    database: str,
    folder: Path,
    *,
    spans: Spans | None = None,
    tries: Tries | None = None,
    listening_url: str | None = None,
    pulse: FeedPulse | None = None,
    identity_of: Callable[[Vault, Clock], IdentityProvider] | None = None,
    **deployed: Any,
) -> Iterator[LiveStudio]:
    """Serve until the block ends. Prices and policy are published.

    `deployed` are parts that an operator decides: trusted proxies, origins, the public URL, caps.
    `listening_url` is where feeds listen, if they reach the database by another way than all else.
    `identity_of` makes the identity provider that takes the sandbox's place.
    """
    with ExitStack() as stack:
        writers = stack.enter_context(open_pool(database, "writer", size_max=8))
        vault = stack.enter_context(open_pool(database, "vault", size_max=8))
        readers = stack.enter_context(open_pool(database, "reader", size_max=12))
        projecting = stack.enter_context(open_pool(database, "projector", size_max=2))
        log = stack.enter_context(EventLog(database))
        reader = stack.enter_context(claim_reader(database, "reactor", wait_s=1.0, role="writer"))
        intents = stack.enter_context(open_intents(database, connections_max=2))
        look = stack.enter_context(open_operations(database))
        keys = SubjectKeys(vault, b"k" * 32)
        store = PostgresEventStore(writers, STORED_FORM, keys)
        clock, webhooks = MovableClock(), Webhooks()
        checking = None if identity_of is None else identity_of(vault, clock)
        is_document = checking is not None and checks_documents(checking.name)
        desk = AttendanceDesk(readers, lambda: clock().timestamp(), documents=is_document)
        studio = Studio(store, HANDLERS, clock, b"a" * 32, desk)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        accounts = PostgresAccounts(vault, keys, b"e" * 32)
        objects = InMemoryObjectStore(Presigner(f"{url}/objects", b"o" * 32))
        identity = SandboxIdentity(
            folder / "identity",
            public_url=f"{url}/sandbox/identity",
            callback_url=f"{url}/webhooks/identity",
            webhook_secret=WEBHOOK_SECRET,
            clock=clock,
            post=webhooks.post,
        )
        payment = SandboxPayment(
            folder / "payment",
            public_url=f"{url}/sandbox/payment",
            callback_url=f"{url}/webhooks/payment",
            webhook_secret=WEBHOOK_SECRET,
            clock=clock,
            post=webhooks.post,
        )
        refused: list[str] = []
        familiar = InMemoryFamiliarNetworks()
        links, post = PostgresPasswordLinks(vault), InMemoryPost()
        letters = PasswordLetters(accounts, links, post, clock, public_url=url)

        def parts() -> Parts:
            feed = FeedHub(lambda: connect(listening_url or database, "reader"), pulse)
            made = Parts(
                studio=studio,
                accounts=accounts,
                sessions=PostgresOpenSessions(vault),
                links=links,
                letters=letters,
                passwords=Argon2Passwords(),
                common_passwords=ZxcvbnPasswords(),
                tries=EndlessTries() if tries is None else tries,
                familiar=familiar,
                objects=objects,
                archives=PostgresArchives(vault),
                identity=checking or identity,
                payment=payment,
                connections=readers,
                operations=look,
                ledger_log=ExportedLedger(log),
                clock=clock,
                feed=feed,
                progress=ProgressBoard(feed.wake),
                session_country=lambda address: "XX",
                public_url=url,
                refused=refused.append,
                spans=spans or NoSpans(),
            )
            return replace(made, **deployed)

        def app(parts: Parts) -> FastAPI:
            return build_app(
                parts,
                Folders(ROOT / "web", ROOT / "graphql" / "operations", folder / "samples"),
                Background(
                    start=lambda: hub_at_work(parts.feed),
                    is_ready=lambda: True,
                    mounts={
                        "/objects": object_app(objects),
                        "/sandbox/identity": identity_pages(identity),
                        "/sandbox/payment": payment_pages(payment),
                    },
                ),
            )

        served = Served(parts, app, listening)
        topics = InMemoryTransport()
        topics.create_topics()
        announcer = Announcer(intents, studio, topics.publisher("/suite/reactor"), topics, clock)
        outside = Outside(objects, checking or identity, payment)
        deeds = Deeds(studio, outside, announcer, log, STORED_FORM, clock)
        live = LiveStudio(
            url=url,
            database=database,
            clock=clock,
            parts=served.start(),
            studio=studio,
            store=store,
            accounts=accounts,
            post=post,
            letters=letters,
            objects=objects,
            identity=identity,
            payment=payment,
            webhooks=webhooks,
            log=log,
            projector=Projector(projecting.connection, STORED_FORM, keys),
            tail=Tail(log, ReaderIntents(reader), STORED_FORM, clock, Wake()),
            executor=Executor(intents, deeds, clock),
            refused=refused,
            served=served,
        )
        stack.callback(served.stop)
        live.does(PublishPriceList(version=1, accepted_until=clock()), SYSTEM)
        live.does(PublishPolicy(version=1, approvers=(uuid5(SYSTEM, "Grace"),)), SYSTEM)
        live.project()
        yield live


@contextmanager
def hub_at_work(feed: FeedHub) -> Iterator[None]:
    """The hub listens for the length of a `with` block."""
    stop = threading.Event()
    thread = threading.Thread(target=feed.run, args=(stop,), name="feed")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Served:
    """The API on one address, which can be stopped and started."""

    def __init__(
        self,
        parts: Callable[[], Parts],
        app: Callable[[Parts], FastAPI],
        listening: socket.socket,
    ) -> None:
        self._make_parts = parts
        self._make_app = app
        self._listening = listening
        self._running: tuple[uvicorn.Server, threading.Thread, Parts] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that serves."""
        assert self._loop is not None
        return self._loop

    def start(self) -> Parts:
        """Begin to serve, with parts of its own. Clients wait in the socket's queue meanwhile."""
        parts = self._make_parts()
        config = server_config(self._make_app(parts), grace_s=1)
        server = uvicorn.Server(config)
        sockets = [self._listening.dup()]

        def serve() -> None:
            with asyncio.Runner() as runner:
                self._loop = runner.get_loop()
                runner.run(server.serve(sockets))

        thread = threading.Thread(target=serve, name="api")
        thread.start()
        deadline_s = time.monotonic() + START_WAIT_S
        while not server.started and time.monotonic() < deadline_s:
            threading.Event().wait(0.01)
        self._running = server, thread, parts
        return parts

    def stop(self) -> None:
        """End feeds and then the server, as `processes.wiring.api` does. May be repeated."""
        if self._running is not None:
            server, thread, parts = self._running
            self._running = None
            parts.feed.close()
            server.should_exit = True
            thread.join()
