"""What the sandbox providers share: a database of their own, and webhooks signed and sent again."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import msgspec

from adapters.webhooks.outbox import OUTBOX_TABLE, Post, Webhook, WebhookOutbox, post_over_http
from adapters.webhooks.sandbox_database import SandboxDatabase
from adapters.webhooks.signature import believe_webhook
from commands.ports.clock import Clock
from commands.ports.webhooks import WebhookRefusal, WebhookRefused


class SandboxProvider:
    """A provider whose `table` lies in the file `database_name`.

    `public_url` is where `sandbox_pages` is mounted; `callback_url` takes the webhooks.
    """

    name = "sandbox"
    database_name: ClassVar[str]
    table: ClassVar[str]

    def __init__(
        self,
        folder: Path,
        *,
        public_url: str,
        callback_url: str,
        webhook_secret: bytes,
        clock: Clock,
        post: Post = post_over_http,
    ) -> None:
        self._public_url = public_url.rstrip("/")
        self._secret = webhook_secret
        self._clock = clock
        self._database = SandboxDatabase(folder / self.database_name, self.table, OUTBOX_TABLE)
        self._outbox = WebhookOutbox(
            self._database.connect,
            secret=webhook_secret,
            callback_url=callback_url,
            clock=clock,
            post=post,
        )

    def deliver_webhooks(self) -> int:
        """Send every webhook that nobody has taken yet. Answers how many were taken now."""
        return self._outbox.deliver()

    def replay_webhooks(self, subject_id: UUID) -> int:
        """Send the webhooks about something again as they were. Answers how many were taken."""
        return self._outbox.replay(subject_id)

    def _believed(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Webhook:
        """What a webhook says. Raises `WebhookRefused`."""
        believe_webhook(self._secret, headers, body, now)
        try:
            return msgspec.json.decode(body, type=Webhook)
        except (msgspec.DecodeError, UnicodeDecodeError) as malformed:
            raise WebhookRefused(WebhookRefusal.MALFORMED) from malformed
