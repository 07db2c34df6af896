"""Asking for pictures and clips, and stopping or repeating a job."""

from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering, execute
from api.context import StudioContext
from api.ids import global_id, own_id
from api.refusals import result_union
from api.scalars import Millicredits, Position, Seed
from api.types.enums import Rating
from api.types.source_photo import asked_source
from commands.jobs.asked_settings import asked, asked_clips
from commands.jobs.cancel_job import CancelJob
from commands.jobs.move_job_up import MoveJobUp
from commands.jobs.request_images import RequestImages
from commands.jobs.request_video import RequestVideo
from commands.jobs.retry_job import RetryJob
from domain import refusals
from domain.kernel.personal_text import written

Info = strawberry.Info[StudioContext, None]


@strawberry.input
class RequestImagesInput:
    idempotency_key: UUID
    engine: str
    prompt: str
    count: int
    price_version: int
    twin: strawberry.ID | None = None
    source: strawberry.ID | None = strawberry.field(
        default=None,
        description="A picture of the gallery that is drawn anew. One of a twin is drawn as that "
        "twin.",
    )
    source_strength: float | None = strawberry.field(
        default=None, description="How much of the source is drawn anew: 1 is all of it."
    )
    variation_of: strawberry.ID | None = strawberry.field(
        default=None,
        description="A picture of the gallery that was asked for like this, with another seed.",
    )
    negative_prompt: str | None = None
    aspect_ratio: str | None = strawberry.field(default=None, description="With a source: its own.")
    style: str | None = None
    seed: Seed | None = strawberry.field(default=None, description="Picture i has the seed + i.")
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    twin_strength: float | None = None
    rating: Rating = strawberry.field(
        default=Rating.GENERAL, description="The strongest rating the pictures may have."
    )


@strawberry.input
class RequestVideoInput:
    idempotency_key: UUID
    engine: str
    prompt: str
    price_version: int
    count: int = 1
    twin: strawberry.ID | None = None
    source: strawberry.ID | None = strawberry.field(
        default=None,
        description="A picture of the gallery that a clip begins with. One of a twin is animated "
        "as that twin.",
    )
    source_strength: float | None = strawberry.field(
        default=None, description="How much of the source is drawn anew: 1 is all of it."
    )
    negative_prompt: str | None = None
    aspect_ratio: str | None = strawberry.field(default=None, description="With a source: its own.")
    style: str | None = None
    motion: str | None = None
    duration_s: int | None = None
    seed: Seed | None = strawberry.field(default=None, description="Clip i has the seed + i.")
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    twin_strength: float | None = None
    rating: Rating = strawberry.field(
        default=Rating.GENERAL, description="The strongest rating the clips may have."
    )


@strawberry.input
class CancelJobInput:
    idempotency_key: UUID
    job: strawberry.ID


@strawberry.input
class MoveJobUpInput:
    idempotency_key: UUID
    job: strawberry.ID
    ahead_of: strawberry.ID = strawberry.field(
        description="The job of yours that it changes places with, before which it is to stand."
    )


@strawberry.input
class RetryJobInput:
    idempotency_key: UUID
    job: strawberry.ID
    price_version: int


@strawberry.type
class RequestImagesSuccess:
    job: strawberry.ID
    millicredits: Millicredits
    position: Position


@strawberry.type
class RequestVideoSuccess:
    job: strawberry.ID
    millicredits: Millicredits
    position: Position


@strawberry.type
class CancelJobSuccess:
    position: Position


@strawberry.type
class MoveJobUpSuccess:
    turn: Position = strawberry.field(description="As in `QueuePlace`.")
    position: Position


@strawberry.type
class RetryJobSuccess:
    job: strawberry.ID
    millicredits: Millicredits
    position: Position


_OPENING = (
    refusals.InsufficientCredits,
    refusals.TooManyOpenJobs,
    refusals.NotVerified,
    refusals.AssuranceTooLow,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.TwinNotTrained,
    refusals.TwinBusy,
    refusals.AlreadyDecided,
    refusals.PhotosNotAccepted,
    refusals.UnknownEngine,
    refusals.EngineUnavailable,
    refusals.PriceListOutdated,
    refusals.RatingNotAllowed,
    refusals.JurisdictionNotAllowed,
    refusals.PromptEmpty,
    refusals.PromptTooLong,
    refusals.PromptUnsupported,
    refusals.PromptNotAllowed,
    refusals.PromptHasTooManyWords,
    refusals.PromptWeightsUnsupported,
    refusals.PromptWeightOutOfRange,
    refusals.NegativePromptUnsupported,
    refusals.UnknownStyle,
    refusals.AspectRatioUnsupported,
    refusals.SettingOutOfRange,
    refusals.CountOutOfRange,
)

_FROM_A_PICTURE = (
    refusals.AssetNotAvailable,
    refusals.SourceNotAPicture,
    refusals.SourcePhotoNotReady,
    refusals.SourcePhotoOfAnotherEngine,
    refusals.SourceRatioDiffers,
    refusals.SourceShowsAnotherTwin,
)

_ANIMATING = (
    refusals.UnknownMotion,
    refusals.DurationUnsupported,
    refusals.TooManySeconds,
    refusals.SourceMissing,
)

RequestImagesResult = result_union(
    "RequestImagesResult",
    RequestImagesSuccess,
    *_OPENING,
    *_FROM_A_PICTURE,
    refusals.VariationDiffers,
)
RequestVideoResult = result_union(
    "RequestVideoResult", RequestVideoSuccess, *_OPENING, *_ANIMATING, *_FROM_A_PICTURE
)
CancelJobResult = result_union("CancelJobResult", CancelJobSuccess, refusals.JobEnded)
MoveJobUpResult = result_union(
    "MoveJobUpResult",
    MoveJobUpSuccess,
    refusals.JobEnded,
    refusals.JobHasBegun,
    refusals.MovedTooOften,
)
RetryJobResult = result_union(
    "RetryJobResult",
    RetryJobSuccess,
    refusals.JobNotRetryable,
    *_OPENING,
    *_ANIMATING,
    *_FROM_A_PICTURE,
    refusals.VariationDiffers,
)


@strawberry.type
class JobMutations:
    @strawberry.mutation(
        description="Ask for pictures, with a twin or without, from words or from a picture.",
    )
    @answering(RequestImagesResult)
    async def request_images(self, info: Info, input: RequestImagesInput) -> Any:
        command = RequestImages(
            engine=input.engine,
            prompt=written(input.prompt),
            count=input.count,
            price_version=input.price_version,
            session_jurisdiction=info.context.country,
            negative_prompt=written(input.negative_prompt) if input.negative_prompt else None,
            seed=input.seed,
            twin_id=own_id("Twin", input.twin) if input.twin else None,
            **asked_source(input.source, input.source_strength),
            variation_of=own_id("Asset", input.variation_of) if input.variation_of else None,
            rating_cap=input.rating,
            **asked(input),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return RequestImagesSuccess(
            job=global_id("Job", accepted.result.job_id),
            millicredits=Millicredits(accepted.result.quoted_millicredits),
            position=Position(accepted.position),
        )

    @strawberry.mutation(
        description="Ask for clips, with a twin or without, from words or from a picture.",
    )
    @answering(RequestVideoResult)
    async def request_video(self, info: Info, input: RequestVideoInput) -> Any:
        command = RequestVideo(
            engine=input.engine,
            prompt=written(input.prompt),
            price_version=input.price_version,
            session_jurisdiction=info.context.country,
            count=input.count,
            negative_prompt=written(input.negative_prompt) if input.negative_prompt else None,
            seed=input.seed,
            twin_id=own_id("Twin", input.twin) if input.twin else None,
            **asked_source(input.source, input.source_strength),
            rating_cap=input.rating,
            **asked_clips(input),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return RequestVideoSuccess(
            job=global_id("Job", accepted.result.job_id),
            millicredits=Millicredits(accepted.result.quoted_millicredits),
            position=Position(accepted.position),
        )

    @strawberry.mutation(
        description="Stop a job. What it costs then, the price list says.",
    )
    @answering(CancelJobResult)
    async def cancel_job(self, info: Info, input: CancelJobInput) -> Any:
        command = CancelJob(job_id=own_id("Job", input.job))
        accepted = await execute(info.context, command, input.idempotency_key)
        return CancelJobSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Let a waiting job go before another one of yours: the two change places, and "
        "nobody else's moves. One that stands before the other already stays there.",
    )
    @answering(MoveJobUpResult)
    async def move_job_up(self, info: Info, input: MoveJobUpInput) -> Any:
        command = MoveJobUp(job_id=own_id("Job", input.job), ahead_of=own_id("Job", input.ahead_of))
        accepted = await execute(info.context, command, input.idempotency_key)
        return MoveJobUpSuccess(
            turn=Position(accepted.result.turn), position=Position(accepted.position)
        )

    @strawberry.mutation(
        description="Ask for a failed job again, as a new job at a new price.",
    )
    @answering(RetryJobResult)
    async def retry_job(self, info: Info, input: RetryJobInput) -> Any:
        command = RetryJob(
            job_id=own_id("Job", input.job),
            price_version=input.price_version,
            session_jurisdiction=info.context.country,
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return RetryJobSuccess(
            job=global_id("Job", accepted.result.job_id),
            millicredits=Millicredits(accepted.result.quoted_millicredits),
            position=Position(accepted.position),
        )
