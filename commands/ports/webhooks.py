"""Signed messages from providers. They are hints: nothing is decided from their content."""

from enum import StrEnum


class WebhookRefusal(StrEnum):
    """Why a webhook was not believed."""

    FORGED = "forged"
    STALE = "stale"
    MALFORMED = "malformed"
    NOT_OURS = "not-ours"


class WebhookRefused(Exception):
    """A webhook whose signature, age, form or subject does not hold. Nothing was done."""

    def __init__(self, reason: WebhookRefusal) -> None:
        super().__init__(f"webhook refused: {reason}")
        self.reason = reason


class ProviderUnavailable(Exception):
    """The provider gave no answer, or none to be believed. Ask again later; nothing was decided."""


WEBHOOK_AGE_MAX_S = 300
"""An older (or equally far future) signature is stale: it may be a recording."""
