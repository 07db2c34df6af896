"""What is not proved good is not released, and what is not released is not charged."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

from commands.jobs.cancel_job import CancelJob
from commands.jobs.claim_screening import ClaimScreening, ScreeningGranted
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.late import ReportLate
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.record_screening import RecordScreening, ScreenedItem, screening_key
from commands.safety.publish_policy import PublishPolicy
from domain import object_keys
from domain.asset import Asset
from domain.asset_kind import AssetKind
from domain.checks import Check, CheckVerdict
from domain.job import Job
from domain.job_state import AttemptFailure, JobFailure, JobState
from domain.kernel.identity import SYSTEM, asset_id, wallet_id
from domain.late_results import DISCARDS_MAX
from domain.twin import Twin
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE, PASSED
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec

PRICE_EACH = 50 + 2 * 25


@pytest.fixture
def job(spec: StudioSpec) -> UUID:
    """Two pictures of Ada's twin wait for the screener."""
    twin = journey.trained_twin(spec)
    opened: UUID = spec.does(journey.pictures_of(twin)).job_id
    journey.rendered(spec, opened)
    return opened


def _with_first_item(command: RecordScreening, checks: tuple[CheckVerdict, ...]) -> RecordScreening:
    first, *rest = command.outputs
    return replace(command, outputs=(msgspec.structs.replace(first, checks=checks), *rest))


def test_the_screener_is_told_what_to_check_and_where(spec: StudioSpec, job: UUID) -> None:
    grant = spec.asks(ClaimScreening(job, 1, UUID(int=1)))
    assert isinstance(grant, ScreeningGranted)
    assert set(grant.required_checks) == {verdict.check for verdict in PASSED}
    assert [output.gallery_key for output in grant.outputs] == [
        f"gallery/{asset_id(job, item)}/{UUID(int=1)}/master" for item in range(2)
    ]
    [submitted] = spec.events(Twin.PhotosSubmitted)
    twin = submitted.originator_id
    assert grant.template_key == f"templates/{twin}/1/{submitted.submission_id}.json"


def test_a_training_is_screened_with_its_adapter(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    training = spec.does(journey.training_of(twin)).job_id
    claim = journey.rendered(spec, training)
    grant = spec.asks(ClaimScreening(training, 1, UUID(int=1)))
    place = f"quarantine/{training}/1/{claim.claim_id}/adapter.safetensors"
    assert grant.adapter.quarantine_key == place
    assert grant.adapter.adapter_key == f"adapters/{twin}/1/{training}/{UUID(int=1)}.safetensors"


def test_a_screened_job_is_not_granted_again(spec: StudioSpec, job: UUID) -> None:
    spec.given(journey.screening_of(spec, job))
    answer = spec.asks(ClaimScreening(job, 1, UUID(int=1)))
    assert answer == ClaimDenied(ClaimDenial.JOB_ENDED)


@pytest.mark.parametrize("missing", [verdict.check for verdict in PASSED])
def test_a_picture_without_one_of_its_verdicts_is_refused(
    spec: StudioSpec, job: UUID, missing: str
) -> None:
    checks = tuple(verdict for verdict in PASSED if verdict.check != missing)
    taken = spec.does(_with_first_item(journey.screening_of(spec, job), checks))
    assert taken.refused == (asset_id(job, 0),)
    assert taken.released == (asset_id(job, 1),)


@pytest.mark.parametrize(
    "verdict",
    [
        CheckVerdict(Check.IDENTITY, passed=False, model="pocket-analyser", score=0.2),
        CheckVerdict(Check.IDENTITY, passed=None, model="pocket-analyser"),
        CheckVerdict(Check.IDENTITY, passed=True, model="pocket-analyser", score=float("nan")),
    ],
)
def test_a_picture_with_a_verdict_that_proves_nothing_is_refused(
    spec: StudioSpec, job: UUID, verdict: CheckVerdict
) -> None:
    others = tuple(one for one in PASSED if one.check != Check.IDENTITY)
    taken = spec.does(_with_first_item(journey.screening_of(spec, job), (*others, verdict)))
    assert taken.refused == (asset_id(job, 0),)


def test_a_stale_list_of_known_hashes_refuses(spec: StudioSpec, job: UUID) -> None:
    old = CheckVerdict(Check.KNOWN_HASH, passed=True, model="sandbox-list", score=90_000.0)
    checks = (old, *(one for one in PASSED if one.check != Check.KNOWN_HASH))
    taken = spec.does(_with_first_item(journey.screening_of(spec, job), checks))
    assert taken.refused == (asset_id(job, 0),)


def test_a_picture_without_its_signed_copy_is_refused(spec: StudioSpec, job: UUID) -> None:
    screening = journey.screening_of(spec, job)
    unsigned = tuple(ScreenedItem(output.item, output.checks) for output in screening.outputs)
    taken = spec.does(replace(screening, outputs=unsigned))
    assert taken.released == ()
    assert taken.charged_millicredits == 0


def test_a_picture_that_is_reported_twice_is_refused(spec: StudioSpec, job: UUID) -> None:
    screening = journey.screening_of(spec, job)
    taken = spec.does(replace(screening, outputs=(*screening.outputs, screening.outputs[0])))
    assert taken.refused == (asset_id(job, 0),)


def test_a_picture_that_is_not_reported_is_refused(spec: StudioSpec, job: UUID) -> None:
    screening = journey.screening_of(spec, job)
    taken = spec.does(replace(screening, outputs=screening.outputs[1:]))
    assert taken.refused == (asset_id(job, 0),)


def test_refused_pictures_cost_nothing_and_their_bytes_go(spec: StudioSpec, job: UUID) -> None:
    spent_before = spec.load(Wallet, wallet_id(ADA)).spent
    taken = spec.does(_with_first_item(journey.screening_of(spec, job), ()))
    assert taken.charged_millicredits == PRICE_EACH
    assert spec.load(Wallet, wallet_id(ADA)).spent == spent_before + PRICE_EACH
    deleted = react(spec)
    assert f"gallery/{ADA}/{asset_id(job, 0)}.png" in deleted
    assert f"gallery/{asset_id(job, 0)}/" in deleted
    assert f"gallery/{ADA}/{asset_id(job, 1)}.png" not in deleted
    assert f"quarantine/{job}/" in deleted


def test_a_report_counts_once(spec: StudioSpec, job: UUID) -> None:
    screening = journey.screening_of(spec, job)
    key = screening_key(screening.claim_id)
    first = spec.does(screening, key=key)
    spec.when(screening, key=key).then()
    assert spec.result == first
    spec.when(replace(screening, claim_id=UUID(int=9))).then("job.result-discarded")
    assert isinstance(spec.result, ReportLate)


def test_what_another_screening_signed_is_neither_released_nor_kept(
    spec: StudioSpec, job: UUID
) -> None:
    """A screener stood still, another one took over, and the first wrote and reported at last."""
    taken = journey.screening_of(spec, job)
    late = replace(taken, claim_id=UUID(int=9))
    spec.given(taken, late)
    released = [event.master.object_key for event in spec.events(Asset.Released)]
    assert [key.split("/")[2] for key in released][-2:] == [str(taken.claim_id)] * 2
    deleted = react(spec)
    assert {f"gallery/{asset_id(job, item)}/{UUID(int=9)}/" for item in range(2)} <= set(deleted)
    assert not [place for place in deleted if str(taken.claim_id) in place]


def test_the_screening_that_was_taken_is_not_discarded_under_another_key(
    spec: StudioSpec, job: UUID
) -> None:
    taken = journey.screening_of(spec, job)
    spec.given(taken)
    spec.when(taken).then()
    assert isinstance(spec.result, ReportLate)


def test_a_report_about_a_cancelled_job_leaves_nothing_behind(spec: StudioSpec, job: UUID) -> None:
    screening = journey.screening_of(spec, job)
    spec.given(CancelJob(job))
    react(spec)
    spec.when(screening).then("job.result-discarded", "asset.refused", "asset.refused")
    deleted = react(spec)
    assert f"gallery/{asset_id(job, 0)}/" in deleted
    spec.when(replace(screening, claim_id=UUID(int=9))).then("job.result-discarded")


def test_a_report_about_another_attempt_touches_nothing_but_its_own_copies(
    spec: StudioSpec, job: UUID
) -> None:
    spec.when(replace(journey.screening_of(spec, job), attempt=2)).then("job.result-discarded")
    assert isinstance(spec.result, ReportLate)
    assert spec.load(Job, job).state is JobState.RENDERED


@pytest.mark.parametrize(
    "checks",
    [
        (),
        (CheckVerdict("adapter_file", passed=False, model="safetensors"),),
        (CheckVerdict("adapter_file", passed=None, model="safetensors"),),
    ],
)
def test_an_adapter_that_is_not_proved_good_fails_the_training(
    spec: StudioSpec, checks: tuple[CheckVerdict, ...]
) -> None:
    twin = journey.twin_ready_to_train(spec)
    training = spec.does(journey.training_of(twin)).job_id
    journey.rendered(spec, training)
    taken = spec.does(replace(journey.screening_of(spec, training), adapter_checks=checks))
    assert (taken.released, taken.charged_millicredits) == ((), 0)
    [failed] = spec.events(Job.Failed)
    assert failed.reason is JobFailure.ADAPTER_REFUSED
    assert spec.events(Twin.AdapterDelivered) == []
    assert spec.load(Wallet, wallet_id(ADA)).spent == 0


def test_samples_of_a_training_are_assets_of_their_own_kind(spec: StudioSpec) -> None:
    journey.trained_twin(spec)
    assert {event.kind for event in spec.events(Asset.Released)} == {AssetKind.SAMPLE}


def test_a_policy_that_no_longer_allows_it_releases_nothing(spec: StudioSpec, job: UUID) -> None:
    spec.does(PublishPolicy(version=2, approvers=(), rows=()), owner=SYSTEM)
    taken = spec.does(journey.screening_of(spec, job))
    assert (taken.released, taken.charged_millicredits) == ((), 0)


def test_without_a_twin_faces_must_match_nobody_enrolled(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    twinless = spec.does(A_LIGHTHOUSE).job_id
    journey.rendered(spec, twinless)
    grant = spec.asks(ClaimScreening(twinless, 1, UUID(int=1)))
    assert Check.NO_ENROLLED_MATCH in grant.required_checks
    assert Check.IDENTITY not in grant.required_checks
    taken = spec.does(journey.screening_of(spec, twinless))
    assert taken.released == ()


def test_a_workers_report_takes_no_copy_of_a_screening(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.rendered(spec, job)
    report = journey.screening_of(spec, job)
    spec.given(report)
    released = spec.events(Asset.Released)[-1].master.object_key
    forged = RecordAttemptFailed(job, 1, report.claim_id, AttemptFailure.ENGINE_ERROR)
    spec.when(forged).then()
    mine = [place for place in react(spec) if f"/{report.claim_id}/" in place]
    assert not [place for place in mine if released.startswith(place)]


@pytest.mark.parametrize("training", [False, True], ids=["pictures", "a training"])
def test_reports_of_ever_new_screenings_have_a_bound(spec: StudioSpec, *, training: bool) -> None:
    twin = journey.twin_ready_to_train(spec)
    job = spec.does(journey.training_of(twin) if training else A_LIGHTHOUSE).job_id
    journey.rendered(spec, job)
    report = journey.screening_of(spec, job)
    spec.given(CancelJob(job))
    for number in range(DISCARDS_MAX):
        spec.given(replace(report, claim_id=UUID(int=number)))
    assert len(spec.events(Job.ResultDiscarded)) == DISCARDS_MAX
    spec.when(replace(report, claim_id=UUID(int=DISCARDS_MAX))).then()
    assert isinstance(spec.result, ReportLate)
    # What it may have signed goes all the same: with the end of the job, and once more later.
    spec.clock.pass_by(days=1)
    deleted = react(spec)
    for place in (object_keys.gallery_prefix(asset_id(job, 0)), object_keys.quarantine_prefix(job)):
        assert deleted.count(place) >= 2 * len(("at once", "later"))
