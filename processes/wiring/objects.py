"""The object store of this installation: a folder whose URLs the API serves, or a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.objects.folder import FolderObjectStore
from adapters.objects.presigned import Presigner
from adapters.objects.s3_place import S3Keys, S3Place, S3User, read_keys
from commands.ports.object_store import ObjectStore
from processes.secrets import Secrets
from processes.settings import Settings

if TYPE_CHECKING:
    from adapters.objects.s3 import S3ObjectStore
    from adapters.objects.s3_access import S3Access

OBJECTS_PATH = "/objects"


class ObjectStoreUnset(Exception):
    """No bucket is named where there has to be one."""

    def __init__(self) -> None:
        super().__init__("SUITE_OBJECT_STORE is not set: it names a bucket, as s3://bucket/prefix")


def open_objects(settings: Settings, secrets: Secrets, user: S3User) -> ObjectStore:
    """The store, in a bucket as one of its users. Nothing is asked of it yet.

    Raises `CredentialsUnreadable`.
    """
    if settings.object_store is None:
        return open_folder(settings, secrets)
    return open_bucket(settings, user)


def open_folder(settings: Settings, secrets: Secrets) -> FolderObjectStore:
    """The folder. Every process with the same secrets signs URLs that every API node honours."""
    presigner = Presigner(settings.address + OBJECTS_PATH, secrets.object_urls)
    return FolderObjectStore(settings.home / "objects", presigner)


def open_bucket(settings: Settings, user: S3User) -> S3ObjectStore:
    """The bucket. Raises `ObjectStoreUnset`, `CredentialsUnreadable`."""
    # Imported where it is needed: the client of S3 takes a third of a second.
    from adapters.objects.s3 import S3ObjectStore

    return S3ObjectStore(s3_access(settings, user.value))


def s3_access(settings: Settings, profile: str) -> S3Access:
    """How the bucket is reached. Raises as `open_bucket`."""
    from adapters.objects.s3_access import S3Access

    if settings.object_store is None:
        raise ObjectStoreUnset()
    keys: S3Keys | None = None
    if settings.s3_credentials is not None:
        keys = read_keys(settings.s3_credentials, profile)
    return S3Access(
        S3Place.parse(settings.object_store),
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
        public_endpoint=settings.s3_public_endpoint,
        keys=keys,
    )
