"""Consent withdrawn at every moment of a job: it stops, costs nothing, and leaves nothing."""

from uuid import UUID

import pytest

from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.withdraw_consent import WithdrawConsent
from domain.consent_text import CONSENT
from domain.job import Job
from domain.job_state import CancelledBy, JobState
from domain.refusals import ConsentMissing
from gpu_consumers.training.training_places import training_place
from tests.commands.journey import photo_files
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.studio_desk import EVERYTHING, photos


def nothing_of(studio: LivingStudio, twin: UUID, owner: UUID) -> bool:
    """Whether the store holds nothing that was learnt from this twin's photos."""
    places = (f"uploads/{owner}/{twin}/", f"photos/{twin}/", f"templates/{twin}/")
    return not [
        key for place in (*places, f"adapters/{twin}/") for key in studio.objects.keys(place)
    ]


def is_cancelled_without_cost(studio: LivingStudio, job: UUID, owner: UUID) -> Job:
    """Wait for the cancellation; all of the reservation is back."""
    stopped = studio.comes_to(job, owner, JobState.CANCELLED)
    assert stopped.cancelled_by is CancelledBy.CONSENT_WITHDRAWN
    assert stopped.charge_millicredits == 0
    assert studio.wallet(owner)[1] == 0
    return stopped


def everything_is_deleted(studio: LivingStudio, twin: UUID, job: UUID, owner: UUID) -> None:
    until(lambda: nothing_of(studio, twin, owner), "photos, templates and adapters are deleted")
    until(lambda: not list(studio.objects.keys(f"quarantine/{job}/")), "quarantine is empty")
    until(lambda: "twin.deleted" in studio.types_of(twin), "the deletion is on record")


def test_a_queued_job_stops(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.painter.hold()
    running = studio.draw(None, owner)
    studio.is_drawn(running, owner)
    queued = studio.draw(twin, owner)
    assert studio.job(queued, owner).state is JobState.REQUESTED

    studio.does(WithdrawConsent(twin), owner)
    stopped = studio.comes_to(queued, owner, JobState.CANCELLED)
    assert stopped.cancelled_by is CancelledBy.CONSENT_WITHDRAWN
    studio.painter.let_go()
    # What never rested on the consent goes on.
    done = studio.comes_to(running, owner, JobState.COMPLETED)
    everything_is_deleted(studio, twin, queued, owner)
    assert studio.wallet(owner)[1:] == (0, spent + done.charge_millicredits)
    assert "job.started" not in studio.types_of(queued)


def test_a_running_training_stops_within_a_step(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner)
    studio.painter.hold()
    job = studio.train(twin, owner)
    studio.is_drawn(job, owner)

    studio.does(WithdrawConsent(twin), owner)
    is_cancelled_without_cost(studio, job, owner)
    everything_is_deleted(studio, twin, job, owner)
    # Never let go: only the stop can have ended the work, and so the next job can begin.
    until(lambda: "job.result-discarded" in studio.types_of(job), "the worker has reported")
    studio.painter.let_go()
    assert studio.wallet(owner)[2] == 0
    studio.comes_to(studio.draw(None, owner), owner, JobState.COMPLETED)


@pytest.mark.parametrize("kind", ["training", "images"])
def test_a_result_that_comes_too_late_is_refused_and_deleted(
    studio: LivingStudio, kind: str
) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner) if kind == "training" else studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.painter.is_deaf = True
    studio.painter.hold()
    job = studio.train(twin, owner) if kind == "training" else studio.draw(twin, owner, pictures=2)
    studio.is_drawn(job, owner)

    studio.does(WithdrawConsent(twin), owner)
    is_cancelled_without_cost(studio, job, owner)
    studio.painter.let_go()
    until(lambda: "job.result-discarded" in studio.types_of(job), "the result is refused")
    everything_is_deleted(studio, twin, job, owner)
    assert "job.rendered" not in studio.types_of(job)
    assert studio.wallet(owner)[1:] == (0, spent)


@pytest.mark.parametrize("kind", ["training", "images"])
def test_what_is_being_screened_is_never_released(studio: LivingStudio, kind: str) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner) if kind == "training" else studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.analyser.hold()
    job = studio.train(twin, owner) if kind == "training" else studio.draw(twin, owner, pictures=2)
    studio.comes_to(job, owner, JobState.RENDERED)
    assert studio.analyser.is_looking.wait(20.0)

    studio.does(WithdrawConsent(twin), owner)
    stopped = is_cancelled_without_cost(studio, job, owner)
    studio.analyser.let_go()
    assets = [item.asset_id for item in stopped.items]
    for asset in assets:
        until(lambda a=asset: studio.types_of(a) == ["asset.refused"], "the output is refused")  # type: ignore[misc]
    everything_is_deleted(studio, twin, job, owner)
    places = [f"gallery/{asset}/" for asset in assets]
    until(lambda: not any(any(studio.objects.keys(place)) for place in places), "no copy is left")
    assert studio.wallet(owner)[1:] == (0, spent)
    assert stopped.released == ()


def test_a_form_from_before_a_withdrawal_takes_nothing(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    planned = studio.does(PlanPhotoUploads(twin, photo_files(10)), owner)
    forms = [
        studio.objects.presign_upload(
            upload.object_key,
            media_type=upload.media_type,
            size_bytes_min=1,
            size_bytes_max=upload.size_bytes,
            sha256_hex=None,
            expires_in_s=300,
        )
        for upload in planned.uploads
    ]

    def status(number: int) -> int:
        form = forms[number]
        file = {"file": ("ada.png", b"photo", "image/png")}
        return int(studio.http.post(form.url, data=form.fields, files=file).status_code)

    assert status(0) == 204
    studio.does(WithdrawConsent(twin), owner)
    until(lambda: "twin.deleted" in studio.types_of(twin), "the deletion is on record")
    assert [status(number) for number in range(10)] == [403] * 10
    assert nothing_of(studio, twin, owner)

    studio.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
    assert status(0) == 403
    studio.submit_photos(twin, owner, photos())
    until(lambda: studio.twin(twin, owner).accepted is not None, "new photos are accepted")


def test_pictures_of_before_are_hidden_and_their_owner_may_begin_again(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    job = studio.draw(twin, owner)
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    until(lambda: len(studio.gallery_of(owner)) == 1, "the picture is in the gallery")
    [asset] = done.released

    studio.does(WithdrawConsent(twin), owner)
    until(lambda: studio.gallery_of(owner) == (), "the gallery shows it no more")
    assert "asset.hidden" not in studio.types_of(asset)
    with pytest.raises(ConsentMissing):
        studio.draw(twin, owner)
    until(lambda: nothing_of(studio, twin, owner), "photos are deleted")

    studio.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
    assert studio.twin(twin, owner).consented


def test_workers_forget_a_twin_that_nobody_draws_any_more(studio: LivingStudio) -> None:
    owner, other = studio.creator(), studio.creator()
    twin, others = studio.trained_twin(owner), studio.trained_twin(other)
    of_twin = studio.twin(twin, owner).adapter("pocket").sha256
    of_others = studio.twin(others, other).adapter("pocket").sha256
    for job, whose in ((studio.draw(twin, owner), owner), (studio.draw(others, other), other)):
        studio.comes_to(job, whose, JobState.COMPLETED)

    studio.does(WithdrawConsent(twin), owner)
    until(lambda: of_twin in studio.painter.forgotten, "the worker has forgotten the twin")
    assert of_others not in studio.painter.forgotten


def test_checkpoints_of_a_twin_are_gone_from_the_workers_disk(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner)
    studio.painter.hold()
    job = studio.train(twin, owner)
    studio.is_drawn(job, owner)
    epoch = studio.job(job, owner).epoch
    assert epoch is not None
    place = training_place(studio.trainings, job, twin=twin, epoch=epoch)
    place.mkdir(parents=True)
    (place / "state.pt").write_bytes(b"a likeness")

    studio.does(WithdrawConsent(twin), owner)
    until(lambda: not place.exists(), "no checkpoint is left")
