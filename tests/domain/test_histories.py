"""Whatever is asked of a job or a twin, in whatever order: its bytes say it all."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_state import ENDED, AttemptFailure, CancelledBy, JobFailure
from domain.kernel.aggregate import Aggregate
from domain.kernel.refusal import Refusal
from domain.photo_set import PhotoFlaw, PhotoVerdict
from domain.rating import Rating
from domain.screening import SCREENINGS_MAX, ScreeningFailure
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from tests.domain.people import (
    ADA,
    ADAPTER,
    CLAIM,
    LIGHTHOUSE_JOB,
    MONDAY,
    OTHER_CLAIM,
    POCKET,
    SUBMISSION,
    TRAINING_JOB,
    TUESDAY,
    TWELVE_PHOTOS,
    image_job,
    new_twin,
    outputs_of,
    verified,
)
from tests.domain.stored import events_of, replayed, settled, stored

A = TypeVar("A", bound=Aggregate)

NOON = MONDAY + timedelta(hours=3)
PERSON = verified()

_attempts = st.integers(min_value=1, max_value=4)
_screenings = st.integers(min_value=1, max_value=SCREENINGS_MAX + 1)
_claims = st.sampled_from([CLAIM, OTHER_CLAIM])
_reasons = st.sampled_from(list(AttemptFailure))

job_decisions: st.SearchStrategy[Callable[[Job], object]] = st.one_of(
    st.builds(
        lambda n, claim: lambda j: j.start(n, claim, "worker-1", TUESDAY, at=NOON),
        _attempts,
        _claims,
    ),
    st.builds(
        lambda n, claim: lambda j: j.record_rendered(n, claim, outputs_of(j), None, at=NOON),
        _attempts,
        _claims,
    ),
    st.builds(
        lambda n, claim, why: lambda j: j.record_attempt_failed(n, claim, why, at=NOON),
        _attempts,
        _claims,
        _reasons,
    ),
    st.builds(lambda n: lambda j: j.open_attempt(n, at=NOON), _attempts),
    st.builds(
        lambda n, s: lambda j: j.record_screened(n, (), screening=s, at=NOON),
        _attempts,
        _screenings,
    ),
    st.builds(
        lambda n, s, why: lambda j: j.record_screening_failed(n, s, why, at=NOON),
        _attempts,
        _screenings,
        st.sampled_from(list(ScreeningFailure)),
    ),
    st.builds(lambda n, s: lambda j: j.open_screening(n, s, at=NOON), _attempts, _screenings),
    st.builds(
        lambda cut: (
            lambda j: j.complete(
                [item.asset_id for item in j.items[:cut]],
                [item.asset_id for item in j.items[cut:]],
                at=NOON,
            )
        ),
        st.integers(min_value=0, max_value=4),
    ),
    st.just(lambda j: j.fail(JobFailure.DEADLINE_PASSED, at=NOON)),
    st.builds(lambda by: lambda j: j.cancel(by, at=NOON), st.sampled_from(list(CancelledBy))),
)

twin_decisions: st.SearchStrategy[Callable[[Twin], object]] = st.sampled_from(
    [
        lambda t: t.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "en", at=NOON),
        lambda t: t.grant_consent(PERSON, CONSENT.sha256, OFFERED_ANYWHERE, at=NOON),
        *(
            lambda t, scope=scope: t.add_consent_scopes(PERSON, CONSENT.sha256, scope, at=NOON)
            for scope in ((ConsentScope.TRAINING,), (ConsentScope.CLIPS, ConsentScope.PICTURES))
        ),
        *(
            lambda t, scope=scope: t.take_back_consent_scopes((scope,), at=NOON)
            for scope in OFFERED_ANYWHERE
        ),
        lambda t: t.withdraw_consent(at=NOON),
        lambda t: t.plan_uploads(
            SUBMISSION, person=PERSON, photo_ids=TWELVE_PHOTOS, size_bytes=9, at=NOON
        ),
        lambda t: t.forget_uploads(SUBMISSION, at=NOON),
        lambda t: t.submit_photos(
            SUBMISSION, person=PERSON, entry=POCKET, photo_ids=TWELVE_PHOTOS, at=NOON
        ),
        lambda t: t.record_photo_verdicts(
            SUBMISSION, [PhotoVerdict(p) for p in TWELVE_PHOTOS], (), "analyser", at=NOON
        ),
        lambda t: t.record_photo_verdicts(
            SUBMISSION,
            [PhotoVerdict(p, (PhotoFlaw.BLURRED,)) for p in TWELVE_PHOTOS],
            (),
            "analyser",
            at=NOON,
        ),
        lambda t: t.authorise_training(
            TRAINING_JOB, person=PERSON, entry=POCKET, policy_version=1, at=NOON
        ),
        lambda t: t.authorise_generation(
            LIGHTHOUSE_JOB,
            person=PERSON,
            entry=POCKET,
            kind=JobKind.IMAGES,
            rating=Rating.GENERAL,
            jurisdiction="XX",
            policy_version=1,
            at=NOON,
        ),
        lambda t: t.deliver_adapter(TRAINING_JOB, 1, ADAPTER, at=NOON),
        lambda t: t.deliver_adapter(TRAINING_JOB, t.epoch, ADAPTER, at=NOON),
        lambda t: t.end_job(TRAINING_JOB, at=NOON),
        lambda t: t.end_job(LIGHTHOUSE_JOB, at=NOON),
        lambda t: t.record_deletion(t.to_delete, 3, at=NOON),
    ]
)


def ask(aggregate: A, decision: Callable[[A], object]) -> None:
    """Ask, and take no for an answer."""
    before = deepcopy(settled(aggregate))
    decided = len(events_of(aggregate))
    try:
        decision(aggregate)
    except Refusal:
        assert len(events_of(aggregate)) == decided
        assert settled(aggregate) == before


@settings(max_examples=120, deadline=None)
@given(st.lists(job_decisions, max_size=25))
def test_a_job_ends_at_most_once_and_never_costs_more_than_its_quote(
    decisions: list[Callable[[Job], object]],
) -> None:
    job = image_job()
    for decision in decisions:
        ended, charge = job.ended, job.charge_millicredits
        ask(job, decision)
        assert not ended or (job.ended and job.charge_millicredits == charge)
        assert 0 <= job.charge_millicredits <= job.quoted_millicredits
        assert job.attempt <= job.attempts_max
        assert job.screening <= SCREENINGS_MAX
    ends = [event for event in events_of(job) if type(event).TOPIC in {f"job.{e}" for e in ENDED}]
    assert len(ends) == int(job.ended)
    assert settled(replayed(stored(job, ADA))) == settled(job)


@settings(max_examples=150, deadline=None)
@given(st.lists(twin_decisions, max_size=40))
def test_a_twins_epoch_only_grows_and_nothing_is_authorised_without_consent(
    decisions: list[Callable[[Twin], object]],
) -> None:
    twin = new_twin()
    for decision in decisions:
        epoch, consented = twin.epoch, twin.consented
        decided = len(events_of(twin))
        ask(twin, decision)
        assert twin.epoch in (epoch, epoch + 1)
        for event in events_of(twin)[decided:]:
            if isinstance(event, Twin.TrainingAuthorised | Twin.GenerationAuthorised):
                assert consented
                assert event.epoch == epoch
            if isinstance(event, Twin.AdapterDelivered | Twin.PhotosAccepted):
                assert consented
    assert settled(replayed(stored(twin, ADA))) == settled(twin)
