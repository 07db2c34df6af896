"""How a resolver says no: a refusal becomes a member of its field's result union.

So does whatever passes by itself: the client is told when to ask again.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec
from uuid import UUID

from anyio.to_thread import run_sync

from api.context import StudioContext
from api.refusals import as_graphql
from api.waiting import BUSY, refusal_for
from commands.studio import Accepted
from domain.kernel.identity import job_id
from domain.kernel.refusal import Refusal

P = ParamSpec("P")


def answering(
    result: Any,
) -> Callable[[Callable[P, Awaitable[Any]]], Callable[P, Awaitable[Any]]]:
    """Make a resolver answer a result union: its success, the refusal that it raised, or the one
    that says when to ask again.
    """

    def decorate(resolver: Callable[P, Awaitable[Any]]) -> Callable[P, Awaitable[Any]]:
        async def answer(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return await resolver(*args, **kwargs)
            except Refusal as said:
                refusal = said
            except BUSY as busy:
                refusal = refusal_for(busy)
            _tell(kwargs.get("info"), refusal)
            return as_graphql(refusal, result)

        # Strawberry reads the union from the signature, where a made type cannot be written.
        functools.update_wrapper(answer, resolver)
        del answer.__wrapped__  # type: ignore[attr-defined]
        signature = inspect.signature(resolver).replace(return_annotation=result)
        answer.__signature__ = signature  # type: ignore[attr-defined]
        answer.__annotations__ = {**resolver.__annotations__, "return": result}
        return answer

    return decorate


def _tell(info: Any, refusal: Refusal) -> None:
    """Whoever counts refusals hears of this one. A resolver hands in its `info` by name."""
    if info is not None:
        info.context.parts.refused(refusal.code)


async def execute(context: StudioContext, command: Any, key: UUID) -> Accepted[Any]:
    """Carry out a command of the viewer. Raises `NotSignedIn` and every refusal of the domain."""
    session = await context.session()
    studio, owner_id = context.parts.studio, session.person_id
    with context.parts.spans.mutation(type(command).__name__, job_id(owner_id, key)):
        return await run_sync(lambda: studio.execute(command, owner_id=owner_id, key=key))


async def preview(context: StudioContext, command: Any, key: UUID) -> Any:
    """What a command would answer now. Saves nothing."""
    session = await context.session()
    studio = context.parts.studio
    return await run_sync(lambda: studio.preview(command, owner_id=session.person_id, key=key))
