"""Prepares the bucket of an installation for its processes."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from adapters.objects.s3_place import CredentialsUnreadable, S3User, read_keys
from processes.settings import Settings
from processes.wiring.objects import s3_access

_LOOPBACK = ("localhost", "127.0.0.1")


class PrincipalUnknown(Exception):
    """Nobody has said how the server names one of the users."""

    def __init__(self, user: S3User) -> None:
        super().__init__(
            f"--{user} says how the server names it, where SUITE_S3_CREDENTIALS has no such profile"
        )


def prepare_objects(
    settings: Settings,
    profile: str,
    named: Mapping[str, str | None],
    origins: Sequence[str],
    on_step: Callable[[str], None],
) -> None:
    """See `prepare_bucket`.

    Raises `PrincipalUnknown`, `ObjectStoreUnset`, `CredentialsUnreadable`, `StoreUnavailable`.
    """
    from adapters.objects.s3_prepare import prepare_bucket

    access = s3_access(settings, profile)
    principals = {user: named.get(user) or _access_key(settings, user) for user in S3User}
    prepare_bucket(
        access,
        principals,
        origins or [*_origins(settings.address), *settings.cors_origins],
        on_step,
    )


def _origins(address: str) -> list[str]:
    """Where the pages come from. On one machine people type either name of it."""
    parts = urlsplit(address)
    if parts.hostname not in _LOOPBACK:
        return [f"{parts.scheme}://{parts.netloc}"]
    port = "" if parts.port is None else f":{parts.port}"
    return [f"{parts.scheme}://{name}{port}" for name in _LOOPBACK]


def _access_key(settings: Settings, user: S3User) -> str:
    if settings.s3_credentials is None:
        raise PrincipalUnknown(user)
    try:
        return read_keys(settings.s3_credentials, user.value).access_key_id
    except CredentialsUnreadable:
        raise PrincipalUnknown(user) from None
