"""How an S3 server is reached, and what its errors mean to us."""

import contextlib
import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from adapters.objects.s3_place import S3Keys, S3Place
from commands.ports.object_store import ObjectAbsent, ObjectPresent, StoreFull, StoreUnavailable

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20
"""Between two pieces of an answer."""

ATTEMPTS_MAX = 3
CONNECTIONS_MAX = 16

_MAKING = threading.Lock()
"""Clients may be shared between threads; the session that makes them may not."""

_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_PRESENT = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_FULL = frozenset(
    {"QuotaExceeded", "NoSpaceLeftOnDevice", "InsufficientStorage", "XMinioStorageFull", "507"}
)


@dataclass(frozen=True)
class S3Access:
    """Where a server is. Without an endpoint it is Amazon's; without keys boto3 looks for some.

    `public_endpoint` is where browsers and workers reach it: that is what URLs are signed for.
    """

    place: S3Place
    region: str = "us-east-1"
    endpoint: str | None = None
    public_endpoint: str | None = None
    keys: S3Keys | None = None

    def client(self) -> Any:
        """A client for requests of our own. Safe to share between threads."""
        return self._client(self.endpoint)

    def signing_client(self) -> Any:
        """A client that signs for others and asks nothing itself."""
        return self._client(self.public_endpoint or self.endpoint)

    def _client(self, endpoint: str | None) -> Any:
        keys = self.keys
        with _MAKING:
            return _session().client(
                "s3",
                region_name=self.region,
                endpoint_url=endpoint,
                aws_access_key_id=keys.access_key_id if keys else None,
                aws_secret_access_key=keys.secret_access_key if keys else None,
                config=Config(
                    signature_version="s3v4",
                    # A server of one's own has no name for each bucket.
                    s3={"addressing_style": "path" if endpoint else "virtual"},
                    retries={"total_max_attempts": ATTEMPTS_MAX, "mode": "standard"},
                    connect_timeout=CONNECT_TIMEOUT_S,
                    read_timeout=READ_TIMEOUT_S,
                    max_pool_connections=CONNECTIONS_MAX,
                    # Whatever a proxy's variable says: the store is named, and nobody else.
                    proxies={},
                ),
            )


@functools.cache
def _session() -> Any:
    return boto3.session.Session()


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """Whatever the client raises inside, as the port's errors. They name no key and no URL."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _ABSENT:
            raise ObjectAbsent from None
        if code in _PRESENT:
            raise ObjectPresent from None
        if code in _FULL or status == 507:
            raise StoreFull from None
        raise StoreUnavailable(code or str(status)) from None
    except (BotoCoreError, HTTPClientError) as error:
        raise StoreUnavailable(type(error).__name__) from None
