"""The schema: what there is, how refusals look, and what a system fault may say."""

import traceback
import uuid
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.types import ExecutionContext

from api.documents import DocumentCache, PreparedDocuments
from api.mutations.account import AccountMutations
from api.mutations.consent import ConsentMutations
from api.mutations.credits import CreditMutations
from api.mutations.gallery import GalleryMutations
from api.mutations.jobs import JobMutations
from api.mutations.twins import TwinMutations
from api.questions import Query
from api.refusals import REFUSAL_TYPES, OtherRefusal
from api.scalars import config
from api.subscriptions import Subscription
from domain.kernel.refusal import Refusal

log = structlog.get_logger()

FRAMES_LOGGED_MAX = 6


@strawberry.type
class Mutation(
    AccountMutations,
    ConsentMutations,
    TwinMutations,
    CreditMutations,
    JobMutations,
    GalleryMutations,
):
    """Everything that changes something."""


class StudioSchema(strawberry.Schema):
    """Turns errors into what a client may know, and logs faults once, with a trace id.

    A fault's answer has `extensions.code` INTERNAL and a `traceId`; a refusal that is no member of
    a union (the session ended between two fields, say) has its own code; a document error keeps its
    message.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared = DocumentCache()

    @property
    def prepared(self) -> DocumentCache:
        """The documents that were found valid."""
        return self._prepared

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Mask and log. The library would log every bad document with its full text."""
        for error in errors:
            cause = error.original_error
            if not error.path and (cause is None or isinstance(cause, GraphQLError)):
                # Nothing was executed: the document or its variables are to blame.
                continue
            if isinstance(cause, Refusal):
                error.message = cause.message
                error.extensions = {**(error.extensions or {}), "code": cause.code}
                continue
            trace_id = uuid.uuid4().hex
            # Where, and never what: an exception's text may quote what somebody wrote.
            fault = cause or error
            log.error(
                "resolver failed", trace_id=trace_id, error=type(fault).__name__, at=_frames(fault)
            )
            error.message = "The studio could not answer."
            error.extensions = {"code": "INTERNAL", "traceId": trace_id}


def _frames(cause: BaseException) -> list[str]:
    """The innermost lines of code that a fault came through."""
    frames = traceback.extract_tb(cause.__traceback__)[-FRAMES_LOGGED_MAX:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def build_schema() -> StudioSchema:
    """The one schema of this release."""
    return StudioSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*REFUSAL_TYPES.values(), OtherRefusal],
        config=config(),
        extensions=[PreparedDocuments],
    )


def schema_text(schema: Any) -> str:
    """The contract as it is committed in `graphql/schema.graphql`."""
    return f"{schema.as_str()}\n"
