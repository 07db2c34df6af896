"""A store without room for one more note: what is to go goes all the same."""

import pytest

from adapters.objects.in_memory import InMemoryObjectStore
from commands.gallery.purge_asset import PurgeAsset
from commands.ports.object_store import PlaceClosed
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset
from domain.twin import Twin
from tests.commands import journey
from tests.reactor.reactor_spec import ReactorSpec

FACE = b"face" * 100


def filled(spec: ReactorSpec, *keys: str, others: int = 0) -> None:
    """Objects at these keys, in a store that is full to the brim with them."""
    presigner = spec.objects.presigner
    spec.objects = InMemoryObjectStore(presigner, capacity_bytes=len(FACE) * (len(keys) + others))
    for key in (*keys, *(f"others/{number}" for number in range(others))):
        spec.objects.put(key, FACE, media_type="image/png")
    spec.started()


def test_a_withdrawal_deletes_from_a_full_store_and_closes_it_with_the_room_it_made(
    spec: ReactorSpec,
) -> None:
    twin = journey.trained_twin(spec)
    spec.settles()
    photo = f"photos/{twin}/1/set/photo.png"
    filled(spec, photo, f"adapters/{twin}/1/job/claim.safetensors", "others")
    spec.does(WithdrawConsent(twin))
    spec.settles()
    assert list(spec.objects.keys("")) == ["others"]
    assert spec.events(Twin.Deleted)[-1].object_count == 2
    with pytest.raises(PlaceClosed):
        spec.objects.put(photo, FACE, media_type="image/png")


def test_a_purge_deletes_from_a_full_store(spec: ReactorSpec) -> None:
    twin = journey.trained_twin(spec)
    released = spec.events(Asset.Released)[-1]
    spec.settles()
    filled(spec, released.master.object_key)
    spec.does(PurgeAsset(released.originator_id))
    spec.settles()
    assert list(spec.objects.keys("")) == []
    assert spec.load(Twin, twin).consented


def test_what_can_be_closed_by_no_deletion_is_reported_and_deleted_again_later(
    spec: ReactorSpec,
) -> None:
    twin = journey.trained_twin(spec)
    spec.settles()
    filled(spec, others=2)
    spec.does(WithdrawConsent(twin))
    spec.settles()
    # There was nothing to delete, so that there is no room, and nothing to wait for either.
    assert spec.load(Twin, twin).to_delete == ()
    spec.objects.delete(["others/0", "others/1"])
    late = f"photos/{twin}/1/set/photo.png"
    spec.objects.put(late, FACE, media_type="image/png")
    spec.passes(hours=1)
    assert list(spec.objects.keys("")) == []
    with pytest.raises(PlaceClosed):
        spec.objects.put(late, FACE, media_type="image/png")
