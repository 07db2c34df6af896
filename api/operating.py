"""What an operator may ask: how the studio is."""

from typing import Any

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering
from api.context import StudioContext
from api.refusals import result_union
from api.staff import require_role
from api.types.operations import Operations, operations
from api.waiting import RETRY_AFTER_S
from domain import refusals
from domain.kernel.role import Role

Info = strawberry.Info[StudioContext, None]

OperationsResult = result_union("OperationsResult", Operations)


@strawberry.type
class OperatorQuestions:
    """Fields of the root. For anybody else than an operator there is nothing here."""

    @strawberry.field(
        description="How the studio is: what waits, who works, what is behind, what failed. For "
        "the operator's role; for anybody else there is nothing here.",
    )
    @answering(OperationsResult)
    async def operations(self, info: Info) -> Any:
        await require_role(info.context, Role.OPERATOR)
        look = await run_sync(info.context.parts.operations)
        if look is None:
            raise refusals.TryAgain(RETRY_AFTER_S)
        return operations(look)
