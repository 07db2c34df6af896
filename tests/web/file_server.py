"""A folder over HTTP, which answers with a part of a file where it is asked for a part."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """The folder's address, and the status of every answer so far."""
    statuses: list[int] = []

    async def answer(request: Request) -> Response:
        path = folder / request.path_params["name"]
        response = FileResponse(path) if path.is_file() else Response(status_code=404)
        statuses.append(206 if "range" in request.headers else response.status_code)
        return response

    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=[Route("/{name}", answer)]), log_level="error", lifespan="off"
        )
    )
    # Listening before it serves: whoever comes too early waits in the queue.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", statuses
        finally:
            server.should_exit = True
            serving.join()
