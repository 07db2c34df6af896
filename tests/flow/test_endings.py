"""Attempts that fail and jobs that are stopped: what they cost, and what comes after them."""

from datetime import timedelta

import pytest

from commands.gallery.purge_asset import PurgeAsset
from commands.jobs.cancel_job import CancelJob
from commands.jobs.retry_job import RetryJob
from commands.ports.object_store import StoreFull
from domain.job_state import AttemptFailure, JobFailure, JobState
from domain.price_list import CANCEL_SHARE_THOUSANDTHS
from tests.faults.oracle import until
from tests.flow.living_studio import PACE, LivingStudio
from tests.flow.test_journey import PICTURE_MILLICREDITS

PATIENCE_S = 20.0


def broken() -> RuntimeError:
    return RuntimeError("the engine broke")


def test_a_job_whose_attempts_all_fail_is_refunded(studio: LivingStudio) -> None:
    owner = studio.creator()
    before = studio.wallet(owner)
    studio.painter.accidents.extend([broken(), broken(), broken()])
    job = studio.draw(None, owner)
    studio.comes_to(job, owner, JobState.FAILED)
    assert studio.why_it_failed(job) == JobFailure.ATTEMPTS_EXHAUSTED
    assert studio.types_of(job).count("job.started") == 3
    assert studio.wallet(owner) == before


def test_a_worker_out_of_memory_gets_another_attempt(studio: LivingStudio) -> None:
    owner = studio.creator()
    studio.painter.accidents.append(MemoryError())
    done = studio.comes_to(studio.draw(None, owner), owner, JobState.COMPLETED)
    assert done.attempt == 2
    assert studio.wallet(owner)[1:] == (0, PICTURE_MILLICREDITS)


def test_a_batch_that_does_not_fit_is_halved_within_the_attempt(studio: LivingStudio) -> None:
    owner = studio.creator()
    studio.painter.accidents.append(MemoryError())
    done = studio.comes_to(studio.draw(None, owner, pictures=2), owner, JobState.COMPLETED)
    assert done.attempt == 1


def test_a_failed_job_can_be_asked_for_again(studio: LivingStudio) -> None:
    owner = studio.creator()
    studio.painter.accidents.extend([broken(), broken(), broken()])
    failed = studio.draw(None, owner)
    studio.comes_to(failed, owner, JobState.FAILED)
    again = studio.does(RetryJob(failed, price_version=1, session_jurisdiction="XX"), owner).job_id
    studio.comes_to(again, owner, JobState.COMPLETED)
    assert studio.reader_has_seen(again, owner, JobState.COMPLETED).retried_from == failed
    assert studio.wallet(owner)[1:] == (0, PICTURE_MILLICREDITS)


def test_a_job_cancelled_while_it_runs_costs_the_share_of_the_price_list(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    studio.painter.hold()
    job = studio.draw(None, owner, pictures=8)
    studio.is_drawn(job, owner)
    share = 8 * PICTURE_MILLICREDITS * CANCEL_SHARE_THOUSANDTHS // 1_000
    assert studio.does(CancelJob(job), owner).charged_millicredits == share
    assert studio.wallet(owner)[1:] == (0, share)
    # The painter is held for good: the worker is free again only because it was stopped.
    until(lambda: "job.result-discarded" in studio.types_of(job), "the worker has stopped")
    studio.reader_has_seen(job, owner, JobState.CANCELLED)


def test_a_job_cancelled_while_it_waits_costs_nothing(studio: LivingStudio) -> None:
    owner = studio.creator()
    studio.painter.hold()
    first = studio.draw(None, owner)
    studio.is_drawn(first, owner)
    waiting = studio.draw(None, owner)
    assert studio.does(CancelJob(waiting), owner).charged_millicredits == 0
    studio.painter.let_go()
    studio.comes_to(first, owner, JobState.COMPLETED)
    assert studio.job(waiting, owner).state is JobState.CANCELLED
    assert studio.wallet(owner)[1:] == (0, PICTURE_MILLICREDITS)


def test_a_store_without_room_fails_the_job_and_not_the_next_one(
    studio: LivingStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = studio.creator()
    before = studio.wallet(owner)
    with monkeypatch.context() as full:
        full.setattr(studio.objects, "_capacity_bytes", 0)
        job = studio.draw(None, owner)
        studio.comes_to(job, owner, JobState.FAILED)
    assert studio.why_it_failed(job) == JobFailure.ATTEMPTS_EXHAUSTED
    assert studio.reasons_of(job) == [AttemptFailure.UPLOAD_REFUSED] * 3
    assert studio.wallet(owner) == before
    studio.comes_to(studio.draw(None, owner), owner, JobState.COMPLETED)


def test_a_store_without_room_for_signed_copies_refuses_no_picture_and_is_asked_again(
    studio: LivingStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = studio.creator()
    # One screening gives up after so many tries; the next one finds a store that has room.
    refused = iter(range(1 + len(PACE.retry_delays_s)))
    put = studio.objects.put

    def put_or_refuse(key: str, data: bytes, *, media_type: str) -> None:
        if key.startswith("gallery/") and next(refused, None) is not None:
            raise StoreFull
        put(key, data, media_type=media_type)

    monkeypatch.setattr(studio.objects, "put", put_or_refuse)
    job = studio.draw(None, owner, pictures=2)
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert (done.attempt, done.screening) == (1, 2)
    assert (len(done.released), done.refused) == (2, ())


def test_a_training_that_cannot_be_screened_is_screened_again_and_not_trained_again(
    studio: LivingStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner)
    # One screening gives up after so many tries; the next one finds a store that has room.
    refused = iter(range(1 + len(PACE.retry_delays_s)))
    put = studio.objects.put

    def put_or_refuse(key: str, data: bytes, *, media_type: str) -> None:
        if key.startswith("adapters/") and next(refused, None) is not None:
            raise ConnectionError
        put(key, data, media_type=media_type)

    monkeypatch.setattr(studio.objects, "put", put_or_refuse)
    job = studio.train(twin, owner)
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert (done.attempt, done.screening) == (1, 2)
    types = studio.types_of(job)
    assert types.count("job.started") == types.count("job.screening-failed") == 1
    assert studio.twin(twin, owner).adapter("pocket")


def test_a_screener_that_stands_still_holds_nobodys_credits(
    studio: LivingStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = studio.creator()
    before = studio.wallet(owner)
    limit, deadline = timedelta(milliseconds=50), timedelta(seconds=5)
    monkeypatch.setattr("commands.reactions.screening_is_bounded.SCREENING_LIMIT", limit)
    monkeypatch.setattr("commands.reactions.job_has_a_deadline.JOB_OPEN_MAX", deadline)
    studio.analyser.hold()
    job = studio.draw(None, owner)
    assert studio.analyser.is_looking.wait(PATIENCE_S)
    # It was the only one: the next screening waits for another until the job's own time is over.
    studio.comes_to(job, owner, JobState.FAILED)
    assert studio.why_it_failed(job) == JobFailure.DEADLINE_PASSED
    assert studio.wallet(owner) == before
    types = studio.types_of(job)
    assert (types.count("job.started"), types.count("job.screening-failed")) == (1, 1)
    studio.reader_has_seen(job, owner, JobState.FAILED)


def test_a_purged_picture_is_gone_from_the_store(studio: LivingStudio) -> None:
    owner = studio.creator()
    done = studio.comes_to(studio.draw(None, owner), owner, JobState.COMPLETED)
    [asset] = done.released
    files = [key.rsplit("/", 1)[1] for key in studio.objects.keys(f"gallery/{asset}/")]
    assert files == ["master", "thumbnail-256", "thumbnail-512"]
    studio.does(PurgeAsset(asset), owner)
    until(lambda: "asset.purged" in studio.types_of(asset), "the purge is on record")
    assert list(studio.objects.keys(f"gallery/{asset}/")) == []
    until(lambda: studio.gallery_of(owner) == (), "the gallery shows it no more")
