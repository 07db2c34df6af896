"""One scope is taken back while its work is under way: that work ends, and all else goes on."""

from uuid import UUID

import pytest

from commands.twin.add_consent_scopes import AddConsentScopes
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from domain.consent_text import CONSENT, ConsentScope
from domain.job_state import JobState
from domain.refusals import ConsentMissing
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.studio_desk import photos
from tests.flow.test_withdrawal import is_cancelled_without_cost, nothing_of

TRAINING, PICTURES = (ConsentScope.TRAINING,), (ConsentScope.PICTURES,)


def kept_of(studio: LivingStudio, twin: UUID, owner: UUID) -> set[str]:
    """The first parts of the keys of everything that is kept of this twin."""
    places = (f"uploads/{owner}/{twin}/", f"photos/{twin}/", f"templates/{twin}/")
    keys = [key for place in (*places, f"adapters/{twin}/") for key in studio.objects.keys(place)]
    return {key.partition("/")[0] for key in keys}


def test_pictures_that_are_drawn_or_screened_stop_and_the_twin_stays(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    held = kept_of(studio, twin, owner)
    studio.analyser.hold()
    screened = studio.draw(twin, owner)
    studio.comes_to(screened, owner, JobState.RENDERED)
    assert studio.analyser.is_looking.wait(20.0)
    studio.painter.hold()
    drawn = studio.draw(twin, owner)
    studio.is_drawn(drawn, owner)

    studio.does(TakeBackConsentScopes(twin, PICTURES), owner)
    studio.comes_to(drawn, owner, JobState.CANCELLED)
    stopped = is_cancelled_without_cost(studio, screened, owner)
    studio.analyser.let_go()
    studio.painter.let_go()
    [asset] = [item.asset_id for item in stopped.items]
    until(lambda: studio.types_of(asset) == ["asset.refused"], "the output is refused")
    until(lambda: not list(studio.objects.keys(f"gallery/{asset}/")), "no copy is left")
    assert kept_of(studio, twin, owner) == held

    studio.does(AddConsentScopes(twin, CONSENT.sha256, PICTURES), owner)
    studio.comes_to(studio.draw(twin, owner), owner, JobState.COMPLETED)
    until(lambda: len(studio.gallery_of(owner)) == 1, "the new picture is in the gallery")


def test_without_training_photos_go_and_pictures_are_made_as_before(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    studio.does(TakeBackConsentScopes(twin, TRAINING), owner)
    until(lambda: kept_of(studio, twin, owner) == {"templates", "adapters"}, "photos are deleted")
    until(lambda: "twin.deleted" in studio.types_of(twin), "the deletion is on record")
    studio.comes_to(studio.draw(twin, owner), owner, JobState.COMPLETED)
    with pytest.raises(ConsentMissing):
        studio.submit_photos(twin, owner, photos())

    studio.does(AddConsentScopes(twin, CONSENT.sha256, TRAINING), owner)
    studio.submit_photos(twin, owner, photos())
    until(lambda: studio.twin(twin, owner).accepted is not None, "new photos are accepted")


def test_a_training_that_runs_stops_and_leaves_nothing(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner)
    studio.painter.hold()
    job = studio.train(twin, owner)
    studio.is_drawn(job, owner)

    studio.does(TakeBackConsentScopes(twin, TRAINING), owner)
    is_cancelled_without_cost(studio, job, owner)
    until(lambda: nothing_of(studio, twin, owner), "photos, templates and adapters are deleted")
    until(lambda: not list(studio.objects.keys(f"quarantine/{job}/")), "quarantine is empty")
    studio.painter.let_go()
    assert studio.twin(twin, owner).epoch == 1
