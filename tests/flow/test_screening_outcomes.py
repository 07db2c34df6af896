"""What the screener says decides what is released, and what is released decides the price."""

import pytest

from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.sign_biometric_release import SignBiometricRelease
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.job_state import JobFailure, JobState
from domain.kernel.personal_text import PersonalText
from domain.refusals import PhotosNotAccepted
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.scripted_analyser import ADA, NOT_A_NUMBER, SOMEBODY_ELSE, Seen
from tests.flow.studio_desk import EVERYTHING, photos
from tests.flow.test_journey import PICTURE_MILLICREDITS

TWO_PEOPLE = Seen(("face", "face"), ADA.identity)
NOBODY = Seen((), ())


def test_only_released_pictures_cost_something(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.analyser.script.extend([ADA, SOMEBODY_ELSE, TWO_PEOPLE, ADA])
    job = studio.draw(twin, owner, pictures=4)
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert [len(done.released), len(done.refused)] == [2, 2]
    assert studio.wallet(owner)[1:] == (0, spent + 2 * PICTURE_MILLICREDITS)
    until(lambda: len(studio.gallery_of(owner)) == 2, "two pictures are in the gallery")
    for asset in done.refused:
        assert not list(studio.objects.keys(f"gallery/{asset}/"))


@pytest.mark.parametrize(
    "seen",
    [NOT_A_NUMBER, RuntimeError("no device"), NOBODY, Seen(("face",), (float("nan"), 0.0, 0.0))],
    ids=["score is NaN", "model fails", "nobody is seen", "identity is NaN"],
)
def test_what_was_not_judged_is_not_released_and_costs_nothing(
    studio: LivingStudio, seen: Seen | Exception
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.analyser.script.extend([seen, seen])
    done = studio.comes_to(studio.draw(twin, owner, pictures=2), owner, JobState.COMPLETED)
    assert done.released == ()
    assert len(done.refused) == 2
    assert studio.wallet(owner)[1:] == (0, spent)
    until(lambda: not list(studio.objects.keys(f"quarantine/{done.id}/")), "quarantine is empty")


def test_a_training_whose_samples_are_refused_still_delivers_its_adapter(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner)
    studio.analyser.script.extend([SOMEBODY_ELSE, SOMEBODY_ELSE, SOMEBODY_ELSE])
    done = studio.comes_to(studio.train(twin, owner), owner, JobState.COMPLETED)
    assert done.released == ()
    adapter = studio.twin(twin, owner).adapter("pocket")
    assert studio.objects.head(adapter.object_key) is not None


def test_an_adapter_that_is_no_adapter_fails_the_training_and_costs_nothing(
    studio: LivingStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = studio.creator()
    twin = studio.twin_with_photos(owner)
    monkeypatch.setattr("tests.flow.painter.small_adapter", lambda *_: b"a pickle, perhaps")
    job = studio.train(twin, owner)
    studio.comes_to(job, owner, JobState.FAILED)
    assert studio.why_it_failed(job) == JobFailure.ADAPTER_REFUSED
    assert studio.wallet(owner)[1:] == (0, 0)
    until(lambda: not list(studio.objects.keys(f"adapters/{twin}/")), "no adapter is left")


def test_a_photo_of_another_person_has_the_set_refused(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.does(CreateTwin(name=PersonalText("Ada at work")), owner).twin_id
    studio.does(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256), owner)
    studio.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
    studio.analyser.script.extend([ADA] * (len(photos()) - 1))
    studio.analyser.script.append(SOMEBODY_ELSE)
    studio.submit_photos(twin, owner, photos())
    until(lambda: "twin.photos-rejected" in studio.types_of(twin), "the set is refused")
    with pytest.raises(PhotosNotAccepted):
        studio.train(twin, owner)
    until(lambda: not list(studio.objects.keys(f"uploads/{owner}/")), "uploads are deleted")
    assert studio.wallet(owner)[1:] == (0, 0)
