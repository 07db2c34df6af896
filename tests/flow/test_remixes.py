"""Remixes from request to gallery: a worker reads the source, credentials name it, a purge ends."""

import io
from uuid import UUID

import pytest
from PIL import Image

from adapters.provenance.file_signer import FileSigner
from commands.gallery.purge_asset import PurgeAsset
from domain.job_state import JobFailure, JobState
from gpu_consumers.screening.credentials import Credentials, CredentialsRefused, Generation
from queries.gallery.gallery import Asset
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio


def drawn(studio: LivingStudio, owner: UUID, twin: UUID | None = None) -> Asset:
    """A picture in the gallery."""
    studio.comes_to(studio.draw(twin, owner), owner, JobState.COMPLETED)
    picture: Asset
    [picture] = until(lambda: studio.gallery_of(owner), "the picture is in the gallery")
    return picture


def made_from(studio: LivingStudio, owner: UUID, source: Asset) -> tuple[Asset, ...]:
    found = studio.gallery_of(owner)
    return tuple(one for one in found if one.source_asset_id == source.asset_id)


def test_a_worker_reads_the_source_and_the_remix_names_it(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    source = drawn(studio, owner, twin)
    job = studio.draw(None, owner, source_asset_id=source.asset_id, source_strength=0.5)
    studio.comes_to(job, owner, JobState.COMPLETED)
    assert studio.painter.sources[-1] == studio.objects.get(source.object_key)
    [remix] = until(lambda: made_from(studio, owner, source), "the remix is in the gallery")
    assert (remix.source_relation, remix.twin_id) == ("remix", twin)
    signed = studio.objects.get(remix.object_key)
    credentials = Credentials(FileSigner(studio.signing_keys))
    named = Generation(remix.asset_id, source.asset_id)
    credentials.verify(signed, named, media_type="image/png")
    with pytest.raises(CredentialsRefused):
        credentials.verify(signed, Generation(remix.asset_id), media_type="image/png")

    studio.does(PurgeAsset(source.asset_id), owner)
    until(lambda: not list(studio.objects.keys(f"gallery/{source.asset_id}/")), "it is gone")
    [remix] = made_from(studio, owner, source)
    with Image.open(io.BytesIO(studio.objects.get(remix.object_key))) as picture:
        assert picture.size == (remix.width, remix.height)


def test_a_variation_is_drawn_from_noise(studio: LivingStudio) -> None:
    owner = studio.creator()
    first = drawn(studio, owner)
    job = studio.draw(None, owner, variation_of=first.asset_id, seed=77)
    studio.comes_to(job, owner, JobState.COMPLETED)
    assert studio.painter.sources[-1] is None
    [variation] = until(lambda: made_from(studio, owner, first), "the variation is in the gallery")
    assert variation.source_relation == "variation"
    credentials = Credentials(FileSigner(studio.signing_keys))
    signed = studio.objects.get(variation.object_key)
    credentials.verify(signed, Generation(variation.asset_id), media_type="image/png")


def test_a_remix_ends_when_its_source_is_purged_while_it_is_drawn(studio: LivingStudio) -> None:
    owner = studio.creator()
    source = drawn(studio, owner)
    spent = studio.wallet(owner)[2]
    studio.painter.hold()
    job = studio.draw(None, owner, source_asset_id=source.asset_id)
    studio.is_drawn(job, owner)
    studio.does(PurgeAsset(source.asset_id), owner)
    studio.comes_to(job, owner, JobState.FAILED)
    studio.painter.let_go()
    assert studio.why_it_failed(job) == JobFailure.SOURCE_GONE
    assert studio.wallet(owner)[1:] == (0, spent)
