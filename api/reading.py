"""How a resolver reads: in a worker thread, as its viewer."""

from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync

from api.context import StudioContext
from commands.ports.accounts import Session
from queries.viewer import View, as_viewer

T = TypeVar("T")


async def read(context: StudioContext, question: Callable[[View], T]) -> T:
    """Answer one question in one snapshot of the viewer's rows. Raises `NotSignedIn`."""
    session = await context.session()
    return await run_sync(_answer, context, session, question)


async def read_again(context: StudioContext, question: Callable[[View], T]) -> T:
    """As `read`, for a feed: the session is looked up anew, and other threads are used."""
    session = await context.session_now()
    return await run_sync(_answer, context, session, question, limiter=context.parts.threads.feeds)


def _answer(context: StudioContext, session: Session, question: Callable[[View], T]) -> T:
    with as_viewer(context.parts.connections, session.person_id, session.role) as view:
        return question(view)
