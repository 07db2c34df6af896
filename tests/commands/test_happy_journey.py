"""The whole journey, from signing up to a released picture, at the level of commands."""

from domain.asset import Asset
from domain.job import Job
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.studio_spec import ADA, StudioSpec

STARTER_MILLICREDITS = 10_000
TRAINING_MILLICREDITS = 2_000 + 25 * 192
TWO_PICTURES_MILLICREDITS = 2 * (50 + 2 * 25)


def test_ada_comes_from_photos_to_a_gallery(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    taken = journey.finished(spec, job)

    assert len(taken.released) == 2
    assert taken.charged_millicredits == TWO_PICTURES_MILLICREDITS
    wallet = spec.load(Wallet, wallet_id(ADA))
    assert wallet.reserved == 0
    assert wallet.spent == TRAINING_MILLICREDITS + TWO_PICTURES_MILLICREDITS
    assert wallet.available == STARTER_MILLICREDITS - wallet.spent
    pictures = [event for event in spec.events(Asset.Released) if event.job_id == job]
    assert [picture.originator_id for picture in pictures] == list(taken.released)


def test_a_training_authorises_reserves_and_requests_in_one_save(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    spec.when(journey.training_of(twin)).then(
        "twin.training-authorised", "wallet.reserved", "job.requested"
    )


def test_a_screened_training_delivers_charges_and_releases_in_one_save(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    job = spec.does(journey.training_of(twin)).job_id
    journey.rendered(spec, job)
    spec.when(journey.screening_of(spec, job)).then(
        "twin.adapter-delivered",
        "twin.job-ended",
        "wallet.captured",
        "job.screened",
        "job.completed",
        "asset.released",
        "asset.released",
        "asset.released",
    )


def test_a_picture_without_a_twin_is_authorised_on_the_person(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.when(journey.A_LIGHTHOUSE).then(
        "person.generation-authorised", "wallet.reserved", "job.requested"
    )
    assert spec.load(Job, spec.result.job_id).twin_id is None
