"""What there is to ask for."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from api.scalars import Millicredits
from api.types.enums import JobKind, Rating
from commands.catalogue import Catalogue as CatalogueFacts
from commands.catalogue import ClipOptions as ClipFacts
from commands.catalogue import EngineOffered, RealRange, ScopeOffered, WholeRange
from commands.catalogue import LegalText as LegalTextFacts
from commands.ports.attendance import Presence
from queries.catalogue.prices import PriceList


@strawberry.type
class NumberRange:
    minimum: float
    maximum: float
    default: float


@strawberry.type
class AspectRatio:
    name: str
    width: int
    height: int


@strawberry.type(description="What an engine can animate. The first of each list is the default.")
class ClipOptions:
    durations_s: list[int]
    motions: list[str]
    frame_rate: int
    count_max: int
    seconds_max: int = strawberry.field(description="Of count times duration, in one request.")
    steps: NumberRange
    source_strength: NumberRange = strawberry.field(
        description="How much of a picture that a clip begins with is drawn anew: 1 is all of it."
    )
    needs_source: bool = strawberry.field(
        description="Whether every clip has to begin with a picture."
    )


@strawberry.type(description="An engine and what it may be asked.")
class Engine:
    id: str
    title: str
    licence: str
    photorealistic: bool
    makes: list[JobKind] = strawberry.field(
        description="The kinds of jobs that can be asked of it. Without TRAINING it draws no twins."
    )
    reads_words: bool = strawberry.field(
        description="Whether it is told what to draw. Where not, a prompt is refused."
    )
    lacks: list[str] = strawberry.field(
        description="What keeps everybody from asking it for anything: weights that no worker has, "
        "or a gate that is missing. Empty where it can be asked, also while its jobs would wait."
    )
    workers_alive: int = strawberry.field(
        description="How many are there now that can draw with it. At 0 its jobs wait."
    )
    nobody_since: datetime | None = strawberry.field(
        description="Since when nobody is there. Null while somebody is, and where nobody ever was."
    )
    styles: list[str]
    aspect_ratios: list[AspectRatio]
    steps: NumberRange
    guidance: NumberRange
    strength: NumberRange
    negative_prompt: bool
    ratings: list[Rating]
    prompt_length_max: int
    count_max: int
    source_strength: NumberRange = strawberry.field(
        description="How much of a picture is drawn anew where pictures begin with it: 1 is all."
    )
    live_previews: bool
    clips: ClipOptions | None = strawberry.field(description="Null where it makes no clips.")


@strawberry.type(description="A scope that may be ticked, and the words of the text about it.")
class ConsentScopeOffered:
    scope: str
    words: str


@strawberry.type(description="A text to be agreed to word for word.")
class LegalText:
    version: int
    sha256: str
    text: str
    scopes: list[str]
    offered: list[ConsentScopeOffered]


@strawberry.type(description="A package of credits.")
class CreditPackage:
    id: str
    millicredits: Millicredits
    price_minor_units: int
    currency: str


@strawberry.type
class PhotoCount:
    minimum: int
    maximum: int


@strawberry.type(
    description="Who is there to do the work, whichever engine. Since when nobody is, is null "
    "while somebody is, and where nobody ever was."
)
class Attendance:
    workers_alive: int
    no_worker_since: datetime | None
    screeners_alive: int
    no_screener_since: datetime | None


@strawberry.type(description="Everything a form needs to know before it asks.")
class Catalogue:
    engines: list[Engine]
    attendance: Attendance
    consent_text: LegalText
    biometric_release_text: LegalText
    packages: list[CreditPackage]
    photo_count: PhotoCount
    price_version: int | None


def catalogue(facts: CatalogueFacts, prices: PriceList | None) -> Catalogue:
    """The catalogue with the prices in force; no packages before the first price list."""
    return Catalogue(
        engines=[_engine(offered) for offered in facts.engines],
        attendance=Attendance(
            workers_alive=facts.workers.alive,
            no_worker_since=_nobody_since(facts.workers),
            screeners_alive=facts.screeners.alive,
            no_screener_since=_nobody_since(facts.screeners),
        ),
        consent_text=_legal_text(facts.consent, facts.consent_scopes),
        biometric_release_text=_legal_text(facts.biometric_release, ()),
        packages=[
            CreditPackage(
                id=package["id"],
                millicredits=Millicredits(package["millicredits"]),
                price_minor_units=package["price_minor_units"],
                currency=package["currency"],
            )
            for package in (prices.packages if prices else [])
        ],
        photo_count=PhotoCount(minimum=facts.photos_min, maximum=facts.photos_max),
        price_version=prices.version if prices else None,
    )


def _engine(offered: EngineOffered) -> Engine:
    entry = offered.entry
    return Engine(
        id=entry.id,
        title=entry.title,
        licence=entry.licence,
        photorealistic=entry.photorealistic,
        makes=list(entry.pipelines),
        reads_words=entry.reads_words,
        lacks=[lack.value for lack in offered.lacks],
        workers_alive=offered.drawn_by.alive,
        nobody_since=_nobody_since(offered.drawn_by),
        styles=list(entry.styles),
        aspect_ratios=[
            AspectRatio(name=name, width=width, height=height)
            for name, (width, height) in entry.aspect_ratios.items()
        ],
        steps=_range(entry.steps),
        guidance=_range(entry.guidance),
        strength=_range(entry.strength),
        negative_prompt=entry.negative_prompt,
        ratings=list(entry.ratings),
        prompt_length_max=entry.prompt_length_max,
        count_max=entry.count.maximum,
        source_strength=_range(entry.source_strength),
        live_previews=entry.live_previews,
        clips=None if entry.clips is None else _clips(entry.clips),
    )


def _nobody_since(there: Presence) -> datetime | None:
    return None if there.alive else there.last_at


def _legal_text(text: LegalTextFacts, offered: Sequence[ScopeOffered]) -> LegalText:
    return LegalText(
        version=text.version,
        sha256=text.sha256,
        text=text.text,
        scopes=[one.scope.value for one in offered],
        offered=[ConsentScopeOffered(scope=one.scope.value, words=one.words) for one in offered],
    )


def _range(facts: WholeRange | RealRange) -> NumberRange:
    return NumberRange(minimum=facts.minimum, maximum=facts.maximum, default=facts.default)


def _clips(facts: ClipFacts) -> ClipOptions:
    return ClipOptions(
        durations_s=list(facts.durations_s),
        motions=list(facts.motions),
        frame_rate=facts.frame_rate,
        count_max=facts.count.maximum,
        seconds_max=facts.seconds_max,
        steps=_range(facts.steps),
        source_strength=_range(facts.source_strength),
        needs_source=facts.needs_source,
    )
