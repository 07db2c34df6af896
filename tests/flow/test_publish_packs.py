"""Packs by every process: asked for, made by the screener, gone when their time is over."""

from uuid import UUID

from adapters.provenance.file_signer import FileSigner
from commands.gallery.purge_asset import PurgeAsset
from commands.publishing.request_publish_pack import RequestPublishPack
from domain.job_state import JobState
from domain.kernel.identity import publish_packs_id
from domain.publish_pack import PublishPacks
from domain.publish_preset import PublishPreset
from gpu_consumers.screening.credentials import Credentials, Generation
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio


def made(studio: LivingStudio, owner: UUID, pack: UUID) -> bool:
    packs: PublishPacks = studio.load(PublishPacks, publish_packs_id(owner), owner)
    return packs.kept[pack].is_made


def test_a_pack_is_made_signed_and_goes_with_its_item(studio: LivingStudio) -> None:
    owner = studio.creator()
    job = studio.draw(None, owner)
    studio.comes_to(job, owner, JobState.COMPLETED)
    [picture] = until(lambda: studio.gallery_of(owner), "the picture is in the gallery")
    asked = RequestPublishPack((picture.asset_id,), (PublishPreset.SQUARE, PublishPreset.STORY))
    pack: UUID = studio.does(asked, owner).pack_id
    until(lambda: made(studio, owner, pack), "the pack is made")
    files = studio.load(PublishPacks, publish_packs_id(owner), owner).kept[pack].files
    assert [file.preset for file in files] == ["square", "story"]
    credentials = Credentials(FileSigner(studio.signing_keys))
    for file in files:
        data = studio.objects.get(file.object_key)
        credentials.verify(data, Generation(picture.asset_id), media_type="image/jpeg")
        # Neither what was asked for nor with what it was drawn.
        assert b"lighthouse" not in data
        assert b"pocket" not in data
    studio.does(PurgeAsset(picture.asset_id), owner)
    until(lambda: not list(studio.objects.keys(f"packs/{picture.asset_id}/")), "it is gone")
