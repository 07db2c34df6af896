"""A clip that keeps the picture it begins with needs nothing that draws its twin anew."""

from collections.abc import Callable

import msgspec
import pytest

import domain.engines
from commands.jobs.grants.parts import adapter_of
from domain.engines import ENGINES
from domain.engines.entry import ClipOptions, EngineEntry
from domain.job import Job
from domain.job_input import InputRole, JobInput
from domain.job_kind import JobKind
from domain.kernel.personal_text import PersonalText
from domain.rating import Rating
from domain.refusals import TwinNotTrained
from domain.twin import Twin
from domain.video_settings import clip_options, resolve_video
from tests.domain.aggregate_spec import given
from tests.domain.people import (
    ADA,
    ADAPTER,
    ADAS_TWIN,
    LIGHTHOUSE_JOB,
    MONDAY,
    NODDING_JOB,
    PHOTOREALISTIC,
    POCKET,
    POLICY_VERSION,
    accepted_twin,
    items_of,
    trained_twin,
    verified,
)

KEEPS: ClipOptions = msgspec.structs.replace(
    clip_options(POCKET), needs_source=True, keeps_first_frame=True
)
CRAYON: EngineEntry = msgspec.structs.replace(
    POCKET, id="crayon", pipelines=(JobKind.VIDEO,), training=None, clips=KEEPS
)
"""Moves cartoons that others drew, and learns nobody."""

ALBUM: EngineEntry = msgspec.structs.replace(CRAYON, id="album", photorealistic=True)
SOURCE = JobInput(InputRole.SOURCE, "gallery/ada/0.png", "5e" * 32, 1.0, asset_id=LIGHTHOUSE_JOB)


@pytest.fixture(autouse=True)
def with_a_crayon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain.engines, "ENGINES", {**ENGINES, "crayon": CRAYON})


def move(entry: EngineEntry = CRAYON, *, stands_in_source: bool) -> Callable[[Twin], None]:
    return lambda twin: twin.authorise_generation(
        NODDING_JOB,
        person=verified(),
        entry=entry,
        kind=JobKind.VIDEO,
        rating=Rating.GENERAL,
        jurisdiction="XX",
        policy_version=POLICY_VERSION,
        at=MONDAY,
        stands_in_source=stands_in_source,
    )


def moving(engine: str, *inputs: JobInput) -> Job:
    settings = resolve_video(POCKET)
    return Job.request(
        NODDING_JOB,
        owner_id=ADA,
        kind=JobKind.VIDEO,
        engine=engine,
        twin_id=ADAS_TWIN,
        epoch=1,
        rating=Rating.GENERAL,
        settings=settings,
        items=items_of(NODDING_JOB, 1),
        price_version=1,
        quoted_millicredits=100,
        cancel_share_thousandths=250,
        policy_version=POLICY_VERSION,
        prompt=PersonalText(""),
        inputs=inputs,
        at=MONDAY,
    )


def test_a_twin_in_a_picture_that_is_kept_is_moved_by_an_engine_that_learnt_nobody() -> None:
    given(trained_twin()).when(move(stands_in_source=False)).then_refused(TwinNotTrained)
    given(trained_twin()).when(move(stands_in_source=True)).then(Twin.GenerationAuthorised)


def test_somebody_has_to_have_learnt_its_face_or_nobody_could_tell_it() -> None:
    given(accepted_twin()).when(move(stands_in_source=True)).then_refused(TwinNotTrained)


def test_a_face_is_told_by_what_was_learnt_for_pictures_of_its_kind() -> None:
    twin = trained_twin()
    assert twin.known_by(CRAYON) == twin.adapter("pocket") == twin.known_by(POCKET)
    with pytest.raises(TwinNotTrained):
        twin.known_by(ALBUM)
    with pytest.raises(TwinNotTrained):
        twin.known_by(PHOTOREALISTIC)


def test_only_what_begins_with_a_kept_picture_is_granted_without_an_adapter() -> None:
    twin = trained_twin()
    assert adapter_of(moving("crayon", SOURCE), twin) is None
    with pytest.raises(TwinNotTrained):
        adapter_of(moving("crayon"), twin)
    drawn_by = adapter_of(moving("pocket", SOURCE), twin)
    assert drawn_by is not None
    assert drawn_by.sha256 == ADAPTER.sha256


@pytest.mark.parametrize(
    ("entry", "kind", "has_source", "keeps"),
    [
        (CRAYON, JobKind.VIDEO, True, True),
        (CRAYON, JobKind.VIDEO, False, False),
        (CRAYON, JobKind.IMAGES, True, False),
        (POCKET, JobKind.VIDEO, True, False),
        (ENGINES["z-image"], JobKind.VIDEO, True, False),
    ],
)
def test_a_picture_is_kept_by_clips_of_an_engine_that_keeps_it(
    entry: EngineEntry, kind: JobKind, *, has_source: bool, keeps: bool
) -> None:
    assert entry.keeps(kind, has_source=has_source) is keeps
