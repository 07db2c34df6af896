"""Identities: every id is a UUID, and whatever can be derived is derived.

A derived id makes a second attempt collide with the first instead of splitting one thing in two.
"""

from uuid import UUID, uuid5

SYSTEM = UUID("00000000-0000-5000-8000-000000000000")
"""Owner of the events that belong to nobody: price lists and policies."""

PRICE_LIST_ID = uuid5(SYSTEM, "price-list")
POLICY_ID = uuid5(SYSTEM, "policy")


def person_id(idempotency_key: UUID) -> UUID:
    """The person whom a sign-up with this key registers."""
    return uuid5(SYSTEM, f"person:{idempotency_key}")


def wallet_id(owner_id: UUID) -> UUID:
    """The one wallet of an owner."""
    return uuid5(owner_id, "wallet")


def twin_id(owner_id: UUID, idempotency_key: UUID) -> UUID:
    """The twin that a CreateTwin command with this key makes."""
    return uuid5(owner_id, f"twin:{idempotency_key}")


def job_id(owner_id: UUID, idempotency_key: UUID) -> UUID:
    """The job that a request with this key opens."""
    return uuid5(owner_id, str(idempotency_key))


def asset_id(job_id: UUID, item: int) -> UUID:
    """The asset that item number `item` (from 0) of a job may become."""
    return uuid5(job_id, str(item))


def purchase_id(owner_id: UUID, idempotency_key: UUID) -> UUID:
    """The purchase that a BuyCredits command with this key starts."""
    return uuid5(owner_id, f"purchase:{idempotency_key}")


def verification_id(owner_id: UUID, idempotency_key: UUID) -> UUID:
    """The identity check that a StartVerification command with this key starts."""
    return uuid5(owner_id, f"verification:{idempotency_key}")


def reaction_key(cause_id: UUID, cause_version: int, reaction: str, target: str = "") -> UUID:
    """The idempotency key of the command with which `reaction` answers one event.

    The event is named by its aggregate and version, which never change. `target` tells several
    answers of one reaction to one event apart.
    """
    name = f"{cause_version}:{reaction}"
    return uuid5(cause_id, f"{name}:{target}" if target else name)


def gallery_id(owner_id: UUID) -> UUID:
    """The one gallery of an owner."""
    return uuid5(owner_id, "gallery")


def source_photos_id(owner_id: UUID) -> UUID:
    """All photos of an owner that pictures and clips begin with."""
    return uuid5(owner_id, "source-photos")


def source_photo_id(owner_id: UUID, idempotency_key: UUID, photos_version: int) -> UUID:
    """The photo that a PlanSourcePhoto command with this key plans.

    The version is that of all photos of the owner, which forget those that went: a key that is used
    again when nobody knows of it any more plans another photo.
    """
    return uuid5(owner_id, f"source-photo:{idempotency_key}:{photos_version}")


def publish_packs_id(owner_id: UUID) -> UUID:
    """All packs of an owner."""
    return uuid5(owner_id, "publish-packs")


def publish_pack_id(owner_id: UUID, idempotency_key: UUID, packs_version: int) -> UUID:
    """The pack that a RequestPublishPack command with this key asks for; as `source_photo_id`."""
    return uuid5(owner_id, f"publish-pack:{idempotency_key}:{packs_version}")


def label_id(owner_id: UUID, idempotency_key: UUID) -> UUID:
    """The tag or collection that a CreateLabel command with this key makes.

    Not made from its name: whoever knows the owner could try names against such an id.
    """
    return uuid5(owner_id, f"label:{idempotency_key}")


def bulk_change_id(owner_id: UUID, idempotency_key: UUID) -> UUID:
    """The change of many items that a command with this key begins."""
    return uuid5(owner_id, f"bulk-change:{idempotency_key}")


def bulk_chunk_id(bulk_change_id: UUID, chunk: int) -> UUID:
    """Chunk number `chunk` (from 0) of a change of many items."""
    return uuid5(bulk_change_id, str(chunk))
