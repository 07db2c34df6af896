"""The schema: what there is, how refusals look, and what a system fault may say."""

import uuid
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api.asked_operation import check_operation
from api.documents import DocumentCache, PreparedDocuments
from api.error_codes import ErrorCode, RequestRefused
from api.faults import frames_of
from api.mutations.account import AccountMutations
from api.mutations.archives import ArchiveMutations
from api.mutations.consent import ConsentMutations
from api.mutations.credits import CreditMutations
from api.mutations.gallery import GalleryMutations
from api.mutations.gallery_order import GalleryOrderMutations
from api.mutations.jobs import JobMutations
from api.mutations.passwords import PasswordMutations
from api.mutations.publishing import PublishingMutations
from api.mutations.sessions import SessionMutations
from api.mutations.source_photos import SourcePhotoMutations
from api.mutations.twins import TwinMutations
from api.plain_fields import PlainFieldsExecution
from api.questions import Query
from api.refusals import REFUSAL_TYPES, OtherRefusal
from api.scalars import config
from api.subscriptions import Subscription
from domain.kernel.refusal import Refusal

log = structlog.get_logger()

NO_DOCUMENT = RequestRefused(ErrorCode.BAD_REQUEST, "No GraphQL document in the request.")
NO_SUCH_OPERATION = RequestRefused(
    ErrorCode.OPERATION_RESOLUTION_FAILURE, "The document has no such operation."
)


@strawberry.type
class Mutation(
    AccountMutations,
    PasswordMutations,
    SessionMutations,
    ConsentMutations,
    TwinMutations,
    CreditMutations,
    JobMutations,
    GalleryMutations,
    GalleryOrderMutations,
    ArchiveMutations,
    SourcePhotoMutations,
    PublishingMutations,
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

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """As the library does, behind our guard. Raises `InvalidOperationTypeError` only."""
        try:
            check_operation(query, variable_values, operation_name)
            return await super().execute(
                query,
                variable_values=variable_values,
                context_value=context_value,
                root_value=root_value,
                operation_name=operation_name,
                allowed_operation_types=allowed_operation_types,
                operation_extensions=operation_extensions,
            )
        except RequestRefused as refused:
            return _refused(refused)
        except MissingQueryError:
            return _refused(NO_DOCUMENT)
        except CannotGetOperationTypeError:
            return _refused(NO_SUCH_OPERATION)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> Any:
        """As the library does, behind our guard."""
        try:
            check_operation(query, variable_values, operation_name)
        except RequestRefused as refused:
            return _only(_refused(refused))
        return await super().stream(
            query,
            variable_values=variable_values,
            context_value=context_value,
            root_value=root_value,
            operation_name=operation_name,
            operation_extensions=operation_extensions,
            allowed_operation_types=allowed_operation_types,
        )

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Mask and log. The library would log every bad document with its full text."""
        for error in errors:
            if "code" in (error.extensions or {}):
                continue
            cause = error.original_error
            if isinstance(cause, Refusal):
                error.message = cause.message
                error.extensions = {**(error.extensions or {}), "code": cause.code}
            elif (code := _code_of_request(error)) is not None:
                error.extensions = {"code": code.value, **(error.extensions or {})}
            else:
                self._mask(error)

    def _mask(self, error: GraphQLError) -> None:
        trace_id = uuid.uuid4().hex
        # Where, and never what: an exception's text may quote what somebody wrote.
        fault = error.original_error or error
        log.error(
            "resolver failed", trace_id=trace_id, error=type(fault).__name__, at=frames_of(fault)
        )
        error.message = "The studio could not answer."
        error.extensions = {"code": ErrorCode.INTERNAL.value, "traceId": trace_id}


def _code_of_request(error: GraphQLError) -> ErrorCode | None:
    """What is wrong with the request, if the error is the request's."""
    cause = error.original_error
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    if isinstance(cause, CannotGetOperationTypeError):
        error.message = NO_SUCH_OPERATION.message
        return NO_SUCH_OPERATION.code
    if isinstance(cause, MissingQueryError):
        error.message = NO_DOCUMENT.message
        return NO_DOCUMENT.code
    if cause is None or isinstance(cause, GraphQLError):
        # Nobody of us raised it: the library did, for a value that a variable gave.
        return ErrorCode.BAD_USER_INPUT
    return None


def _refused(refused: RequestRefused) -> PreExecutionError:
    return PreExecutionError(data=None, errors=[refused.as_error()])


async def _only(result: ExecutionResult) -> AsyncGenerator[ExecutionResult, None]:
    yield result


def build_schema() -> StudioSchema:
    """The one schema of this release."""
    return StudioSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*REFUSAL_TYPES.values(), OtherRefusal],
        config=config(),
        execution_context_class=PlainFieldsExecution,
        extensions=[PreparedDocuments],
    )


def schema_text(schema: Any) -> str:
    """The contract as it is committed in `graphql/schema.graphql`."""
    return f"{schema.as_str()}\n"
