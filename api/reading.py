"""How a resolver reads: in a worker thread, as its viewer."""

from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync

from api.context import StudioContext, viewer_role
from queries.viewer import View, as_viewer

T = TypeVar("T")


async def read(context: StudioContext, question: Callable[[View], T]) -> T:
    """Answer one question in one snapshot of the viewer's rows. Raises `NotSignedIn`."""
    session = await context.session()

    def answer() -> T:
        with as_viewer(context.parts.connections, session.person_id, viewer_role(session)) as view:
            return question(view)

    return await run_sync(answer)
