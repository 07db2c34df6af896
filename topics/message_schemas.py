"""One JSON Schema per message version, and whether a new one breaks a released one.

The released ones are committed in `topics/schemas/`, those of facts in `events/` below it;
`suite topics asyncapi` writes what is missing there, and never changes one.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from topics.codec import message_type
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact
from topics.registry import SCHEMA_VERSION, TOPICS, Message

Schema: TypeAlias = dict[str, Any]

RELEASED = Path(__file__).parent / "schemas"
RELEASED_EVENTS = RELEASED / "events"

_DEFINITIONS = "$defs"


def message_schemas() -> dict[str, Schema]:
    """The schema of every message whose value is ours, by `<type>.v<version>`.

    Facts are described by their event classes, and dead letters by nobody.
    """
    kinds: dict[str, type[Message]] = {}
    for topic in TOPICS:
        for kind in topic.messages:
            if kind is not Fact and kind is not DeadLetter:
                kinds[f"{message_type(kind)}.v{SCHEMA_VERSION}"] = kind
    return {name: schema_of(kind) for name, kind in sorted(kinds.items())}


def schema_of(kind: type) -> Schema:
    """The schema of a struct as it reads once it was written: its defaults may hold tuples."""
    return msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(kind)), type=dict[str, Any])


def broken_promises(released: Schema, current: Schema) -> list[str]:
    """What a reader or a writer of `released` would trip over in `current`. Empty: compatible.

    Only an additional optional field is compatible, and a further kind of part that carries a tag
    of its own: a worker is never granted what it has not claimed. Everything else must stay as it
    was: types, enumerations, required fields, and the fields themselves.
    """
    return list(_compare("", released, current, released, current))


def _compare(
    path: str, old: Any, new: Any, old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    old, new = _resolve(old, old_root), _resolve(new, new_root)
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{path or '/'}: {old!r} became {new!r}"
        return
    for word in sorted(old.keys() | new.keys()):
        if word in ("title", "description", _DEFINITIONS):
            continue
        where = f"{path}/{word}"
        if word == "properties":
            yield from _compare_fields(where, old, new, old_root, new_root)
        elif word == "discriminator":
            yield from _compare_tags(where, old.get(word), new.get(word), old_root, new_root)
        elif word == "anyOf" and "discriminator" in old and "discriminator" in new:
            # Compared tag by tag: in which order they stand says nothing.
            continue
        elif word in ("anyOf", "items", "prefixItems", "additionalProperties"):
            yield from _compare_parts(where, old.get(word), new.get(word), old_root, new_root)
        elif word == "required":
            if set(old.get(word, ())) != set(new.get(word, ())):
                yield f"{where}: {old.get(word)!r} became {new.get(word)!r}"
        elif old.get(word) != new.get(word):
            yield f"{where}: {old.get(word)!r} became {new.get(word)!r}"


def _compare_fields(
    path: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    old_root: Mapping[str, Any],
    new_root: Mapping[str, Any],
) -> Iterator[str]:
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    for name in sorted(old_fields.keys() - new_fields.keys()):
        yield f"{path}/{name}: gone"
    for name in sorted(old_fields.keys() & new_fields.keys()):
        yield from _compare(
            f"{path}/{name}", old_fields[name], new_fields[name], old_root, new_root
        )


def _compare_tags(
    path: str, old: Any, new: Any, old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    old_kinds, new_kinds = (one["mapping"] if one else {} for one in (old, new))
    for tag, kind in sorted(old_kinds.items()):
        if tag not in new_kinds:
            yield f"{path}/{tag}: gone"
            continue
        before, after = {"$ref": kind}, {"$ref": new_kinds[tag]}
        yield from _compare(f"{path}/{tag}", before, after, old_root, new_root)


def _compare_parts(
    path: str, old: Any, new: Any, old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _compare(f"{path}/{number}", before, after, old_root, new_root)
    else:
        yield from _compare(path, old, new, old_root, new_root)


def _resolve(schema: Any, root: Mapping[str, Any]) -> Any:
    """Follow a reference into the definitions: where a type is written down does not matter."""
    prefix = f"#/{_DEFINITIONS}/"
    while isinstance(schema, dict) and str(schema.get("$ref", "")).startswith(prefix):
        schema = root[_DEFINITIONS][schema["$ref"].removeprefix(prefix)]
    return schema


def rendered(schema: Schema) -> bytes:
    """A schema as it is committed: sorted, two spaces, a line feed at the end."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


def release(schemas: Mapping[str, Schema], folder: Path) -> list[str]:
    """Write those that the folder lacks, and leave those it has. Answers the names of the new."""
    folder.mkdir(parents=True, exist_ok=True)
    new = [name for name in schemas if not (folder / f"{name}.json").exists()]
    for name in new:
        (folder / f"{name}.json").write_bytes(rendered(schemas[name]))
    return new


def released(folder: Path) -> dict[str, Schema]:
    """The committed schemas of a folder, by `<type>.v<version>`."""
    return {
        file.name.removesuffix(".json"): msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        for file in sorted(folder.glob("*.json"))
    }
