"""Found to be under age: from that save on nothing of theirs is made, released or shown again."""

from dataclasses import replace
from uuid import UUID

import pytest

from commands.account.start_verification import StartVerification
from commands.gallery.keep_asset import KeepAsset
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.late import ReportLate
from commands.jobs.read_prompt import ReadPrompt
from commands.wallet.buy_credits import BuyCredits
from domain.asset import Asset
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.identity import asset_id, wallet_id
from domain.refusals import ConsentMissing, UnderAge
from domain.twin import Twin
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, trained."""
    return journey.trained_twin(spec)


@pytest.fixture
def without_twin(spec: StudioSpec) -> UUID:
    """A job of Ada's that draws nobody."""
    journey.verified(spec)
    journey.rich(spec)
    job: UUID = spec.does(journey.A_LIGHTHOUSE).job_id
    return job


def found_under_age(spec: StudioSpec) -> None:
    """A later check finds that Ada is no adult. No reactor has answered yet."""
    check = spec.does(StartVerification("sandbox")).verification_id
    spec.given(replace(journey.approval(spec, check), adult=False))


def test_every_consent_ends_in_the_save_that_knows_the_age(spec: StudioSpec, twin: UUID) -> None:
    check = spec.does(StartVerification("sandbox")).verification_id
    spec.when(replace(journey.approval(spec, check), adult=False)).then(
        "person.verification-declined", "twin.consent-withdrawn", "twin.deletion-requested"
    )
    assert not spec.load(Twin, twin).consented


def test_what_was_rendered_before_is_released_no_more(spec: StudioSpec, twin: UUID) -> None:
    before = len(spec.events(Asset.Released))
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.rendered(spec, job)
    report = journey.screening_of(spec, job)
    found_under_age(spec)
    assert isinstance(spec.does(report), ReportLate)
    assert len(spec.events(Asset.Released)) == before


def test_no_picture_comes_back_into_sight(spec: StudioSpec, twin: UUID) -> None:
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    found_under_age(spec)
    react(spec)
    spec.when(KeepAsset(asset_id(job, 0))).then_refused(UnderAge)


def test_a_job_without_a_twin_is_given_to_no_worker_and_costs_nothing(
    spec: StudioSpec, without_twin: UUID
) -> None:
    set_aside = spec.load(Wallet, wallet_id(ADA)).reserved
    found_under_age(spec)
    denied = spec.does(journey.claim_of(without_twin))
    assert denied == ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    react(spec)
    wallet = spec.load(Wallet, wallet_id(ADA))
    assert (wallet.reserved, wallet.spent, set_aside > 0) == (0, 0, True)
    assert spec.load(Job, without_twin).state is JobState.CANCELLED


def test_what_a_worker_reports_of_a_job_without_a_twin_counts_no_more(
    spec: StudioSpec, without_twin: UUID
) -> None:
    claim = journey.claimed(spec, without_twin)
    rendering = journey.rendering_of(spec, claim)
    found_under_age(spec)
    with pytest.raises(ConsentMissing):
        spec.asks(ReadPrompt(without_twin, 1, claim.claim_id))
    assert isinstance(spec.does(rendering), ReportLate)


def test_a_rendered_job_without_a_twin_is_not_released(
    spec: StudioSpec, without_twin: UUID
) -> None:
    journey.rendered(spec, without_twin)
    report = journey.screening_of(spec, without_twin)
    found_under_age(spec)
    assert isinstance(spec.does(report), ReportLate)
    assert spec.load(Job, without_twin).released == ()
    assert spec.events(Asset.Released) == []


def test_nobody_pays_for_what_they_may_never_have(spec: StudioSpec) -> None:
    journey.verified(spec)
    found_under_age(spec)
    spec.when(BuyCredits(package="starter", provider="sandbox")).then_refused(UnderAge)
