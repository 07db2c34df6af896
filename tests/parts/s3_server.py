"""Where tests find an S3 server: one of their own, built once and started once a session."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import pytest
from botocore.compat import get_current_datetime

from adapters.objects.s3 import S3ObjectStore
from adapters.objects.s3_access import S3Access
from adapters.objects.s3_place import ADMIN, S3Keys, S3Place, S3User
from adapters.objects.s3_prepare import prepare_bucket
from adapters.parts.kafka import PartUnavailable
from adapters.parts.s3 import ROOT, S3Server, build_server

SERVER_FOLDER = Path("var/parts/s3")
STUDIO = "http://studio.test"
PREFIX = "suite/"
SECRETS = {ROOT: "root of the test", **{user.value: f"{user} of the test" for user in S3User}}

_numbers = count(1)


@dataclass(frozen=True)
class S3ForTests:
    """A server and how it is reached."""

    server: S3Server

    def access(self, who: str = S3User.KEEPER, bucket: str = "photos-of-the-test") -> S3Access:
        """As one of its users, or as `ROOT`."""
        place = S3Place(bucket, PREFIX)
        return S3Access(place, endpoint=self.server.endpoint, keys=S3Keys(who, SECRETS[who]))

    def new_bucket(self) -> str:
        """A bucket that is prepared and holds nothing."""
        bucket = f"bucket-{next(_numbers)}"
        self.prepared(bucket)
        return bucket

    def prepared(self, bucket: str, on_step: Callable[[str], None] = lambda step: None) -> None:
        """What `suite objects prepare` does."""
        principals = {user: user.value for user in S3User}
        prepare_bucket(self.access(ROOT, bucket), principals, [STUDIO], on_step)

    def store(self, bucket: str, who: str = ROOT, endpoint: str | None = None) -> S3ObjectStore:
        """A store in a bucket. `endpoint`: where somebody stands between it and the server."""
        access = self.access(who, bucket)
        return S3ObjectStore(replace(access, endpoint=endpoint or access.endpoint))


@contextmanager
def s3_server(folder: Path, *, can_keep_versions: bool = False) -> Iterator[S3ForTests]:
    """A server that the test may kill. Skips with the reason where there is none.

    Under `CI=true` that is a failure.
    """
    try:
        program = build_server(SERVER_FOLDER)
    except PartUnavailable as error:
        _do_without(str(error))
    users = {user.value: SECRETS[user.value] for user in S3User}
    with S3Server(
        program, folder, SECRETS[ROOT], users, can_keep_versions=can_keep_versions
    ) as server:
        yield S3ForTests(server)


def write_profiles(file: Path) -> Path:
    """A file of credentials with everybody's profile, as `SUITE_S3_CREDENTIALS` names one."""
    file.write_text(
        "".join(
            f"[{ADMIN if who == ROOT else who}]\n"
            f"aws_access_key_id = {who}\naws_secret_access_key = {secret}\n"
            for who, secret in SECRETS.items()
        )
    )
    return file


@contextmanager
def signed_ago(seconds: float) -> Iterator[None]:
    """Whatever is signed inside was signed so long ago: S3 has no clock that a test could set."""
    now = get_current_datetime

    def then(*, remove_tzinfo: bool = True) -> datetime:
        at: datetime = now(remove_tzinfo=remove_tzinfo)
        return at - timedelta(seconds=seconds)

    with (
        patch("botocore.auth.get_current_datetime", then),
        patch("botocore.signers.get_current_datetime", then),
    ):
        yield


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
