"""End a session elsewhere: a machine that was sold, a browser in a library."""

from typing import Any

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering
from api.context import StudioContext, token_digest
from api.ids import own_id
from api.refusals import NotSignedIn, result_union

Info = strawberry.Info[StudioContext, None]


@strawberry.input
class EndSessionInput:
    session: strawberry.ID


@strawberry.type
class EndSessionSuccess:
    ended: bool = strawberry.field(
        description="False where the viewer has no such session, or no longer."
    )


@strawberry.type
class EndOtherSessionsSuccess:
    ended: int


EndSessionResult = result_union("EndSessionResult", EndSessionSuccess)
EndOtherSessionsResult = result_union("EndOtherSessionsResult", EndOtherSessionsSuccess)


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        description="End one of the viewer's sessions at once, with its feeds. May be repeated.",
    )
    @answering(EndSessionResult)
    async def end_session(self, info: Info, input: EndSessionInput) -> Any:
        session = await info.context.session()
        own = own_id("Session", input.session)
        sessions = info.context.parts.sessions
        return EndSessionSuccess(ended=await run_sync(sessions.end, session.person_id, own))

    @strawberry.mutation(
        description="End all of the viewer's sessions but the one that asks. May be repeated.",
    )
    @answering(EndOtherSessionsResult)
    async def end_other_sessions(self, info: Info) -> Any:
        session = await info.context.session()
        token = info.context.token
        if token is None:
            raise NotSignedIn()
        sessions, this = info.context.parts.sessions, token_digest(token)
        ended = await run_sync(lambda: sessions.end_others(session.person_id, this=this))
        return EndOtherSessionsSuccess(ended=ended)
