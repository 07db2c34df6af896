"""What an owner can do with a picture."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.asset import LENT_NAMED_MAX, Asset, HiddenBecause
from domain.consent_scopes import ConsentInForce
from domain.consent_text import ConsentScope
from domain.refusals import AssetNotAvailable
from domain.time_limits import JOB_OPEN_MAX
from tests.domain.aggregate_spec import given
from tests.domain.lives import refused_asset, released_asset
from tests.domain.people import MONDAY, TUESDAY, named

THEN = ConsentInForce(1, {ConsentScope.PICTURES: 1, ConsentScope.CLIPS: 1})
"""What covered its twin when the picture of these tests was released."""
NEXT_EPOCH = ConsentInForce(2, THEN.scopes)
CLIPS_ONLY = ConsentInForce(1, {ConsentScope.CLIPS: 1})
TICKED_AGAIN = ConsentInForce(1, {ConsentScope.PICTURES: 2, ConsentScope.CLIPS: 1})

DECISIONS: dict[str, Callable[[Asset], None]] = {
    "favourite": lambda asset: asset.set_favourite(at=TUESDAY),
    "unfavourite": lambda asset: asset.unset_favourite(at=TUESDAY),
    "report": lambda asset: asset.report(at=TUESDAY),
    "keep": lambda asset: asset.keep(NEXT_EPOCH, at=TUESDAY),
    "purge": lambda asset: asset.request_purge(at=TUESDAY),
    "purged": lambda asset: asset.record_purged(at=TUESDAY),
}


def purged_asset() -> Asset:
    asset = released_asset()
    asset.request_purge(at=MONDAY)
    asset.record_purged(at=MONDAY)
    return asset


@pytest.mark.parametrize("decision", DECISIONS)
def test_nothing_can_be_done_with_a_refused_picture(decision: str) -> None:
    given(refused_asset()).when(DECISIONS[decision]).then_refused(AssetNotAvailable)


@pytest.mark.parametrize("decision", [name for name in DECISIONS if name != "purged"])
def test_nothing_can_be_done_with_a_purged_picture(decision: str) -> None:
    given(purged_asset()).when(DECISIONS[decision]).then_refused(AssetNotAvailable)


def test_a_favourite_is_marked_once() -> None:
    asset = released_asset()
    given(asset).when(DECISIONS["favourite"]).then(Asset.Favourited)
    given(asset).when(DECISIONS["favourite"]).then_nothing()
    given(asset).when(DECISIONS["unfavourite"]).then(Asset.Unfavourited)
    given(asset).when(DECISIONS["unfavourite"]).then_nothing()


def test_what_a_withdrawal_hid_the_owner_can_keep() -> None:
    asset = released_asset()
    assert asset.hidden_because(THEN) is None
    assert asset.hidden_because(NEXT_EPOCH) is HiddenBecause.CONSENT_WITHDRAWN
    given(asset).when(DECISIONS["keep"]).then(Asset.Kept)
    assert asset.hidden_because(NEXT_EPOCH) is None
    given(asset).when(DECISIONS["keep"]).then_nothing()


@pytest.mark.parametrize("now", [CLIPS_ONLY, TICKED_AGAIN, None])
def test_what_rests_on_a_scope_is_hidden_once_that_is_taken_back(
    now: ConsentInForce | None,
) -> None:
    asset = released_asset()
    assert asset.hidden_because(now) is HiddenBecause.CONSENT_WITHDRAWN
    given(asset).when(lambda a: a.keep(now, at=TUESDAY)).then(Asset.Kept)
    assert asset.hidden_because(now) is None


def test_what_rests_on_another_scope_stays_in_sight() -> None:
    without_clips = ConsentInForce(1, {ConsentScope.PICTURES: 1})
    assert released_asset().hidden_because(without_clips) is None


def test_what_was_kept_once_no_later_withdrawal_hides() -> None:
    asset = released_asset()
    given(asset).when(DECISIONS["keep"]).then(Asset.Kept)
    assert asset.hidden_because(ConsentInForce(7, THEN.scopes)) is None


def test_keeping_what_nobody_hid_changes_nothing() -> None:
    given(released_asset()).when(lambda a: a.keep(THEN, at=TUESDAY)).then_nothing()


def test_what_was_reported_the_owner_cannot_bring_back() -> None:
    asset = released_asset()
    given(asset).when(DECISIONS["report"]).then(Asset.Hidden)
    given(asset).when(DECISIONS["report"]).then_nothing()
    given(asset).when(DECISIONS["keep"]).then_refused(AssetNotAvailable)
    assert asset.hidden_because(NEXT_EPOCH) is HiddenBecause.REPORTED


def test_a_purge_names_the_bytes_and_is_asked_for_once() -> None:
    asset = released_asset()
    [requested] = given(asset).when(DECISIONS["purge"]).then(Asset.PurgeRequested)
    assert isinstance(requested, Asset.PurgeRequested)
    assert requested.object_key == "gallery/ada/0.png"
    given(asset).when(DECISIONS["purge"]).then_nothing()
    given(asset).when(DECISIONS["purged"]).then(Asset.Purged)
    given(asset).when(DECISIONS["purged"]).then_nothing()


def test_what_nobody_wanted_purged_is_not_purged() -> None:
    given(released_asset()).when(DECISIONS["purged"]).then_refused(AssetNotAvailable)


def test_a_purge_names_the_latest_jobs_that_may_wait_for_it_and_no_others() -> None:
    picture = released_asset()
    picture.lend(named("a job of long ago"), at=MONDAY)
    jobs = [named(f"job {number}") for number in range(LENT_NAMED_MAX + 1)]
    for job in jobs:
        picture.lend(job, at=MONDAY + JOB_OPEN_MAX + timedelta(seconds=1))
    assert list(picture.lent_to) == jobs
    [purged] = (
        given(picture).when(lambda one: one.request_purge(at=TUESDAY)).then(Asset.PurgeRequested)
    )
    assert isinstance(purged, Asset.PurgeRequested)
    assert purged.lent_to == tuple(jobs[1:])
