"""What domain and GPU consumers state apart, since neither imports the other, must be the same."""

from enum import StrEnum

import pytest

from commands.jobs.claims import ClaimDenial
from commands.reactions import deeds
from commands.reactions.work_is_announced import WORK_KINDS
from domain.checks import Check
from domain.engines import ENGINES
from domain.job_kind import JobKind
from domain.job_kinds import JOB_KINDS
from domain.job_state import AttemptFailure, CancelledBy
from domain.photo_set import PhotoFlaw
from domain.rendition import THUMBNAIL_SIDES_MAX, THUMBNAIL_SIZE_BYTES_MAX, RenditionRole
from domain.video_settings import CLIP_SECONDS_MIN
from gpu_consumers.engines.pocket.motion_settings import FRAMES_PER_S
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, FRAMES
from gpu_consumers.engines.pocket.world.motion import MOTIONS
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening import (
    output_checks,
    photo_decoding,
    photo_gate,
    signed_copies,
    thumbnails,
)
from processes.reactor import announcing
from processes.recorder import ADAPTER_SIZE_MAX_BYTES
from topics.messages import work as messages
from topics.messages.bounds import CLIP_SECONDS_MAX, OUTPUTS_MAX, RENDITIONS_MAX
from topics.messages.control import StopReason
from topics.messages.grants import ClaimRefusal
from topics.messages.results import FailureReason
from topics.messages.work import WorkKind
from topics.registry import JOBS

EVERY_ENGINE = sorted(ENGINES)


def test_both_sides_hold_the_same_engines() -> None:
    assert LOADERS.keys() == ENGINES.keys()
    assert all(id == entry.id for id, entry in ENGINES.items())
    assert all(id == loader.id for id, loader in LOADERS.items())


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_a_style_that_may_be_asked_for_is_known_to_the_engine(engine: str) -> None:
    entry = ENGINES[engine]
    asked = set(entry.styles) - {entry.default_style}
    assert asked == set(LOADERS[engine].style_words) - {entry.default_style}


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_guidance_begins_at_the_scale_that_the_engine_says(engine: str) -> None:
    assert ENGINES[engine].guidance_free_at == LOADERS[engine].guidance_free_at


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_photos_have_the_shape_of_the_first_aspect_ratio(engine: str) -> None:
    entry, loader = ENGINES[engine], LOADERS[engine]
    (width, height), (wide, high) = (
        loader.twin.sizes[0],
        entry.aspect_ratios[entry.default_aspect_ratio],
    )
    scale = DRAWN_SCALE if engine == "pocket" else 1
    assert (width * scale, height * scale) == (wide, high)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_a_size_that_may_be_asked_for_is_one_the_autoencoder_takes(engine: str) -> None:
    for width, height in ENGINES[engine].aspect_ratios.values():
        cell = 8 * (DRAWN_SCALE if engine == "pocket" else 1)
        assert (width % cell, height % cell) == (0, 0)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_what_is_delivered_is_as_large_as_the_price_and_a_source_suppose(engine: str) -> None:
    assert ENGINES[engine].delivery_scale == LOADERS[engine].delivery_scale


def test_a_motion_that_may_be_asked_for_is_one_of_the_pocket_worlds() -> None:
    clips = ENGINES["pocket"].clips
    motion = LOADERS["pocket"].motion
    assert clips is not None
    assert motion is not None
    assert clips.motions == MOTIONS
    assert (clips.frame_rate, clips.source_strength.default) == (
        FRAMES_PER_S,
        motion.image_strength,
    )


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_an_engine_says_how_it_animates_where_it_does(engine: str) -> None:
    entry = ENGINES[engine]
    assert (entry.clips is not None) == (JobKind.VIDEO in entry.pipelines)
    if entry.clips is not None:
        assert min(entry.clips.durations_s) >= CLIP_SECONDS_MIN
        assert max(entry.clips.durations_s) <= CLIP_SECONDS_MAX
        assert max(entry.clips.durations_s) <= entry.clips.seconds_max
        assert entry.clips.count.maximum <= OUTPUTS_MAX
        motion = LOADERS[engine].motion
        assert motion is not None
        # What may be uploaded is what is decoded, and what is delivered is not too large for it.
        assert motion.upload_bytes_max == entry.clips.raw_size_bytes_max
        sides = [side for size in entry.aspect_ratios.values() for side in size]
        assert max(sides) * entry.delivery_scale <= motion.delivered_side_max
        longest = max(entry.clips.durations_s) * entry.clips.frame_rate
        assert motion.frames_at_once in (0, longest)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_a_trained_adapter_is_within_what_is_accepted(engine: str) -> None:
    entry, loader = ENGINES[engine], LOADERS[engine]
    assert loader.adapter_size_bytes_max <= ADAPTER_SIZE_MAX_BYTES
    assert (entry.training is None) == (not loader.twin.lora_targets)
    if entry.training is not None:
        assert entry.training.rank <= loader.rank_max
        assert len(entry.training.sample_prompts) == entry.training.sample_count


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_live_previews_are_promised_where_the_engine_can_draw_them(engine: str) -> None:
    entry, loader = ENGINES[engine], LOADERS[engine]
    assert entry.live_previews == (loader.preview_factors is not None)
    assert not (entry.photorealistic and entry.live_previews)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_an_engine_brings_its_weights_where_they_are_built_in(engine: str) -> None:
    assert ENGINES[engine].brings_weights == (LOADERS[engine].built_in_folder is not None)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_an_attempt_outlasts_every_phase_of_it(engine: str) -> None:
    longest_s = max(LOADERS[engine].phase_limits_s.values())
    assert ENGINES[engine].pipelines
    for kind in ENGINES[engine].pipelines:
        assert ENGINES[engine].attempt_limit_s[kind] > longest_s


def test_the_pocket_world_has_the_sizes_and_styles_of_its_catalogue_entry() -> None:
    entry = ENGINES["pocket"]
    drawn = {ratio: frame.scaled(DRAWN_SCALE) for ratio, frame in FRAMES.items()}
    sizes = {ratio: (frame.width, frame.height) for ratio, frame in drawn.items()}
    assert sizes == entry.aspect_ratios
    assert set(STYLES) == set(entry.styles)


def test_every_check_that_can_be_required_is_one_the_screener_makes() -> None:
    made = {value for name, value in vars(output_checks).items() if name in {c.name for c in Check}}
    assert made | {signed_copies.PROVENANCE} == {check.value for check in Check}


@pytest.mark.parametrize(
    ("said", "understood"),
    [(FailureReason, AttemptFailure), (ClaimRefusal, ClaimDenial)],
    ids=["why attempts fail", "why claims are refused"],
)
def test_what_one_side_says_is_what_the_other_understands(
    said: type[StrEnum], understood: type[StrEnum]
) -> None:
    assert {word.value for word in said} == {word.value for word in understood}


def test_whoever_can_cancel_a_job_gives_workers_a_reason_of_its_own() -> None:
    assert announcing._STOP_REASONS.keys() == set(CancelledBy)
    assert set(announcing._STOP_REASONS.values()) == set(StopReason)


def test_every_kind_of_job_has_a_topic() -> None:
    assert WORK_KINDS.keys() == set(JobKind)
    assert {*WORK_KINDS.values(), deeds.WorkKind.SCREENING} == set(deeds.WorkKind)
    assert {kind.value for kind in deeds.WorkKind} == {kind.value for kind in WorkKind}
    assert set(WorkKind) == JOBS.keys()


def test_the_files_of_an_output_have_the_same_names_on_both_sides() -> None:
    files = [role.value for role in messages.RenditionRole]
    small = [role.value for role in messages.ThumbnailRole]
    assert [role.value for role in RenditionRole] == [*files, *small]
    assert all(len(kind.roles) <= RENDITIONS_MAX for kind in JOB_KINDS.values())
    assert JOB_KINDS.keys() == set(JobKind)


def test_a_thumbnail_that_the_screener_makes_is_one_that_may_be_released() -> None:
    sides = {role.value: side for role, side in thumbnails.SIDES_MAX.items()}
    assert sides == {role.value: side for role, side in THUMBNAIL_SIDES_MAX.items()}
    assert thumbnails.SIZE_BYTES_MAX <= THUMBNAIL_SIZE_BYTES_MAX


def test_a_flaw_that_the_screener_names_is_one_that_its_owner_can_be_told() -> None:
    flaws = {flaw.value for flaw in PhotoFlaw}
    assert photo_decoding.UNREADABLE in flaws
    assert flaws >= photo_decoding._FLAWS
    assert photo_gate.NOT_JUDGED in flaws
