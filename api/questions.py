"""The root of all queries."""

from datetime import datetime
from typing import Any
from uuid import uuid5

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering, preview
from api.attendance import attendance_of
from api.auditing import AuditorQuestions
from api.checkouts import CheckoutQueries
from api.consistency import until_visible
from api.context import StudioContext
from api.ids import global_id, own_id, split_id
from api.nodes import node_of
from api.operating import OperatorQuestions
from api.reading import read
from api.refusals import (
    InputInvalid,
    NotConsistentYet,
    NotSignedIn,
    ReadModelParked,
    result_union,
)
from api.scalars import Millicredits, Position
from api.types.catalogue import Catalogue, catalogue
from api.types.draft import Draft, draft
from api.types.gallery_filter import KNOWN_STATES
from api.types.node import Node
from api.types.source_photo import asked_source
from api.types.viewer import Standing, Viewer
from commands.catalogue import catalogue as catalogue_facts
from commands.catalogue import checks_documents
from commands.jobs.asked_settings import asked, asked_clips
from commands.ports.accounts import Session
from commands.quote import PromptRead, QuoteClips, QuoteImages, QuoteTraining
from domain import refusals
from domain.kernel.personal_text import written
from domain.kernel.role import Role
from queries.catalogue.attendance import attended
from queries.catalogue.policy import policy
from queries.catalogue.prices import price_list
from queries.feed.era import in_log
from queries.gallery.gallery import asset as asset_row
from queries.jobs.jobs import job as job_row
from queries.viewer import View, as_viewer
from queries.wallet.ledger import BEFORE_ALL

Info = strawberry.Info[StudioContext, None]


@strawberry.type(
    description="How the engine reads a prompt, with what is put to it for twin and style."
)
class PromptReading:
    words_used: int | None = strawberry.field(
        description="Null where only the engine's weights, which are not here, know."
    )
    words_allowed: int | None = strawberry.field(
        description="What goes beyond is refused, since the engine would not read it."
    )
    unknown_words: list[str] = strawberry.field(
        description="Words that mean nothing to the engine, each once."
    )
    weighted: list[str] = strawberry.field(
        description="What looks like (word:1.2) and is refused, because the engine weighs no words "
        "or not by so much."
    )
    honoured: list[str] = strawberry.field(
        description="What looks like (word:1.2) and is weighed in that way."
    )
    is_read: bool = strawberry.field(
        description="False where the engine reads no words: whatever is said is refused."
    )


@strawberry.type(
    description="Nobody is there now who could begin with this: it would wait for a worker, at "
    "most a day, and then cost nothing."
)
class WaitsForWorker:
    since: datetime | None = strawberry.field(description="Null where nobody was there ever.")


@strawberry.type(description="What something would cost now.")
class Quote:
    waits_for_worker: WaitsForWorker | None = strawberry.field(
        description="To be said before the price; null where somebody is there for it."
    )
    millicredits: Millicredits
    price_version: int
    prompt: PromptReading | None = strawberry.field(
        description="How the prompt that was asked about would be read."
    )
    negative_prompt: PromptReading | None


@strawberry.input
class QuoteTrainingInput:
    engine: str
    twin: strawberry.ID | None = strawberry.field(
        default=None, description="Without one: on as few photos as a twin needs."
    )


@strawberry.input
class QuoteImagesInput:
    engine: str
    count: int
    aspect_ratio: str | None = None
    style: str | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    twin_strength: float | None = None
    source: strawberry.ID | None = strawberry.field(
        default=None, description="The pictures have the shape of this one, at the same price."
    )
    source_strength: float | None = None
    twin: strawberry.ID | None = strawberry.field(
        default=None, description="Does not change the price, but takes room in the prompt."
    )
    prompt: str | None = strawberry.field(
        default=None, description="Does not change the price: how it would be read is answered."
    )
    negative_prompt: str | None = None


@strawberry.input
class QuoteVideoInput:
    engine: str
    count: int = 1
    aspect_ratio: str | None = None
    style: str | None = None
    motion: str | None = None
    duration_s: int | None = None
    num_inference_steps: int | None = strawberry.field(
        default=None,
        description="Does not change the price, nor does anything but seconds and size.",
    )
    guidance_scale: float | None = None
    twin_strength: float | None = None
    source: strawberry.ID | None = strawberry.field(
        default=None, description="The clip has the shape of this picture."
    )
    source_strength: float | None = None
    twin: strawberry.ID | None = strawberry.field(
        default=None, description="Takes room in the prompt."
    )
    prompt: str | None = strawberry.field(
        default=None, description="How it would be read is answered."
    )
    negative_prompt: str | None = None


ViewerResult = result_union("ViewerResult", Viewer, NotConsistentYet, ReadModelParked)
QuoteResult = result_union(
    "QuoteResult",
    Quote,
    refusals.UnknownEngine,
    refusals.CountOutOfRange,
    refusals.SettingOutOfRange,
    refusals.AspectRatioUnsupported,
    refusals.UnknownStyle,
    refusals.EngineUnavailable,
    refusals.PriceListOutdated,
    refusals.UnknownMotion,
    refusals.DurationUnsupported,
    refusals.TooManySeconds,
    refusals.SourceMissing,
    refusals.AssetNotAvailable,
    refusals.SourceNotAPicture,
    refusals.SourcePhotoNotReady,
    refusals.SourcePhotoOfAnotherEngine,
    refusals.SourceRatioDiffers,
)


@strawberry.type
class Query(AuditorQuestions, CheckoutQueries, OperatorQuestions):
    @strawberry.field(
        description="Whoever is signed in, from `minPosition` on: a write's `position` is "
        "visible then, or the answer is NotYetConsistent, or ReadModelParked where asking again "
        "does not help.",
    )
    @answering(ViewerResult)
    async def viewer(self, info: Info, min_position: Position | None = None) -> Any:
        session = await info.context.session()
        if min_position is not None:
            await until_visible(info.context, session, in_log(min_position))
        return _viewer(session)

    @strawberry.field(description="Anything of the viewer's by its global id, or null.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        try:
            session = await info.context.session()
            if split_id(id) == ("Viewer", session.person_id):
                return _viewer(session)
            return await read(info.context, lambda view: node_of(info.context, view, id))
        except (refusals.NotFound, NotSignedIn):
            return None

    @strawberry.field(
        description="Every parameter of one of the viewer's pictures or clips, as what asks for it "
        "again takes them. Null for what is not theirs, is purged, or was not asked for in words.",
    )
    async def draft(self, info: Info, asset: strawberry.ID) -> Draft | None:
        try:
            return await read(info.context, lambda view: _draft(view, asset))
        except (refusals.NotFound, NotSignedIn):
            return None

    @strawberry.field(description="What there is to ask for. Needs no session.")
    async def catalogue(self, info: Info) -> Catalogue:
        def question() -> Catalogue:
            connections = info.context.parts.connections
            # Nobody in particular: prices belong to everybody.
            with as_viewer(connections, BEFORE_ALL, Role.CREATOR) as view:
                now = policy(view)
                allowed = [(row["engine"], row["rating"]) for row in (now.rows if now else [])]
                there = attendance_of(
                    attended(view),
                    documents=checks_documents(info.context.parts.identity.name),
                )
                facts = catalogue_facts(allowed, there, now=info.context.parts.clock())
                return catalogue(facts, price_list(view))

        return await run_sync(question)

    @strawberry.field(
        description="A dry run: what exactly one of the three would cost.",
    )
    @answering(QuoteResult)
    async def quote(
        self,
        info: Info,
        training: QuoteTrainingInput | None = None,
        images: QuoteImagesInput | None = None,
        video: QuoteVideoInput | None = None,
    ) -> Any:
        command = _quote_command(training, images, video)
        session = await info.context.session()
        found = await preview(info.context, command, uuid5(session.person_id, "quote"))
        waits = found.waits
        return Quote(
            waits_for_worker=None if waits is None else WaitsForWorker(since=waits.since),
            millicredits=Millicredits(found.millicredits),
            price_version=found.price_version,
            prompt=_reading(found.prompt),
            negative_prompt=_reading(found.negative_prompt),
        )


def _viewer(session: Session) -> Viewer:
    return Viewer(
        id=global_id("Viewer", session.person_id), role=session.role.value, standing=Standing()
    )


def _draft(view: View, given: str) -> Draft | None:
    made = asset_row(view, own_id("Asset", given))
    if made is None or made.state not in KNOWN_STATES:
        return None
    asked_for = job_row(view, made.job_id)
    return None if asked_for is None else draft(made, asked_for)


def _reading(read: PromptRead | None) -> PromptReading | None:
    if read is None:
        return None
    return PromptReading(
        words_used=read.words_used,
        words_allowed=read.words_allowed,
        unknown_words=list(read.unknown_words),
        weighted=list(read.weighted),
        honoured=list(read.honoured),
        is_read=read.is_read,
    )


def _quote_command(
    training: QuoteTrainingInput | None,
    images: QuoteImagesInput | None,
    video: QuoteVideoInput | None,
) -> QuoteTraining | QuoteImages | QuoteClips:
    match (training, images, video):
        case (QuoteTrainingInput(), None, None):
            twin = own_id("Twin", training.twin) if training.twin else None
            return QuoteTraining(twin_id=twin, engine=training.engine)
        case (None, QuoteImagesInput(), None):
            return QuoteImages(
                engine=images.engine,
                count=images.count,
                **asked_source(images.source, images.source_strength),
                **_words(images),
                **asked(images),
            )
        case (None, None, QuoteVideoInput()):
            return QuoteClips(
                engine=video.engine,
                count=video.count,
                **asked_source(video.source, video.source_strength),
                **_words(video),
                **asked_clips(video),
            )
        case _:
            raise InputInvalid("training", "Ask for exactly one of training, images and video.")


def _words(asked_about: QuoteImagesInput | QuoteVideoInput) -> dict[str, Any]:
    prompt, negative_prompt = asked_about.prompt, asked_about.negative_prompt
    return {
        "prompt": None if prompt is None else written(prompt),
        "negative_prompt": None if negative_prompt is None else written(negative_prompt),
        "names_twin": asked_about.twin is not None,
    }
