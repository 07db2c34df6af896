"""The release function: one missing word, and nothing is released."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, Unpack
from uuid import UUID

import msgspec
import pytest

from domain.asked_settings import AskedClips
from domain.asset import Asset, RefusalReason, Why
from domain.asset_kind import AssetKind
from domain.checks import Check, CheckVerdict
from domain.consent_text import CONSENT, ConsentScope
from domain.kernel.identity import asset_id
from domain.kernel.personal_text import FreeText, PersonalText
from domain.policy import DEFAULT_ROWS, HASH_LIST_AGE_MAX_S, PolicyRow
from domain.rating import Rating
from domain.release import release
from domain.rendition import Rendition, RenditionRole
from domain.settings import JobSettings
from domain.twin import Twin
from domain.video_settings import resolve_video
from tests.domain.lives import SIGNED
from tests.domain.people import (
    ADA,
    ADAS_TWIN,
    GRACE,
    LIGHTHOUSE_JOB,
    MONDAY,
    POCKET,
    clip_files,
    four_images,
    passed,
    thumbnails_of,
    trained_twin,
    verified,
)

ROW, CLIP_ROW = DEFAULT_ROWS
WITH_TWIN = ROW.checks_for(ADAS_TWIN)
WITHOUT_TWIN = ROW.checks_for(None)


class Facts(TypedDict, total=False):
    owner_id: UUID
    twin_id: UUID | None
    twin: Twin | None
    epoch: int | None
    scopes: dict[ConsentScope, int]
    row: PolicyRow | None
    checks: Sequence[CheckVerdict]
    renditions: Sequence[Rendition]
    settings: JobSettings
    rating: Rating
    engine: str
    placeholder: FreeText | None


def decide(**given: Unpack[Facts]) -> Asset:
    """What becomes of a picture of which all is well but for what is given."""
    return release(
        asset_id(LIGHTHOUSE_JOB, 0),
        owner_id=given.get("owner_id", ADA),
        job_id=LIGHTHOUSE_JOB,
        item=0,
        settings=given.get("settings", four_images()),
        engine=given.get("engine", POCKET.id),
        rating=given.get("rating", Rating.GENERAL),
        seed=7,
        placeholder=given.get("placeholder"),
        twin_id=given.get("twin_id", ADAS_TWIN),
        twin=given.get("twin", trained_twin()),
        epoch=given.get("epoch", 1),
        scopes=given.get("scopes", {ConsentScope.PICTURES: 1}),
        row=given.get("row", ROW),
        policy_version=1,
        checks=given.get("checks", everything_passed(WITH_TWIN)),
        renditions=given.get("renditions", (SIGNED,)),
        at=MONDAY,
    )


def without_twin(**given: Unpack[Facts]) -> Asset:
    """The same for a picture of nobody."""
    checks = given.get("checks", everything_passed(WITHOUT_TWIN))
    return decide(twin_id=None, twin=None, epoch=None, checks=checks)


def everything_passed(required: Sequence[str]) -> list[CheckVerdict]:
    return [passed(check) for check in required]


def all_but(required: Sequence[str], check: str, *verdicts: CheckVerdict) -> list[CheckVerdict]:
    """Everything passed, with these verdicts in the place of one check's."""
    return [v for v in everything_passed(required) if v.check != check] + list(verdicts)


def reasons(asset: Asset) -> tuple[RefusalReason, ...]:
    assert not asset.released
    assert [type(event) for event in asset.pending_events] == [Asset.Refused]
    return asset.reasons


FAULTS: dict[Why, Callable[[str], tuple[CheckVerdict, ...]]] = {
    Why.MISSING: lambda check: (),
    Why.NOT_MADE: lambda check: (CheckVerdict(check, passed=None, model="m", score=1.0),),
    Why.FAILED: lambda check: (CheckVerdict(check, passed=False, model="m", score=1.0),),
    Why.SCORE_NOT_A_NUMBER: lambda check: (
        CheckVerdict(check, passed=True, model="m", score=math.nan),
    ),
    Why.REPEATED: lambda check: (passed(check), passed(check)),
}


def test_a_picture_of_which_everything_passed_is_released() -> None:
    asset = decide()
    assert asset.released
    [event] = asset.pending_events
    assert isinstance(event, Asset.Released)
    assert [verdict.check for verdict in event.checks] == list(WITH_TWIN)
    assert (event.policy_version, event.epoch, event.renditions) == (1, 1, (SIGNED,))


def test_a_picture_of_nobody_is_released_when_it_matches_nobody() -> None:
    assert without_twin().released
    assert Check.NO_ENROLLED_MATCH in WITHOUT_TWIN
    assert Check.IDENTITY not in WITHOUT_TWIN


@pytest.mark.parametrize("why", FAULTS)
@pytest.mark.parametrize("check", WITH_TWIN)
def test_one_check_at_fault_refuses(check: str, why: Why) -> None:
    asset = decide(checks=all_but(WITH_TWIN, check, *FAULTS[why](check)))
    assert reasons(asset) == (RefusalReason(check, why),)


@pytest.mark.parametrize("why", FAULTS)
@pytest.mark.parametrize("check", WITHOUT_TWIN)
def test_one_check_at_fault_refuses_a_picture_of_nobody(check: str, why: Why) -> None:
    asset = without_twin(checks=all_but(WITHOUT_TWIN, check, *FAULTS[why](check)))
    assert reasons(asset) == (RefusalReason(check, why),)


@pytest.mark.parametrize("score", [math.inf, -math.inf])
def test_an_infinite_score_refuses(score: float) -> None:
    verdict = CheckVerdict("identity", passed=True, model="m", score=score)
    assert reasons(decide(checks=all_but(WITH_TWIN, "identity", verdict))) == (
        RefusalReason("identity", Why.SCORE_NOT_A_NUMBER),
    )


@pytest.mark.parametrize("age_s", [0.0, 0.5, HASH_LIST_AGE_MAX_S - 0.5, HASH_LIST_AGE_MAX_S])
def test_a_list_is_fresh_from_its_first_moment_to_its_last(age_s: float) -> None:
    verdict = CheckVerdict("known_hash", passed=True, model="list 3", score=age_s)
    assert decide(checks=all_but(WITH_TWIN, "known_hash", verdict)).released


@pytest.mark.parametrize("age_s", [None, -1.0, -0.001, HASH_LIST_AGE_MAX_S + 0.001])
def test_a_list_of_unknown_or_too_great_age_refuses(age_s: float | None) -> None:
    verdict = CheckVerdict("known_hash", passed=True, model="list 3", score=age_s)
    assert reasons(decide(checks=all_but(WITH_TWIN, "known_hash", verdict))) == (
        RefusalReason("known_hash", Why.LIST_TOO_OLD),
    )


def test_a_check_nobody_required_has_to_pass_where_it_was_made() -> None:
    extra = CheckVerdict("watermark", passed=False, model="m")
    assert decide(checks=[*everything_passed(WITH_TWIN), passed("watermark")]).released
    assert reasons(decide(checks=[*everything_passed(WITH_TWIN), extra])) == (
        RefusalReason("watermark", Why.FAILED),
    )


def test_verdicts_on_a_twin_do_not_release_a_picture_of_nobody() -> None:
    assert reasons(without_twin(checks=everything_passed(WITH_TWIN))) == (
        RefusalReason("no_enrolled_match", Why.MISSING),
    )


def test_no_verdicts_at_all_refuse_with_every_check_named() -> None:
    assert [reason.check for reason in reasons(decide(checks=()))] == list(WITH_TWIN)


EPOCH = (RefusalReason("release", Why.EPOCH_NOT_CURRENT),)
NOT_WHOLE = (RefusalReason("release", Why.NO_SIGNED_COPY),)


def test_an_older_epoch_refuses() -> None:
    twin = trained_twin()
    twin.withdraw_consent(at=MONDAY)
    for epoch in (1, 2, None):
        assert reasons(decide(twin=twin, epoch=epoch)) == EPOCH


def test_the_twin_itself_has_to_be_shown() -> None:
    assert reasons(decide(twin=None)) == EPOCH
    assert reasons(decide(epoch=None)) == EPOCH
    assert reasons(decide(twin_id=GRACE)) == EPOCH


def test_somebody_elses_twin_refuses() -> None:
    assert reasons(decide(owner_id=GRACE)) == EPOCH


@pytest.mark.parametrize("scope", [ConsentScope.PICTURES, ConsentScope.CLIPS])
def test_a_scope_that_was_taken_back_refuses_what_rests_on_it_and_nothing_else(
    scope: ConsentScope,
) -> None:
    twin = trained_twin()
    twin.take_back_consent_scopes((scope,), at=MONDAY)
    asset = decide(twin=twin)
    assert asset.released is (scope is ConsentScope.CLIPS)
    assert asset.reasons == (() if asset.released else EPOCH)


def test_a_scope_that_is_ticked_again_releases_nothing_of_before() -> None:
    twin = trained_twin()
    pictures = (ConsentScope.PICTURES,)
    twin.take_back_consent_scopes(pictures, at=MONDAY)
    twin.add_consent_scopes(verified(), CONSENT.sha256, pictures, at=MONDAY)
    assert reasons(decide(twin=twin)) == EPOCH
    assert decide(twin=twin, scopes={ConsentScope.PICTURES: 2}).released


@pytest.mark.parametrize("scopes", [{}, {ConsentScope.CLIPS: 1}, {ConsentScope.TRAINING: 1}])
def test_a_scope_of_another_kind_releases_no_picture(scopes: dict[ConsentScope, int]) -> None:
    assert reasons(decide(scopes=scopes)) == EPOCH


def test_a_stronger_rating_needs_its_scope_as_well() -> None:
    row = msgspec.structs.replace(ROW, rating=Rating.SUGGESTIVE)
    assert reasons(decide(rating=Rating.SUGGESTIVE, row=row)) == EPOCH


def test_without_a_policy_row_nothing_is_released() -> None:
    no_policy = (RefusalReason("release", Why.NO_POLICY),)
    assert reasons(decide(row=None)) == no_policy
    assert reasons(decide(rating=Rating.ADULT)) == no_policy + EPOCH
    assert reasons(decide(engine="stable-diffusion-1.5")) == no_policy + NOT_WHOLE
    assert reasons(decide(engine="nobody-knows-it")) == no_policy + NOT_WHOLE
    assert reasons(decide(row=CLIP_ROW)) == no_policy


@pytest.mark.parametrize(
    "renditions",
    [
        (),
        (SIGNED, SIGNED),
        (msgspec.structs.replace(SIGNED, role=RenditionRole.PREVIEW),),
        (SIGNED, msgspec.structs.replace(SIGNED, role=RenditionRole.POSTER)),
        (msgspec.structs.replace(SIGNED, object_key=""),),
        (msgspec.structs.replace(SIGNED, sha256=""),),
        (msgspec.structs.replace(SIGNED, size_bytes=0),),
        (msgspec.structs.replace(SIGNED, media_type="text/html"),),
        (msgspec.structs.replace(SIGNED, width=0),),
        (msgspec.structs.replace(SIGNED, width=256, height=256),),
        (msgspec.structs.replace(SIGNED, height=704),),
        (msgspec.structs.replace(SIGNED, duration_ms=3_000),),
    ],
)
def test_without_the_one_signed_picture_nothing_is_released(
    renditions: tuple[Rendition, ...],
) -> None:
    assert reasons(decide(renditions=renditions)) == NOT_WHOLE


CLIP = resolve_video(POCKET, AskedClips(duration_s=4))
FILES = clip_files(duration_ms=4_000)


def clip(**given: Unpack[Facts]) -> Asset:
    """What becomes of a clip of four seconds of which all is well but for what is given."""
    row, files = given.get("row", CLIP_ROW), given.get("renditions", FILES)
    scopes = given.get("scopes", {ConsentScope.CLIPS: 1})
    return decide(row=row, settings=CLIP, renditions=files, scopes=scopes)


def test_a_clip_of_which_everything_is_there_is_released() -> None:
    asset = clip()
    assert (asset.released, asset.kind) == (True, AssetKind.VIDEO)
    assert asset.renditions == FILES
    assert asset.master.media_type == "video/mp4"


def test_a_consent_to_pictures_does_not_release_a_clip() -> None:
    assert reasons(clip(scopes={ConsentScope.PICTURES: 1})) == EPOCH


def test_a_clip_needs_a_row_about_clips() -> None:
    assert reasons(clip(row=ROW)) == (RefusalReason("release", Why.NO_POLICY),)


@pytest.mark.parametrize("missing", [one.role for one in FILES])
def test_a_clip_without_one_of_its_files_is_not_released(missing: RenditionRole) -> None:
    files = tuple(one for one in FILES if one.role is not missing)
    assert reasons(clip(renditions=files)) == NOT_WHOLE


@pytest.mark.parametrize("role", [one.role for one in FILES])
@pytest.mark.parametrize(
    "changed",
    [{"sha256": ""}, {"size_bytes": 0}, {"media_type": "video/x-matroska"}, {"height": 0}],
)
def test_a_clip_with_a_file_that_is_not_what_it_has_to_be_is_not_released(
    role: RenditionRole, changed: dict[str, Any]
) -> None:
    files = tuple(
        msgspec.structs.replace(one, **changed) if one.role is role else one for one in FILES
    )
    assert reasons(clip(renditions=files)) == NOT_WHOLE


@pytest.mark.parametrize("length_ms", [3_000, 3_125, 4_000])
def test_a_clip_may_be_cut_at_its_end_while_three_seconds_remain(length_ms: int) -> None:
    assert clip(renditions=clip_files(duration_ms=length_ms)).released


@pytest.mark.parametrize("length_ms", [1, 2_999, 4_001, 60_000, None])
def test_a_clip_that_is_too_short_or_longer_than_asked_is_not_released(
    length_ms: int | None,
) -> None:
    assert reasons(clip(renditions=clip_files(duration_ms=length_ms))) == NOT_WHOLE


@pytest.mark.parametrize("size", [(256, 256), (512, 704), (1_024, 512)])
def test_a_clip_of_another_size_than_was_asked_and_paid_for_is_not_released(
    size: tuple[int, int],
) -> None:
    width, height = size
    files = tuple(
        msgspec.structs.replace(one, width=width, height=height)
        if one.role is RenditionRole.MASTER
        else one
        for one in FILES
    )
    assert reasons(clip(renditions=files)) == NOT_WHOLE


def test_previews_of_a_clip_may_be_smaller_than_the_clip() -> None:
    files = tuple(
        one
        if one.role is RenditionRole.MASTER
        else msgspec.structs.replace(one, width=480, height=480)
        for one in FILES
    )
    assert clip(renditions=files).released


SMALL, LARGE = thumbnails_of()


def test_thumbnails_and_a_blur_are_released_with_what_they_show() -> None:
    asset = decide(renditions=(SIGNED, SMALL, LARGE), placeholder=PersonalText("1QcSHQ"))
    [event] = asset.pending_events
    assert isinstance(event, Asset.Released)
    assert event.placeholder == PersonalText("1QcSHQ")
    assert event.renditions == (SIGNED, SMALL, LARGE)
    assert asset.has_thumbnails
    assert clip(renditions=(*FILES, SMALL, LARGE)).released


def test_what_an_earlier_screener_sent_without_thumbnails_is_released_all_the_same() -> None:
    assert (decide().released, decide().has_thumbnails) == (True, False)
    assert decide(renditions=(SIGNED, SMALL)).released


@pytest.mark.parametrize(
    "changed",
    [
        {"width": 257},
        {"height": 257},
        {"size_bytes": 20_001},
        {"size_bytes": 0},
        {"sha256": ""},
        {"object_key": ""},
        {"media_type": "image/png"},
        {"duration_ms": 3_000},
        {"role": RenditionRole.THUMBNAIL_512},
    ],
)
def test_a_thumbnail_that_is_not_what_it_has_to_be_releases_nothing(
    changed: dict[str, Any],
) -> None:
    wrong = msgspec.structs.replace(SMALL, **changed)
    assert reasons(decide(renditions=(SIGNED, wrong, LARGE))) == NOT_WHOLE


def test_a_moving_poster_is_none() -> None:
    files = (*FILES[:-1], msgspec.structs.replace(FILES[-1], duration_ms=4_000))
    assert reasons(clip(renditions=files)) == NOT_WHOLE
