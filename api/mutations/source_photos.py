"""Uploading, submitting and deleting photos that something is to begin with."""

from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering, execute, preview
from api.context import StudioContext
from api.ids import global_id, own_id
from api.mutations.twins import PhotoFileInput, PhotoUpload, presigned
from api.refusals import result_union
from api.scalars import Position
from api.types.source_photo import SOURCE_PHOTO
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.plan_source_photo import PlanSourcePhoto
from commands.source_photos.read_source_plan import ReadSourcePlan
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.plan_photo_uploads import PhotoFile
from domain import refusals

Info = strawberry.Info[StudioContext, None]


@strawberry.input
class RequestSourcePhotoUploadInput:
    idempotency_key: UUID
    twin: strawberry.ID = strawberry.field(
        description="Who may be in it: this twin, or nobody. What begins with it draws the twin."
    )
    engine: str
    file: PhotoFileInput


@strawberry.input
class SourcePhotoInput:
    idempotency_key: UUID
    photo: strawberry.ID


@strawberry.type
class RequestSourcePhotoUploadSuccess:
    photo: strawberry.ID
    upload: PhotoUpload
    position: Position


@strawberry.type
class SubmitSourcePhotoSuccess:
    position: Position


@strawberry.type
class DeleteSourcePhotoSuccess:
    position: Position


RequestSourcePhotoUploadResult = result_union(
    "RequestSourcePhotoUploadResult",
    RequestSourcePhotoUploadSuccess,
    refusals.NotVerified,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.AssuranceTooLow,
    refusals.UnknownEngine,
    refusals.TwinNotTrained,
    refusals.TwinBusy,
    refusals.PhotoUploadInvalid,
    refusals.UploadTooLarge,
    refusals.UnsupportedMediaType,
    refusals.TooManySourcePhotos,
    refusals.UploadsNotPlanned,
    refusals.AlreadyDecided,
)
SubmitSourcePhotoResult = result_union(
    "SubmitSourcePhotoResult", SubmitSourcePhotoSuccess, refusals.UploadsNotPlanned
)
DeleteSourcePhotoResult = result_union("DeleteSourcePhotoResult", DeleteSourcePhotoSuccess)


@strawberry.type
class SourcePhotoMutations:
    @strawberry.mutation(
        description="Where to post a photo to begin with; valid for five minutes. Submit it within "
        "the hour.",
    )
    @answering(RequestSourcePhotoUploadResult)
    async def request_source_photo_upload(
        self, info: Info, input: RequestSourcePhotoUploadInput
    ) -> Any:
        file = input.file
        command = PlanSourcePhoto(
            twin_id=own_id("Twin", input.twin),
            engine=input.engine,
            file=PhotoFile(
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                sha256=file.sha256.lower(),
            ),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        planned = accepted.result
        # Asked also the first time: what was planned under this key once may be over by now.
        await preview(info.context, ReadSourcePlan(planned.photo_id), input.idempotency_key)
        return RequestSourcePhotoUploadSuccess(
            photo=global_id(SOURCE_PHOTO, planned.photo_id),
            upload=await run_sync(presigned, info.context, planned),
            position=Position(accepted.position),
        )

    @strawberry.mutation(
        description="Have an uploaded photo judged. The gallery's feed says what came of it.",
    )
    @answering(SubmitSourcePhotoResult)
    async def submit_source_photo(self, info: Info, input: SourcePhotoInput) -> Any:
        command = SubmitSourcePhoto(own_id(SOURCE_PHOTO, input.photo))
        accepted = await execute(info.context, command, input.idempotency_key)
        return SubmitSourcePhotoSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Delete a photo. What was made from it stays; what was to begin with it ends, "
        "and its credits come back.",
    )
    @answering(DeleteSourcePhotoResult)
    async def delete_source_photo(self, info: Info, input: SourcePhotoInput) -> Any:
        command = DeleteSourcePhoto(own_id(SOURCE_PHOTO, input.photo))
        accepted = await execute(info.context, command, input.idempotency_key)
        return DeleteSourcePhotoSuccess(position=Position(accepted.position))
