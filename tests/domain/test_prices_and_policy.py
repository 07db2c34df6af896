"""What things cost, and where what is allowed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.asked_settings import AskedClips, AskedImages
from domain.checks import Check
from domain.engines import ENGINES
from domain.job_kind import JobKind
from domain.policy import DEFAULT_ROWS, INDISPENSABLE_CHECKS, Policy, PolicyRow
from domain.price_list import DEFAULT_ENTRIES, PriceList, price
from domain.rating import Rating
from domain.refusals import (
    ApprovalMissing,
    EngineUnavailable,
    JurisdictionNotAllowed,
    PolicyIncomplete,
    PriceListOutdated,
    RatingNotAllowed,
    UnknownPackage,
    VersionNotNext,
)
from domain.screening_profile import ScreeningProfile
from domain.settings import JobSettings, resolve_images, resolve_training
from domain.video_settings import resolve_video
from tests.domain.aggregate_spec import given
from tests.domain.people import ADA, GRACE, MONDAY, POCKET, TUESDAY

POCKET_ROW, CLIP_ROW = DEFAULT_ROWS
PICTURES, CLIPS = ScreeningProfile.PICTURES, ScreeningProfile.CLIPS


def prices_of_two_versions() -> PriceList:
    prices = PriceList.open(at=MONDAY)
    prices.publish(1, DEFAULT_ENTRIES, MONDAY, at=MONDAY)
    prices.publish(2, DEFAULT_ENTRIES, TUESDAY, at=MONDAY)
    return prices


def policy_of(*rows: PolicyRow) -> Policy:
    policy = Policy.open(at=MONDAY)
    policy.publish(1, rows, (ADA, GRACE), at=MONDAY)
    return policy


def test_a_price_is_a_fixed_part_and_one_per_step_for_every_picture() -> None:
    settings = resolve_images(POCKET, AskedImages(num_inference_steps=10))
    one = price(DEFAULT_ENTRIES, engine="pocket", settings=settings, count=1)
    assert one == 50 + 10 * 2
    assert price(DEFAULT_ENTRIES, engine="pocket", settings=settings, count=8) == 8 * one


def test_a_training_is_priced_by_its_steps() -> None:
    settings = resolve_training(POCKET, 12)
    assert price(DEFAULT_ENTRIES, engine="pocket", settings=settings) == 2_000 + 192 * 25


def test_a_clip_is_priced_by_its_pixels_and_seconds_and_by_nothing_else() -> None:
    def quoted(**asked: Any) -> int:
        return price(
            DEFAULT_ENTRIES, engine="pocket", settings=resolve_video(POCKET, AskedClips(**asked))
        )

    assert quoted(duration_s=3) == 800 * 512 * 512 * 3 // 1_000_000
    for seconds in (4, 5):
        assert abs(3 * quoted(duration_s=seconds) - seconds * quoted(duration_s=3)) <= seconds
    assert quoted(num_inference_steps=1) == quoted(num_inference_steps=50)
    assert quoted(aspect_ratio="9:16") < quoted(aspect_ratio="1:1") * 384 * 704 / 512 / 512 + 1


def test_a_list_lacks_what_was_not_sold_when_it_was_published() -> None:
    prices = PriceList.open(at=MONDAY)
    of_before = tuple(one for one in DEFAULT_ENTRIES if one.kind is not JobKind.VIDEO)
    prices.publish(1, of_before, MONDAY, at=MONDAY)
    assert {one.kind for one in prices.lacks(DEFAULT_ENTRIES)} == {JobKind.VIDEO}
    prices.publish(2, DEFAULT_ENTRIES, MONDAY, at=MONDAY)
    assert prices.lacks(DEFAULT_ENTRIES) == ()


def test_every_engine_has_its_prices() -> None:
    for entry in ENGINES.values():
        kinds: list[JobSettings] = []
        if JobKind.IMAGES in entry.pipelines:
            kinds.append(resolve_images(entry))
        if entry.training is not None:
            kinds.append(resolve_training(entry, 12))
        if entry.clips is not None:
            kinds.append(resolve_video(entry))
        assert len(kinds) == len(entry.pipelines)
        for settings in kinds:
            assert price(DEFAULT_ENTRIES, engine=entry.id, settings=settings) > 0


def test_what_has_no_price_is_not_for_sale() -> None:
    with pytest.raises(EngineUnavailable):
        price((), engine="pocket", settings=resolve_images(POCKET))


def test_a_quote_is_accepted_until_its_time_is_over() -> None:
    prices = prices_of_two_versions()
    assert prices.accepted(2, at=TUESDAY + timedelta(days=900)).version == 2
    assert prices.accepted(1, at=TUESDAY).version == 1
    for version, late in ((1, TUESDAY + timedelta(seconds=1)), (3, MONDAY), (0, MONDAY)):
        with pytest.raises(PriceListOutdated) as refusal:
            prices.accepted(version, at=late)
        assert refusal.value.current == 2


def test_versions_of_the_price_list_follow_each_other() -> None:
    given(prices_of_two_versions()).when(
        lambda p: p.publish(2, DEFAULT_ENTRIES, TUESDAY, at=TUESDAY)
    ).then_refused(VersionNotNext)


def test_a_package_is_bought_from_the_list_in_force() -> None:
    assert prices_of_two_versions().package("starter").millicredits == 10_000
    with pytest.raises(UnknownPackage):
        prices_of_two_versions().package("everything")
    with pytest.raises(UnknownPackage):
        PriceList.open(at=MONDAY).package("starter")


def test_the_sandbox_may_make_general_pictures_on_the_pocket_model_and_nothing_else() -> None:
    policy = policy_of(*DEFAULT_ROWS)
    for profile, row in ((PICTURES, POCKET_ROW), (CLIPS, CLIP_ROW)):
        permitted = policy.permit(
            "pocket", Rating.GENERAL, profile, document_country="XX", session_country="XX"
        )
        assert permitted == row
    for engine in ENGINES:
        for rating in Rating:
            if (engine, rating) != ("pocket", Rating.GENERAL):
                with pytest.raises(RatingNotAllowed):
                    policy.permit(
                        engine, rating, PICTURES, document_country="XX", session_country="XX"
                    )


@pytest.mark.parametrize(
    ("document", "session"),
    [("XX", None), (None, "XX"), ("XX", "DE"), ("DE", "XX"), (None, None), ("XX", "")],
)
def test_both_places_have_to_be_known_and_allowed(
    document: str | None, session: str | None
) -> None:
    with pytest.raises(JurisdictionNotAllowed):
        policy_of(*DEFAULT_ROWS).permit(
            "pocket", Rating.GENERAL, CLIPS, document_country=document, session_country=session
        )


def test_a_denied_place_stays_denied_whatever_a_row_says() -> None:
    row = msgspec.structs.replace(POCKET_ROW, jurisdictions=("US", "US-MN"))
    policy = policy_of(row)
    policy.permit(
        "pocket", Rating.GENERAL, PICTURES, document_country="US", session_country="US-CA"
    )
    with pytest.raises(JurisdictionNotAllowed):
        policy.permit(
            "pocket", Rating.GENERAL, PICTURES, document_country="US", session_country="US-MN"
        )


def test_a_row_about_pictures_allows_no_clips() -> None:
    with pytest.raises(RatingNotAllowed):
        policy_of(POCKET_ROW).permit(
            "pocket", Rating.GENERAL, CLIPS, document_country="XX", session_country="XX"
        )


def test_adult_needs_two_different_approvers() -> None:
    adult = msgspec.structs.replace(POCKET_ROW, rating=Rating.ADULT)

    def approved_by(*approvers: UUID) -> Callable[[Policy], None]:
        return lambda policy: policy.publish(1, (adult,), approvers, at=MONDAY)

    for approvers in ((), (ADA,), (ADA, ADA)):
        given(Policy.open(at=MONDAY)).when(approved_by(*approvers)).then_refused(ApprovalMissing)
    given(Policy.open(at=MONDAY)).when(approved_by(ADA, GRACE)).then(Policy.Published)


@pytest.mark.parametrize("check", INDISPENSABLE_CHECKS)
def test_no_row_may_leave_out_an_indispensable_check(check: Check) -> None:
    checks = tuple(one for one in POCKET_ROW.checks if one != check)
    row = msgspec.structs.replace(POCKET_ROW, checks=checks)
    refusal = (
        given(Policy.open(at=MONDAY))
        .when(lambda p: p.publish(1, (row,), (ADA,), at=MONDAY))
        .then_refused(PolicyIncomplete)
    )
    assert refusal.missing == (check,)


@pytest.mark.parametrize("version", [0, 1, 3, 4])
def test_versions_of_the_policy_follow_each_other(version: int) -> None:
    refusal = (
        given(policy_of(*DEFAULT_ROWS))
        .when(lambda p: p.publish(version, DEFAULT_ROWS, (ADA,), at=MONDAY))
        .then_refused(VersionNotNext)
    )
    assert refusal.expected == 2


def test_the_next_version_of_the_policy_takes_the_place_of_the_last() -> None:
    policy = policy_of(*DEFAULT_ROWS)
    given(policy).when(lambda p: p.publish(2, (), (ADA,), at=MONDAY)).then(Policy.Published)
    assert (policy.policy_version, policy.rows) == (2, ())


PHOTOGRAPHIC = sorted(entry.id for entry in ENGINES.values() if entry.photorealistic)


@pytest.mark.parametrize("engine", [*PHOTOGRAPHIC, "one-that-nobody-knows"])
def test_a_photograph_is_rated_also_where_its_row_says_nothing_of_it(engine: str) -> None:
    row = msgspec.structs.replace(POCKET_ROW, engine=engine)
    assert Check.CONTENT_RATING not in row.checks
    assert row.checks_for(ADA).count(Check.CONTENT_RATING) == 1
    assert row.checks_for(None).count(Check.CONTENT_RATING) == 1
    said = msgspec.structs.replace(row, checks=(*row.checks, Check.CONTENT_RATING))
    assert said.checks_for(ADA).count(Check.CONTENT_RATING) == 1


def test_a_cartoon_is_not_rated() -> None:
    assert POCKET_ROW.checks_for(ADA) == POCKET_ROW.checks


@pytest.mark.parametrize("engine", PHOTOGRAPHIC)
def test_the_country_of_the_sandbox_is_no_place_for_photographs(engine: str) -> None:
    row = msgspec.structs.replace(POCKET_ROW, engine=engine, jurisdictions=("XX", "DE"))
    policy = policy_of(row)
    policy.permit(engine, Rating.GENERAL, PICTURES, document_country="DE", session_country="DE")
    for document, session in (("XX", "XX"), ("DE", "XX"), ("XX", "DE")):
        with pytest.raises(JurisdictionNotAllowed):
            policy.permit(
                engine,
                Rating.GENERAL,
                PICTURES,
                document_country=document,
                session_country=session,
            )


def test_somewhere_in_a_country_of_which_a_part_is_denied_may_be_there() -> None:
    policy = policy_of(msgspec.structs.replace(POCKET_ROW, jurisdictions=("US", "DE")))
    policy.permit("pocket", Rating.GENERAL, PICTURES, document_country="US", session_country="DE")
    with pytest.raises(JurisdictionNotAllowed):
        policy.permit(
            "pocket", Rating.GENERAL, PICTURES, document_country="US", session_country="US"
        )
