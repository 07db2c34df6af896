"""Ada's photos that something is to begin with: the test data of the domain, with her face."""

from uuid import UUID

from domain.checks import Check, CheckVerdict
from domain.policy import DEFAULT_ROWS
from domain.rating import Rating
from domain.screening_profile import ScreeningProfile
from domain.source_photo import CleanPhoto, SourceFlaw
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from tests.domain.people import ADA, MONDAY, POCKET, named, trained_twin, verified

LANTERN = named("Ada with a lantern")
ROW = next(
    row
    for row in DEFAULT_ROWS
    if (row.engine, row.rating, row.screening)
    == (POCKET.id, Rating.GENERAL, ScreeningProfile.PICTURES)
)
CLEAN = CleanPhoto(
    object_key=f"photos/ada/1/{LANTERN}/a-claim.png",
    sha256="5e" * 32,
    size_bytes=300_000,
    width=768,
    height=1024,
)


def passed(*, faces: int = 1, **otherwise: bool | None) -> tuple[CheckVerdict, ...]:
    """Every check that a photo with so many faces has to pass, passed but where named."""
    names = [name for name in ROW.checks_for(ADA if faces else None) if name != Check.PROVENANCE]
    scores: dict[str, float] = {Check.KNOWN_HASH: 60.0, Check.FACE_COUNT: float(faces)}
    return tuple(
        CheckVerdict(name, otherwise.get(name, True), "pocket-reader/1", scores.get(name))
        for name in names
    )


def planned_photo(twin: Twin | None = None, photo_id: UUID = LANTERN) -> SourcePhotos:
    """One that may be uploaded."""
    photos = SourcePhotos.open(ADA, at=MONDAY)
    plan(photos, photo_id, twin)
    return photos


def plan(photos: SourcePhotos, photo_id: UUID, twin: Twin | None = None) -> None:
    """Another one that may be uploaded."""
    photos.plan(
        photo_id,
        twin=twin or trained_twin(),
        person=verified(),
        entry=POCKET,
        size_bytes=2_000_000,
        at=MONDAY,
    )


def submitted_photo(twin: Twin | None = None) -> SourcePhotos:
    """One that waits to be judged."""
    photos = planned_photo(twin)
    photos.submit(LANTERN, at=MONDAY)
    return photos


def judge(
    photos: SourcePhotos,
    twin: Twin,
    checks: tuple[CheckVerdict, ...] = (),
    *,
    flaw: SourceFlaw | None = None,
) -> None:
    """Record what was found of Ada with a lantern."""
    photos.record_judged(
        LANTERN,
        twin=twin,
        row=ROW,
        policy_version=1,
        flaw=flaw,
        checks=checks,
        clean=None if flaw else CLEAN,
        at=MONDAY,
    )


def accepted_photo(twin: Twin | None = None) -> SourcePhotos:
    """One that something may begin with."""
    twin = twin or trained_twin()
    photos = submitted_photo(twin)
    judge(photos, twin, passed())
    return photos
