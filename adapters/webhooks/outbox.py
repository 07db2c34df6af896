"""Call-backs a sandbox provider still has to deliver: kept on disk, sent until someone says 2xx."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from uuid import UUID

import httpx
import msgspec

from adapters.webhooks.signature import sign_webhook
from commands.ports.clock import Clock

SEND_TIMEOUT_S = 5.0
BATCH_MAX = 50
KEPT_MAX = 1_000
"""Delivered webhooks that can be sent again. Those before them are forgotten."""

Post = Callable[[str, bytes, Mapping[str, str]], int]
"""Send a body with headers to a URL; answers the HTTP status. Raises OSError or httpx.HTTPError."""

OUTBOX_TABLE = """
create table if not exists webhooks (
    webhook_id text primary key,
    subject_id text not null,
    body blob not null,
    headers text,
    delivered integer not null default 0
)
"""


class Webhook(msgspec.Struct, frozen=True):
    """What a sandbox provider says when something changed. The decision itself is not in it."""

    webhook_id: UUID
    subject_id: UUID
    owner_id: UUID


def post_over_http(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send one webhook, waiting a few seconds at most. Redirects are not followed."""
    return httpx.post(url, content=body, headers=dict(headers), timeout=SEND_TIMEOUT_S).status_code


class WebhookOutbox:
    """The `webhooks` table of a sandbox provider's own database.

    `connect` opens that database, in a transaction that ends with the context.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[sqlite3.Connection]],
        *,
        secret: bytes,
        callback_url: str,
        clock: Clock,
        post: Post = post_over_http,
    ) -> None:
        sign_webhook(secret, b"", clock())  # Refuses a short secret now, not at the first webhook.
        self._connect = connect
        self._secret = secret
        self._callback_url = callback_url
        self._clock = clock
        self._post = post

    @staticmethod
    def queue(connection: sqlite3.Connection, webhook: Webhook) -> None:
        """Keep a webhook in the transaction of what it tells, and forget very old ones."""
        connection.execute(
            "insert into webhooks (webhook_id, subject_id, body) values (?, ?, ?)",
            (str(webhook.webhook_id), str(webhook.subject_id), msgspec.json.encode(webhook)),
        )
        connection.execute(
            "delete from webhooks where delivered"
            " and rowid <= (select max(rowid) from webhooks) - ?",
            (KEPT_MAX,),
        )

    def deliver(self) -> int:
        """Send what waits, each under a signature of now. Answers how many were taken.

        At least once: two processes that deliver at the same time may both send one.
        """
        with self._connect() as connection:
            waiting = connection.execute(
                "select webhook_id, body from webhooks where not delivered order by rowid limit ?",
                (BATCH_MAX,),
            ).fetchall()
        taken = 0
        for webhook_id, body in waiting:
            headers = sign_webhook(self._secret, body, self._clock())
            if not self._send(body, headers):
                continue
            taken += 1
            with self._connect() as connection:
                connection.execute(
                    "update webhooks set delivered = 1, headers = ? where webhook_id = ?",
                    (msgspec.json.encode(headers).decode(), webhook_id),
                )
        return taken

    def replay(self, subject_id: UUID) -> int:
        """Send again, byte for byte and under the old signatures, what a subject's hooks said."""
        with self._connect() as connection:
            sent = connection.execute(
                "select body, headers from webhooks where delivered and subject_id = ?"
                " order by rowid limit ?",
                (str(subject_id), BATCH_MAX),
            ).fetchall()
        return sum(
            self._send(body, msgspec.json.decode(headers, type=dict[str, str]))
            for body, headers in sent
        )

    def _send(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return 200 <= self._post(self._callback_url, body, headers) < 300
        except (OSError, httpx.HTTPError):
            # It stays in the outbox: nobody listened, so nobody knows.
            return False
