"""The web application: GraphQL, webhooks, health, the studio's pages, and what is mounted."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api import limits, webhooks
from api.archives import archive_routes
from api.body_limit import BodyLimit
from api.context import context_getter
from api.developers import developer_routes
from api.documents import TrustedDocuments
from api.ledger_export import ledger_routes
from api.media import media_routes
from api.parts import Parts
from api.proxies import BehindProxies
from api.router import GRAPHQL_PATH, StudioRouter
from api.schema import build_schema
from api.security_headers import SecurityHeaders
from api.web_files import WEB_PATH, WebFiles

WORKER_THREADS = 40
"""Commands and queries block a thread each; the database's pools bound what they do at once."""

SAMPLES_PATH = "/samples"
PREFLIGHT_KEPT_S = 600


@dataclass(frozen=True)
class Folders:
    """What is served as files. `samples` may not exist: then there are none."""

    web: Path
    operations: Path
    samples: Path


@dataclass(frozen=True)
class Background:
    """Work beside the requests: `start` begins it, leaving its context ends it."""

    start: Callable[[], AbstractContextManager[Any]]
    is_ready: Callable[[], bool]
    mounts: Mapping[str, ASGIApp] = field(default_factory=dict)


def build_app(parts: Parts, folders: Folders, background: Background) -> FastAPI:
    """The application. Nothing runs before its lifespan begins."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = WORKER_THREADS
        with background.start():
            yield

    app = FastAPI(
        title="AI Content Suite",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect to the other spelling of a path would repeat whatever Host was sent.
        redirect_slashes=False,
    )
    documents = TrustedDocuments.load(folders.operations)
    schema = build_schema()
    context_of = context_getter(parts)
    app.include_router(StudioRouter(schema, documents, context_of, parts))
    app.include_router(developer_routes(schema, folders.web))
    app.include_router(webhooks.webhook_routes(parts))
    app.include_router(media_routes(parts, context_of))
    app.include_router(archive_routes(parts, context_of))
    app.include_router(ledger_routes(parts, context_of))
    _health(app, background.is_ready)
    for path, mounted in background.mounts.items():
        if isinstance(mounted, Starlette):
            mounted.router.redirect_slashes = False
        app.mount(path, mounted)
    _pages(app, folders, documents)
    app.add_middleware(
        BodyLimit,
        size_max_bytes={GRAPHQL_PATH: limits.BODY_SIZE_MAX_BYTES}
        | dict.fromkeys(webhooks.PATHS, webhooks.BODY_SIZE_MAX_BYTES),
    )
    _guard(app, parts, background.mounts)
    return app


def _guard(app: FastAPI, parts: Parts, mounts: Mapping[str, ASGIApp]) -> None:
    """What stands around every answer. The last one added is the first to see a request."""
    if parts.cors_origins:
        # Without credentials: another origin's page asks with its bearer, never with our cookie.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=parts.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["ETag", "Retry-After"],
            max_age=PREFLIGHT_KEPT_S,
        )
    app.add_middleware(
        SecurityHeaders,
        store_origin=parts.store_origin,
        always_https=parts.is_https,
        open_paths=[f"{path}/" for path in (*mounts, SAMPLES_PATH)] if parts.cors_origins else [],
    )
    app.add_middleware(BehindProxies, proxies=parts.proxies)


def _health(app: FastAPI, is_ready: Callable[[], bool]) -> None:
    @app.get("/livez")
    async def livez() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        ready = await run_sync(is_ready)
        return JSONResponse(
            {"status": "ready" if ready else "waiting"}, status_code=200 if ready else 503
        )


def _pages(app: FastAPI, folders: Folders, documents: TrustedDocuments) -> None:
    @app.get("/documents.json")
    async def manifest() -> JSONResponse:
        return JSONResponse(documents.ids_by_name)

    web = WebFiles(folders.web)

    @app.get("/")
    async def index() -> Response:
        return HTMLResponse(await run_sync(web.page, "index.html", documents.ids_by_name))

    app.mount(WEB_PATH, web)
    samples = StaticFiles(directory=folders.samples, check_dir=False)
    # Checked at the first request otherwise, which is then our fault: a studio may have none.
    samples.config_checked = True
    app.mount(SAMPLES_PATH, samples)
