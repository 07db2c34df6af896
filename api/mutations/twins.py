"""Twins: photos and training. What a person agrees to before is in `consent.py`."""

from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering, execute, preview
from api.context import StudioContext
from api.ids import global_id, own_id
from api.refusals import InputInvalid, result_union
from api.scalars import Millicredits, Position
from commands.jobs.start_twin_training import StartTwinTraining
from commands.twin.choose_checkpoint import ChooseCheckpoint
from commands.twin.create_twin import CreateTwin
from commands.twin.forget_uploads import ForgetUploads
from commands.twin.plan_photo_uploads import PhotoFile, PlannedUpload, PlanPhotoUploads
from commands.twin.read_upload_plan import ReadUploadPlan
from commands.twin.submit_photos import SubmitPhotos
from domain import refusals
from domain.kernel.personal_text import written

Info = strawberry.Info[StudioContext, None]

NAME_LENGTH_MAX = 80
UPLOAD_LIFETIME_S = 300


@strawberry.input
class CreateTwinInput:
    idempotency_key: UUID
    name: str


@strawberry.input
class PhotoFileInput:
    size_bytes: int
    media_type: str
    sha256: str


@strawberry.input
class RequestPhotoUploadsInput:
    idempotency_key: UUID
    twin: strawberry.ID
    files: list[PhotoFileInput]
    reused: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Of the twin's `reusablePhotos`, those that the set is to hold, too.",
    )


@strawberry.input
class ForgetPhotoUploadsInput:
    idempotency_key: UUID
    twin: strawberry.ID
    submission: strawberry.ID


@strawberry.input
class SubmitPhotosInput:
    idempotency_key: UUID
    twin: strawberry.ID
    submission: strawberry.ID
    photos: list[strawberry.ID]
    engine: str


@strawberry.input
class StartTwinTrainingInput:
    idempotency_key: UUID
    twin: strawberry.ID
    engine: str
    price_version: int


@strawberry.input
class ChooseCheckpointInput:
    idempotency_key: UUID
    twin: strawberry.ID
    engine: str
    step: int


@strawberry.type
class ChooseCheckpointSuccess:
    position: Position


@strawberry.type
class CreateTwinSuccess:
    twin: strawberry.ID
    position: Position


@strawberry.type
class FormField:
    name: str
    value: str


@strawberry.type(description="Post a form with `fields` in this order and then the file as `file`.")
class PhotoUpload:
    photo: strawberry.ID
    url: str
    fields: list[FormField]


@strawberry.type
class RequestPhotoUploadsSuccess:
    submission: strawberry.ID
    uploads: list[PhotoUpload]
    position: Position


@strawberry.type
class ForgetPhotoUploadsSuccess:
    position: Position


@strawberry.type
class SubmitPhotosSuccess:
    position: Position


@strawberry.type
class StartTwinTrainingSuccess:
    job: strawberry.ID
    millicredits: Millicredits
    position: Position


CreateTwinResult = result_union(
    "CreateTwinResult", CreateTwinSuccess, refusals.TooManyTwins, refusals.AlreadyDecided
)
RequestPhotoUploadsResult = result_union(
    "RequestPhotoUploadsResult",
    RequestPhotoUploadsSuccess,
    refusals.NotVerified,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.PhotoCountOutOfRange,
    refusals.PhotoUploadInvalid,
    refusals.UploadTooLarge,
    refusals.UnsupportedMediaType,
    refusals.TooManyUploads,
    refusals.UploadsNotPlanned,
    refusals.TwinBusy,
    refusals.AlreadyDecided,
)
ForgetPhotoUploadsResult = result_union(
    "ForgetPhotoUploadsResult", ForgetPhotoUploadsSuccess, refusals.UploadsNotPlanned
)
SubmitPhotosResult = result_union(
    "SubmitPhotosResult",
    SubmitPhotosSuccess,
    refusals.NotVerified,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.PhotoCountOutOfRange,
    refusals.UnknownEngine,
    refusals.AssuranceTooLow,
    refusals.TwinBusy,
    refusals.UploadsNotPlanned,
    refusals.AlreadyDecided,
)
ChooseCheckpointResult = result_union(
    "ChooseCheckpointResult",
    ChooseCheckpointSuccess,
    refusals.ConsentMissing,
    refusals.TwinNotTrained,
    refusals.CheckpointUnknown,
)
StartTwinTrainingResult = result_union(
    "StartTwinTrainingResult",
    StartTwinTrainingSuccess,
    refusals.InsufficientCredits,
    refusals.TooManyOpenJobs,
    refusals.NotVerified,
    refusals.AssuranceTooLow,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.PhotosNotAccepted,
    refusals.TwinBusy,
    refusals.AlreadyDecided,
    refusals.UnknownEngine,
    refusals.EngineUnavailable,
    refusals.PriceListOutdated,
    refusals.RatingNotAllowed,
    refusals.JurisdictionNotAllowed,
)


@strawberry.type
class TwinMutations:
    @strawberry.mutation(
        description="Make a twin of yourself: empty at first.",
    )
    @answering(CreateTwinResult)
    async def create_twin(self, info: Info, input: CreateTwinInput) -> Any:
        name = input.name.strip()
        if not 1 <= len(name) <= NAME_LENGTH_MAX:
            raise InputInvalid("name", f"A name has 1 to {NAME_LENGTH_MAX} characters.")
        command = CreateTwin(name=written(name))
        accepted = await execute(info.context, command, input.idempotency_key)
        return CreateTwinSuccess(
            twin=global_id("Twin", accepted.result.twin_id), position=Position(accepted.position)
        )

    @strawberry.mutation(
        description="Where to post each photo; valid for five minutes. Submit within the hour.",
    )
    @answering(RequestPhotoUploadsResult)
    async def request_photo_uploads(self, info: Info, input: RequestPhotoUploadsInput) -> Any:
        command = PlanPhotoUploads(
            twin_id=own_id("Twin", input.twin),
            files=tuple(
                PhotoFile(
                    media_type=file.media_type,
                    size_bytes=file.size_bytes,
                    sha256=file.sha256.lower(),
                )
                for file in input.files
            ),
            reused=tuple(own_id("Photo", photo) for photo in input.reused),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        planned = accepted.result
        # Asked also the first time: what was planned under this key once may be over by now.
        still_open = ReadUploadPlan(command.twin_id, planned.submission_id)
        await preview(info.context, still_open, input.idempotency_key)
        uploads = await run_sync(
            lambda: [presigned(info.context, upload) for upload in planned.uploads]
        )
        return RequestPhotoUploadsSuccess(
            submission=global_id("Submission", planned.submission_id),
            uploads=uploads,
            position=Position(accepted.position),
        )

    @strawberry.mutation(
        description="Give planned uploads up: what was uploaded of them is deleted.",
    )
    @answering(ForgetPhotoUploadsResult)
    async def forget_photo_uploads(self, info: Info, input: ForgetPhotoUploadsInput) -> Any:
        command = ForgetUploads(
            twin_id=own_id("Twin", input.twin),
            submission_id=own_id("Submission", input.submission),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return ForgetPhotoUploadsSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Hand in a set of uploaded photos to be judged together.",
    )
    @answering(SubmitPhotosResult)
    async def submit_photos(self, info: Info, input: SubmitPhotosInput) -> Any:
        command = SubmitPhotos(
            twin_id=own_id("Twin", input.twin),
            submission_id=own_id("Submission", input.submission),
            engine=input.engine,
            photo_ids=tuple(own_id("Photo", photo) for photo in input.photos),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return SubmitPhotosSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Have another checkpoint of its training draw a twin, from the next job on.",
    )
    @answering(ChooseCheckpointResult)
    async def choose_checkpoint(self, info: Info, input: ChooseCheckpointInput) -> Any:
        command = ChooseCheckpoint(own_id("Twin", input.twin), input.engine, input.step)
        accepted = await execute(info.context, command, input.idempotency_key)
        return ChooseCheckpointSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Authorise, reserve and request a training, all or nothing.",
    )
    @answering(StartTwinTrainingResult)
    async def start_twin_training(self, info: Info, input: StartTwinTrainingInput) -> Any:
        command = StartTwinTraining(
            twin_id=own_id("Twin", input.twin),
            engine=input.engine,
            price_version=input.price_version,
            session_jurisdiction=info.context.country,
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return StartTwinTrainingSuccess(
            job=global_id("Job", accepted.result.job_id),
            millicredits=Millicredits(accepted.result.quoted_millicredits),
            position=Position(accepted.position),
        )


def presigned(context: StudioContext, upload: PlannedUpload) -> PhotoUpload:
    """Where to post one photo. Blocks where the store has to be asked."""
    form = context.parts.objects.presign_upload(
        upload.object_key,
        media_type=upload.media_type,
        size_bytes_min=upload.size_bytes,
        size_bytes_max=upload.size_bytes,
        sha256_hex=upload.sha256,
        expires_in_s=UPLOAD_LIFETIME_S,
    )
    return PhotoUpload(
        photo=global_id("Photo", upload.photo_id),
        url=form.url,
        fields=[FormField(name=name, value=value) for name, value in form.fields.items()],
    )
