"""Photos of one's own, by every process: uploaded by a form, judged, read by a worker, deleted."""

import hashlib
import io
from uuid import UUID

import pytest
from PIL import Image

from adapters.provenance.file_signer import FileSigner
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.plan_source_photo import PlanSourcePhoto
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.plan_photo_uploads import PhotoFile
from commands.twin.withdraw_consent import WithdrawConsent
from domain.job_state import JobState
from domain.kernel.identity import source_photos_id
from domain.source_photo import CleanPhoto, SourceFlaw, SourcePhoto
from domain.source_photos import SourcePhotos
from gpu_consumers.screening.credentials import Credentials, CredentialsRefused, Generation
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.scripted_analyser import SOMEBODY_ELSE
from tests.flow.studio_desk import photos


def uploaded(studio: LivingStudio, twin: UUID, owner: UUID) -> UUID:
    """A photo of Ada's, which was posted to its form and submitted."""
    picture = photos()[0]
    file = PhotoFile("image/jpeg", len(picture), hashlib.sha256(picture).hexdigest())
    planned = studio.does(PlanSourcePhoto(twin, "pocket", file), owner)
    form = studio.objects.presign_upload(
        planned.object_key,
        media_type=planned.media_type,
        size_bytes_min=planned.size_bytes,
        size_bytes_max=planned.size_bytes,
        sha256_hex=planned.sha256,
        expires_in_s=60,
    )
    sent = {"file": ("ada.jpg", picture, planned.media_type)}
    assert studio.http.post(form.url, data=form.fields, files=sent).status_code == 204
    studio.does(SubmitSourcePhoto(planned.photo_id), owner)
    photo: UUID = planned.photo_id
    return photo


def kept(studio: LivingStudio, owner: UUID) -> dict[UUID, SourcePhoto]:
    found: SourcePhotos = studio.load(SourcePhotos, source_photos_id(owner), owner)
    return found.kept


def accepted(studio: LivingStudio, twin: UUID, owner: UUID) -> tuple[UUID, CleanPhoto]:
    photo = uploaded(studio, twin, owner)
    clean = until(lambda: kept(studio, owner)[photo].clean, "the photo is accepted")
    assert isinstance(clean, CleanPhoto)
    return photo, clean


def test_a_worker_reads_the_clean_copy_and_the_files_say_no_more_than_that(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    photo, clean = accepted(studio, twin, owner)
    until(lambda: not list(studio.objects.keys(f"uploads/{owner}/")), "the original is gone")
    job = studio.draw(None, owner, source_photo_id=photo, source_strength=0.5)
    studio.comes_to(job, owner, JobState.COMPLETED)
    assert studio.painter.sources[-1] == studio.objects.get(clean.object_key)
    [made] = until(lambda: studio.gallery_of(owner), "it is in the gallery")
    assert (made.source_photo_id, made.source_asset_id, made.twin_id) == (photo, None, twin)
    signed = studio.objects.get(made.object_key)
    credentials = Credentials(FileSigner(studio.signing_keys))
    said = Generation(made.asset_id, from_own_photo=True)
    credentials.verify(signed, said, media_type="image/png")
    with pytest.raises(CredentialsRefused):
        credentials.verify(signed, Generation(made.asset_id), media_type="image/png")
    assert str(photo).encode() not in signed
    assert clean.sha256.encode() not in signed

    studio.does(DeleteSourcePhoto(photo), owner)
    until(lambda: studio.objects.head(clean.object_key) is None, "its copy is gone")
    with Image.open(io.BytesIO(studio.objects.get(made.object_key))) as picture:
        assert picture.size == (made.width, made.height)


def test_somebody_elses_face_is_refused_and_its_bytes_go(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    studio.analyser.script.append(SOMEBODY_ELSE)
    photo = uploaded(studio, twin, owner)
    until(lambda: photo not in kept(studio, owner), "it is refused")
    [refused] = [
        event
        for _, event in studio.oracle.history()
        if isinstance(event, SourcePhotos.Refused) and event.photo_id == photo
    ]
    assert refused.flaws == (SourceFlaw.ANOTHER_PERSON,)
    until(lambda: not list(studio.objects.keys(f"uploads/{owner}/")), "the upload is gone")
    assert not [key for key in studio.objects.keys("photos/") if str(photo) in key]


def test_a_withdrawal_deletes_it_and_stops_what_was_to_begin_with_it(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    photo, clean = accepted(studio, twin, owner)
    studio.analyser.hold()
    job = studio.draw(None, owner, source_photo_id=photo)
    studio.comes_to(job, owner, JobState.RENDERED)
    studio.does(WithdrawConsent(twin), owner)
    studio.analyser.let_go()
    studio.comes_to(job, owner, JobState.CANCELLED)
    until(lambda: studio.objects.head(clean.object_key) is None, "its copy is gone")
    until(lambda: photo not in kept(studio, owner), "its end is recorded")
