"""The secrets of one installation: one file each, readable by its owner only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

SECRET_SIZE_BYTES = 32


class SecretsUnreadable(Exception):
    """A secret file is missing, has the wrong size, or can be read by others."""


@dataclass(frozen=True, repr=False)
class Secrets:
    """32 random bytes for each purpose, so that no key serves two."""

    key_encryption: bytes
    command_args: bytes
    email_lookup: bytes
    object_urls: bytes
    identity_webhooks: bytes
    payment_webhooks: bytes


def load_secrets(folder: Path) -> Secrets:
    """Read every secret. Raises `SecretsUnreadable`."""
    return Secrets(**{name: _read(folder / f"{name}.key") for name in Secrets.__annotations__})


def ensure_secrets(folder: Path) -> Secrets:
    """Read every secret, making those that do not exist yet."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in Secrets.__annotations__:
        path = folder / f"{name}.key"
        if not path.exists():
            # Exclusive creation: of two processes starting at once, one makes the key.
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(SECRET_SIZE_BYTES))
    return load_secrets(folder)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SecretsUnreadable(f"{path.name}: {error.strerror}") from error
    if len(data) != SECRET_SIZE_BYTES:
        raise SecretsUnreadable(f"{path.name} holds {len(data)} bytes, not {SECRET_SIZE_BYTES}")
    if path.stat().st_mode & 0o077:
        raise SecretsUnreadable(f"{path.name} is readable by others; run chmod 600")
    return data
