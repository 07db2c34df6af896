"""What a bucket needs before the first process starts: that it exists, and who may do what in it.

Every step may be repeated. It is done by somebody with more rights than any process of ours has.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from adapters.objects.s3_access import S3Access, store_errors
from adapters.objects.s3_place import S3Place, S3User

UNFINISHED_KEPT_DAYS = 1
QUARANTINE_KEPT_DAYS = 30
"""Far longer than any job lasts: what the sweeps of the reactor have not found by then is lost."""

PREFLIGHT_KEPT_S = 600

_NOT_HERE = frozenset(
    {"NotImplemented", "MethodNotAllowed", "NotSupported", "VersioningNotConfigured"}
)

_READS = {
    S3User.INTAKE: ("gallery", "packs", "photos", "adapters"),
    S3User.SCREENER: (
        "uploads",
        "quarantine",
        "photos",
        "templates",
        "adapters",
        "gallery",
        "packs",
    ),
}
_WRITES = {
    S3User.INTAKE: ("uploads", "quarantine"),
    S3User.SCREENER: ("photos", "templates", "adapters", "gallery", "packs"),
}


class BucketKeepsVersions(Exception):
    """What is deleted in this bucket stays: no withdrawal of a consent would be carried out."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            f"bucket {bucket} keeps old versions of what is deleted: take one that never did"
        )


def prepare_bucket(
    access: S3Access,
    principals: Mapping[S3User, str],
    origins: Sequence[str],
    on_step: Callable[[str], None],
) -> None:
    """Make the bucket and say who may do what. Raises `BucketKeepsVersions`, `StoreUnavailable`.

    `principals` are the users as the server names them: an ARN at Amazon's, an access key at
    others. `origins` are where the studio's pages come from. What a server does not have is said,
    and done without: nothing relies on it.
    """
    client, place = access.client(), access.place
    on_step(f"bucket {place.bucket}")
    _make(client, access)
    _has(lambda: _require_no_versions(client, place))
    for what, step in (
        ("no access for the public", lambda: _close_to_the_public(client, place)),
        ("policy", lambda: _set_policy(client, place, principals)),
        ("uploads from the studio's pages", lambda: _allow_origins(client, place, origins)),
        ("lifecycle", lambda: _set_lifecycle(client, place)),
    ):
        on_step(what if _has(step) else f"{what}: this server has no such thing")


def bucket_policy(place: S3Place, principals: Mapping[S3User, str]) -> dict[str, Any]:
    """Who may do what. A worker and a browser have no user at all: they have what intake signs."""
    bucket = f"arn:aws:s3:::{place.bucket}"

    def below(*folders: str) -> list[str]:
        return [f"{bucket}/{place.prefix}{folder}/*" for folder in folders]

    def allow(user: S3User, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
        return {
            "Effect": "Allow",
            "Principal": {"AWS": [principals[user]]},
            "Action": [f"s3:{action}" for action in actions],
            "Resource": list(resources),
        }

    return {
        "Version": "2012-10-17",
        "Statement": [
            allow(S3User.INTAKE, ["GetObject"], below(*_READS[S3User.INTAKE])),
            # versitygw asks for the bucket alone where a form is posted; its key, the form pins.
            allow(S3User.INTAKE, ["PutObject"], [bucket, *below(*_WRITES[S3User.INTAKE])]),
            allow(S3User.SCREENER, ["GetObject"], below(*_READS[S3User.SCREENER])),
            allow(S3User.SCREENER, ["PutObject"], below(*_WRITES[S3User.SCREENER])),
            allow(S3User.SCREENER, ["DeleteObject"], below("gallery")),
            # Whoever may not list is told 403 of what is not there, and could not tell it apart.
            allow(S3User.SCREENER, ["ListBucket"], [bucket]),
            allow(S3User.KEEPER, ["ListBucket"], [bucket]),
            allow(
                S3User.KEEPER,
                ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"],
                [bucket, f"{bucket}/{place.prefix}*"],
            ),
        ],
    }


def _make(client: Any, access: S3Access) -> None:
    # Amazon's first region is the one that must not be named.
    elsewhere = access.endpoint is None and access.region != "us-east-1"
    where = {"CreateBucketConfiguration": {"LocationConstraint": access.region}}
    with store_errors():
        try:
            client.create_bucket(Bucket=access.place.bucket, **(where if elsewhere else {}))
        except ClientError as error:
            if error.response["Error"].get("Code") != "BucketAlreadyOwnedByYou":
                raise


def _require_no_versions(client: Any, place: S3Place) -> None:
    # Also where it was suspended: the versions of before are there.
    if client.get_bucket_versioning(Bucket=place.bucket).get("Status"):
        raise BucketKeepsVersions(place.bucket)


def _close_to_the_public(client: Any, place: S3Place) -> None:
    client.put_public_access_block(
        Bucket=place.bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


def _set_policy(client: Any, place: S3Place, principals: Mapping[S3User, str]) -> None:
    policy = json.dumps(bucket_policy(place, principals))
    client.put_bucket_policy(Bucket=place.bucket, Policy=policy)


def _allow_origins(client: Any, place: S3Place, origins: Sequence[str]) -> None:
    rule = {
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "HEAD", "POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": PREFLIGHT_KEPT_S,
    }
    client.put_bucket_cors(Bucket=place.bucket, CORSConfiguration={"CORSRules": [rule]})


def _set_lifecycle(client: Any, place: S3Place) -> None:
    rules = [
        {
            "ID": "unfinished",
            "Status": "Enabled",
            "Filter": {"Prefix": place.prefix},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_KEPT_DAYS},
        },
        {
            "ID": "quarantine",
            "Status": "Enabled",
            "Filter": {"Prefix": f"{place.prefix}quarantine/"},
            "Expiration": {"Days": QUARANTINE_KEPT_DAYS},
        },
    ]
    client.put_bucket_lifecycle_configuration(
        Bucket=place.bucket, LifecycleConfiguration={"Rules": rules}
    )


def _has(step: Callable[[], None]) -> bool:
    """Whether the server has what a step asks for; the step is done then."""
    with store_errors():
        try:
            step()
        except ClientError as error:
            if error.response["Error"].get("Code") in _NOT_HERE:
                return False
            raise
    return True
