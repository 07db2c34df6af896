"""How what a reaction wants is stored: under a name that no move of a module changes.

The bytes are msgspec JSON: the stored name, and the fields of the command or deed. Fields are added
with a default and never renamed, as in events; none of them holds personal text.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from commands.gallery.carry_out_chunk import CarryOutChunk
from commands.gallery.purge_trashed import PurgeTrashed
from commands.jobs.end_without_source import EndWithoutSource
from commands.jobs.expire_screening import ExpireScreening
from commands.jobs.fail_job import FailJob
from commands.jobs.open_next_attempt import OpenNextAttempt
from commands.jobs.open_next_screening import OpenNextScreening
from commands.jobs.stop_jobs_of_twin import StopJobsOfTwin
from commands.publishing.end_publish_pack import ExpirePublishPack, GiveUpPublishPack
from commands.reactions.deeds import (
    AnnounceForgetting,
    AnnounceStop,
    AnnounceTurn,
    AnnounceWork,
    DeleteObjects,
    FollowPurchase,
    FollowVerification,
    PurgeObject,
    ReadEvent,
    RefetchPayment,
    RefetchVerification,
)
from commands.source_photos.forget_source_photo import ForgetPlannedSource, ForgetUnusedSource
from commands.source_photos.forget_uncovered_sources import ForgetUncoveredSources
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from commands.twin.expire_photo_set import ExpirePhotoSet
from commands.twin.forget_uploads import ForgetUploads
from commands.twin.withdraw_all_consents import WithdrawAllConsents
from commands.wallet.expire_promotion import ExpirePromotion

WANTED: Mapping[str, type[Any]] = MappingProxyType(
    {
        "announce-forgetting": AnnounceForgetting,
        "announce-stop": AnnounceStop,
        "announce-turn": AnnounceTurn,
        "announce-work": AnnounceWork,
        "carry-out-chunk": CarryOutChunk,
        "delete-objects": DeleteObjects,
        "end-without-source": EndWithoutSource,
        "expire-photo-set": ExpirePhotoSet,
        "expire-promotion": ExpirePromotion,
        "expire-publish-pack": ExpirePublishPack,
        "expire-screening": ExpireScreening,
        "fail-job": FailJob,
        "follow-purchase": FollowPurchase,
        "follow-verification": FollowVerification,
        "forget-planned-source": ForgetPlannedSource,
        "forget-uncovered-sources": ForgetUncoveredSources,
        "forget-unused-source": ForgetUnusedSource,
        "forget-uploads": ForgetUploads,
        "give-up-publish-pack": GiveUpPublishPack,
        "give-up-source-photo": GiveUpSourcePhoto,
        "open-next-attempt": OpenNextAttempt,
        "open-next-screening": OpenNextScreening,
        "purge-object": PurgeObject,
        "purge-trashed": PurgeTrashed,
        "read-event": ReadEvent,
        "refetch-payment": RefetchPayment,
        "refetch-verification": RefetchVerification,
        "stop-jobs-of-twin": StopJobsOfTwin,
        "withdraw-all-consents": WithdrawAllConsents,
    }
)
"""Every command and deed that a reaction may want, by its stored name. A name is a promise."""

_NAMES = {kind: name for name, kind in WANTED.items()}


class WantedUnreadable(Exception):
    """A stored want that this release does not know. Another release may."""


class _Stored(msgspec.Struct):
    name: str
    fields: msgspec.Raw


def encode_wanted(wanted: Any) -> bytes:
    """The bytes to store. Raises `KeyError` for what is not in `WANTED`."""
    name = _NAMES[type(wanted)]
    return msgspec.json.encode(_Stored(name, msgspec.Raw(msgspec.json.encode(wanted))))


def decode_wanted(payload: bytes) -> Any:
    """The command or deed behind stored bytes of any release. Raises `WantedUnreadable`."""
    try:
        stored = msgspec.json.decode(payload, type=_Stored)
        return msgspec.json.decode(stored.fields, type=WANTED[stored.name])
    except KeyError as error:
        raise WantedUnreadable(f"nothing is called {error}") from error
    except msgspec.DecodeError as error:
        # Its message names fields and types, never what stood in them.
        raise WantedUnreadable(str(error)) from error
