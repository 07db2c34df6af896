"""Which bucket, and who asks. Known without a client, which takes long to import."""

import configparser
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from adapters.objects.keys import checked_key

ADMIN = "admin"
"""The profile of whoever may make a bucket and say who may do what in it: no process of ours."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class S3User(StrEnum):
    """Who asks. Each has a profile of its own, and no right that it does not need."""

    INTAKE = "intake"
    """Signs what strangers and workers may do: it writes uploads and quarantine, reads the rest."""
    SCREENER = "screener"
    """Reads what is to be judged, and writes what has passed: photos, adapters, gallery."""
    KEEPER = "keeper"
    """Lists, copies and deletes."""


class CredentialsUnreadable(Exception):
    """The file of credentials is missing, is no such file, or lacks a profile."""


@dataclass(frozen=True)
class S3Place:
    """A bucket, and a prefix in it that is empty or ends with `/`."""

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> "S3Place":
        """Read `s3://bucket/prefix`. Raises ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query:
            raise ValueError("an object store is named as s3://bucket or s3://bucket/prefix")
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{checked_key(prefix)}/" if prefix else "")


@dataclass(frozen=True, repr=False)
class S3Keys:
    """An access key and its secret."""

    access_key_id: str
    secret_access_key: str


def read_keys(file: Path, profile: str) -> S3Keys:
    """One profile of a file in the format of AWS's tools. Raises `CredentialsUnreadable`."""
    found = configparser.RawConfigParser()
    try:
        with file.open(encoding="utf-8") as lines:
            found.read_file(lines)
        section = found[profile]
        return S3Keys(section["aws_access_key_id"], section["aws_secret_access_key"])
    except (OSError, KeyError, configparser.Error, UnicodeDecodeError) as error:
        # Only the class: the message may quote a line of the file.
        kind = type(error).__name__
        raise CredentialsUnreadable(f"{file.name}: profile {profile!r}: {kind}") from None
