"""The AsyncAPI 3 document: every topic and every message, generated from the registry.

`document` takes the schemas of the events, which this package does not know; the committed document
is `topics/asyncapi.json`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from topics.codec import message_type
from topics.message_schemas import Schema, message_schemas
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact
from topics.registry import SCHEMA_VERSION, TOPICS, Message, Topic

VERSION = "1.0.0"

_HEADER_SCHEMA: Schema = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka protocol binding, binary mode.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "For a fact `originator:version`."},
        "ce_type": {"type": "string", "description": "For a fact its event type."},
        "ce_source": {"type": "string", "format": "uri-reference"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_dataschema": {"type": "string", "description": "urn:suite:schema:<type>:v<version>"},
        "ce_sequence": {"type": "string", "description": "The position of a fact or watermark."},
        "ce_ownerid": {"type": "string", "format": "uuid", "description": "Of a fact."},
        "content-type": {"const": "application/json"},
        "traceparent": {
            "type": "string",
            "description": "W3C Trace Context, if it is followed.",
        },
    },
}


def document(event_schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """The document. `event_schemas` holds the schema of each event by `<event type>.v<version>`.

    An event and a message may have the same name: `fact.` stands before the event's.
    """
    events = {f"fact.{name}": schema for name, schema in event_schemas.items()}
    schemas = message_schemas() | events
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "AI Content Suite topics",
            "version": VERSION,
            "description": "What is said between the processes of the studio.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, events) for topic in TOPICS},
        "operations": {
            f"{action}.{topic.name}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
            for topic in TOPICS
            for action in ("send", "receive")
        },
        "components": {
            "messages": _messages(events),
            "schemas": {
                "headers": _HEADER_SCHEMA,
                **{name: _rooted(name, schema) for name, schema in sorted(schemas.items())},
            },
        },
    }


def rendered(event_schemas: Mapping[str, Schema]) -> bytes:
    """The document as it is committed: sorted, two spaces, a line feed at the end."""
    order = msgspec.json.encode(document(event_schemas), order="sorted")
    return msgspec.json.format(order, indent=2) + b"\n"


def _channel(topic: Topic, events: Mapping[str, Schema]) -> dict[str, Any]:
    names = [name for kind in topic.messages for name in _names(kind, events)]
    return {
        "address": topic.name,
        "description": topic.doc,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    "retention.ms": topic.retention_s * 1000,
                },
                "bindingVersion": "0.5.0",
            }
        },
        "x-key": topic.key,
    }


def _names(kind: type[Message], events: Mapping[str, Schema]) -> list[str]:
    if kind is Fact:
        return sorted(events)
    if kind is DeadLetter:
        return ["dead-letter"]
    return [f"{message_type(kind)}.v{SCHEMA_VERSION}"]


def _messages(events: Mapping[str, Schema]) -> dict[str, Any]:
    messages: dict[str, Any] = {
        "dead-letter": {
            "name": "dead-letter",
            "contentType": "application/octet-stream",
            "summary": "A record as it was found, with headers x-dead-letter-topic, -partition, "
            "-offset, -reason and -group.",
        }
    }
    for name in sorted(message_schemas().keys() | events.keys()):
        messages[name] = {
            "name": name.removeprefix("fact.").rpartition(".")[0],
            "headers": {"$ref": "#/components/schemas/headers"},
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
    return messages


def _rooted(name: str, schema: Schema) -> Schema:
    """The schema with references that hold where it stands in the document."""

    def moved(part: Any) -> Any:
        if isinstance(part, dict):
            return {word: _moved_word(word, content) for word, content in part.items()}
        if isinstance(part, list):
            return [moved(one) for one in part]
        return part

    def _moved_word(word: str, content: Any) -> Any:
        if isinstance(content, str) and content.startswith("#/$defs/"):
            return f"#/components/schemas/{name}/$defs/{content.removeprefix('#/$defs/')}"
        return moved(content)

    found: Schema = moved(schema)
    return found
