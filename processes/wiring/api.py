"""API: GraphQL, webhooks, the studio's pages, and the embedded object store's URLs."""

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import structlog
import uvicorn
from fastapi import FastAPI
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool
from starlette.types import ASGIApp

from adapters.event_store.log import EventLog
from adapters.identity.sandbox import SandboxIdentity
from adapters.identity.sandbox_pages import identity_pages
from adapters.objects.http import object_app
from adapters.objects.s3_place import S3User
from adapters.payment.sandbox_pages import payment_pages
from adapters.postgres.connect import connect, open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.archives import PostgresArchives
from adapters.vault.common_passwords import ZxcvbnPasswords
from adapters.vault.familiar_networks import PostgresFamiliarNetworks
from adapters.vault.open_sessions import PostgresOpenSessions
from adapters.vault.password_links import PostgresPasswordLinks
from adapters.vault.passwords import Argon2Passwords
from adapters.vault.tries import PostgresTries
from api.app import Background, Folders, build_app
from api.attendance import AttendanceDesk
from api.bounded_http import BoundedHttp
from api.feed import FeedHub
from api.parts import Parts
from api.password_letters import PasswordLetters
from api.progress import ProgressBoard
from api.proxies import TrustedProxies
from api.spans import NoSpans
from api.threads import EXPORTS_MAX
from commands.catalogue import checks_documents
from commands.ports.object_store import ObjectStore
from processes.audit.ledger_log import ExportedLedger
from processes.garbage import look_seldom
from processes.listening import listen
from processes.metrics.api import ApiMetrics
from processes.secrets import Secrets, load_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.clock import system_clock
from processes.wiring.command_observers import command_observers
from processes.wiring.objects import OBJECTS_PATH, open_bucket, open_folder
from processes.wiring.post import open_post
from processes.wiring.providers import (
    IDENTITY_PATH,
    PAYMENT_PATH,
    open_identity,
    open_payment,
)
from processes.wiring.studio import open_studio
from processes.wiring.survey import open_operations
from processes.wiring.transport import open_transport
from topics.registry import PROGRESS
from topics.transport import From, Transport

log = structlog.get_logger()

ROOT = Path(__file__).parents[2]
READER_CONNECTIONS_MAX = 12
WEBHOOK_INTERVAL_S = 1.0
GRACE_S = 5
"""How long open feeds may take to end before they are cut."""

DEAD_PEER = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 6_000,
}
"""Seconds, except the last, in ms: the listening connection is given up within a few of them."""

WEBSOCKET_MESSAGE_MAX_BYTES = 64 * 1024

WEBSOCKET_PING_S = 45.0
"""Proxies cut what is silent for a minute, as nginx does; each ping is work for both sides."""

SANDBOX_COUNTRY = "XX"


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Serve until `stop` is set."""
    secrets = load_secrets(settings.secrets)
    with ExitStack() as stack:
        feed = FeedHub(lambda: _listening(settings.require_database_url()))
        app = _assemble(settings, secrets, stack, feed, sight)
        # A look through all that was imported holds every request up for a tenth of a second.
        look_seldom()
        server = ApiServer(server_config(app, grace_s=GRACE_S), stop)
        listening = stack.enter_context(_listen(settings))
        threading.Thread(target=_end_with, args=(server, feed, stop), daemon=True).start()
        server.run(sockets=[listening])


def _listen(settings: Settings) -> socket.socket:
    """The port, shared where several API processes run. Ends the process where it is taken."""
    try:
        # Between ours alone: the kernel lets in nobody who does not ask for it, too.
        return listen(settings, shared=settings.api_processes > 1)
    except OSError as error:
        log.error("cannot listen", host=settings.host, port=settings.port, reason=error.strerror)
        raise SystemExit(1) from None


def server_config(app: FastAPI, *, grace_s: int) -> uvicorn.Config:
    """How the application is served, on a socket that whoever runs it has opened."""
    return uvicorn.Config(
        app,
        http=BoundedHttp,
        loop="uvloop",
        log_config=None,
        access_log=False,
        ws_per_message_deflate=False,
        ws_max_size=WEBSOCKET_MESSAGE_MAX_BYTES,
        ws_ping_interval=WEBSOCKET_PING_S,
        timeout_graceful_shutdown=grace_s,
        # Whose word is believed is ours to say: uvicorn takes anybody's from this machine.
        proxy_headers=False,
        server_header=False,
    )


class ApiServer(uvicorn.Server):
    """Leaves signals to us: `stop` ends the server, after its feeds. Its loop looks at it."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        """Called by the event loop ten times a second: this look is its heartbeat."""
        self._stop.is_set()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _end_with(server: uvicorn.Server, feed: FeedHub, stop: threading.Event) -> None:
    stop.wait()
    # Feeds end by themselves first: the server would wait for them and then cut them off.
    feed.close()
    server.should_exit = True


def _assemble(
    settings: Settings, secrets: Secrets, stack: ExitStack, feed: FeedHub, sight: Sight
) -> FastAPI:
    url = settings.require_database_url()
    seen = ApiMetrics(sight.registry, feeds_open=lambda: feed.open)
    readers = stack.enter_context(
        open_pool(url, "reader", size_max=READER_CONNECTIONS_MAX, application="api")
    )
    identity = stack.enter_context(open_identity(settings, secrets, "api"))
    desk = AttendanceDesk(readers, documents=checks_documents(identity.name))
    writing = stack.enter_context(
        open_studio(settings, secrets, "api", command_observers(sight), desk)
    )
    vault = stack.enter_context(open_pool(url, "vault", size_max=8, application="api"))
    events = stack.enter_context(EventLog(url, connections_max=EXPORTS_MAX, application="api"))
    transport = stack.enter_context(open_transport(settings, sight.message_observers))
    objects, store_origin, mounts = open_store(settings, secrets)
    payment = open_payment(settings, secrets)
    progress = ProgressBoard(feed.wake)
    accounts = PostgresAccounts(vault, writing.keys, secrets.email_lookup)
    links, post = PostgresPasswordLinks(vault), open_post(settings)
    letters = None
    if post is not None:
        letters = PasswordLetters(accounts, links, post, system_clock, public_url=settings.address)
    parts = Parts(
        studio=writing.studio,
        accounts=accounts,
        sessions=PostgresOpenSessions(vault),
        links=links,
        letters=letters,
        passwords=Argon2Passwords(),
        common_passwords=ZxcvbnPasswords(),
        tries=PostgresTries(vault, secrets.email_lookup),
        familiar=PostgresFamiliarNetworks(vault, secrets.email_lookup),
        objects=objects,
        archives=PostgresArchives(vault),
        identity=identity,
        payment=payment,
        connections=readers,
        operations=stack.enter_context(open_operations(url)),
        ledger_log=ExportedLedger(events),
        clock=system_clock,
        feed=feed,
        progress=progress,
        session_country=lambda address: SANDBOX_COUNTRY,
        public_url=settings.address,
        refused=seen.refused,
        spans=sight.tracing or NoSpans(),
        store_origin=store_origin,
        proxies=TrustedProxies(settings.trusted_proxies, country_header=settings.country_header),
        cors_origins=settings.cors_origins,
    )
    folders = Folders(
        web=ROOT / "web",
        operations=ROOT / "graphql" / "operations",
        samples=settings.home / "samples",
    )

    pages: dict[str, ASGIApp] = {}
    if isinstance(identity, SandboxIdentity):
        pages[IDENTITY_PATH] = identity_pages(identity)

    def deliver_webhooks() -> None:
        if isinstance(identity, SandboxIdentity):
            identity.deliver_webhooks()
        payment.deliver_webhooks()

    background = Background(
        start=lambda: _in_background(feed, progress, transport, deliver_webhooks, letters),
        is_ready=lambda: _is_ready(readers),
        mounts={
            **mounts,
            **pages,
            PAYMENT_PATH: payment_pages(payment),
        },
    )
    return build_app(parts, folders, background)


def open_store(
    settings: Settings, secrets: Secrets
) -> tuple[ObjectStore, str | None, dict[str, ASGIApp]]:
    """The store, where browsers meet it if not here, and what is served here of it."""
    if settings.object_store is not None:
        bucket = open_bucket(settings, S3User.INTAKE)
        return bucket, bucket.origin, {}
    folder = open_folder(settings, secrets)
    return folder, None, {OBJECTS_PATH: object_app(folder)}


def _listening(url: str) -> AbstractContextManager[psycopg.Connection[Any]]:
    return connect(make_conninfo(url, **DEAD_PEER), "reader", application="api feed")


@contextmanager
def _in_background(
    feed: FeedHub,
    progress: ProgressBoard,
    transport: Transport,
    deliver: Any,
    letters: PasswordLetters | None,
) -> Iterator[None]:
    """The feed listener, the progress reader, the sandbox providers' webhooks, and the post."""
    stop = threading.Event()
    reader = transport.broadcast([PROGRESS], From.START)

    def deliver_now_and_then() -> None:
        while not stop.wait(WEBHOOK_INTERVAL_S):
            deliver()

    threads = [
        threading.Thread(target=feed.run, args=(stop,), name="feed"),
        threading.Thread(target=progress.run, args=(reader, stop), name="progress"),
        threading.Thread(target=deliver_now_and_then, name="sandbox webhooks"),
    ]
    if letters is not None:
        # Not waited for at the end: a mail server may be slow, and a letter is asked for again.
        threading.Thread(target=letters.run, args=(stop,), name="post", daemon=True).start()
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        reader.close()


def _is_ready(readers: ConnectionPool[psycopg.Connection[Any]]) -> bool:
    """Whether the database answers and its read models exist."""
    try:
        with readers.connection(timeout=2.0) as connection:
            connection.execute("SELECT 1 FROM views.read_to LIMIT 1")
    except psycopg.Error:
        return False
    return True
