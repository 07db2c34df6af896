"""The web application: GraphQL, webhooks, health, the studio's pages, and what the wiring mounts."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import context_getter
from api.documents import TrustedDocuments
from api.parts import Parts
from api.router import StudioRouter
from api.schema import build_schema
from api.webhooks import webhook_routes

WORKER_THREADS = 40
"""Commands and queries block a thread each; the database's pools bound what they do at once."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


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
        title="AI Content Suite", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    documents = TrustedDocuments.load(folders.operations)
    router = StudioRouter(
        build_schema(), documents, context_getter(parts), on_connect=lambda context: None
    )
    app.include_router(router)
    app.include_router(webhook_routes(parts))
    _health(app, background.is_ready)
    for path, mounted in background.mounts.items():
        app.mount(path, mounted)
    _pages(app, folders, documents)
    app.add_middleware(SecurityHeaders)
    return app


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

    @app.get("/")
    async def index() -> Response:
        return FileResponse(folders.web / "index.html")

    app.mount("/web", StaticFiles(directory=folders.web))
    app.mount("/samples", StaticFiles(directory=folders.samples, check_dir=False))


class SecurityHeaders:
    """Adds the headers that keep a page to its own scripts. Plain ASGI: streams pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                for name, value in _HEADERS:
                    if name not in present:
                        headers.append((name, value))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)


_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
