"""The JSON Schema of every event: what a fact's value is."""

from domain.events import STORED_FORM
from topics.message_schemas import Schema, schema_of


def event_schemas() -> dict[str, Schema]:
    """By `<event type>.v<version>`, in the versions that this release writes."""
    return {name: schema_of(kind) for name, kind in STORED_FORM.payload_types().items()}
