"""What a ZIP of gallery items holds: a readable name for each, and the manifest that explains all.

Decided once, when its download begins: from then on its length is known and does not change.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.media_address import FILE_NAME_SUFFIXES
from queries.gallery.gallery import Asset

MANIFEST = "manifest.json"
MANIFEST_FORMAT = "ai-content-suite.archive"
MANIFEST_VERSION = 1
WORDS_LENGTH_MAX = 48
"""Of the prompt, in a name: some systems take no path beyond 260 characters."""


@dataclass(frozen=True)
class Packed:
    """One file of a ZIP: its name there, and what was released."""

    name: str
    asset: Asset


@dataclass(frozen=True)
class Contents:
    """The files in their order, and the manifest's bytes, which come last in the ZIP."""

    files: tuple[Packed, ...]
    manifest: bytes


def contents(
    asset_ids: Sequence[UUID], found: Mapping[UUID, Asset], *, made_at: datetime
) -> Contents:
    """Of what was asked for: what is released is packed, and the rest is named as left out."""
    released = [found[one] for one in asset_ids if one in found and found[one].state == "released"]
    taken = {MANIFEST}
    files = tuple(Packed(_name(asset, taken), asset) for asset in released)
    packed = {asset.asset_id for asset in released}
    manifest = {
        "format": MANIFEST_FORMAT,
        "version": MANIFEST_VERSION,
        "made_at": made_at,
        "items": [_described(file) for file in files],
        "left_out": [
            {"asset": one, "state": found[one].state if one in found else "absent"}
            for one in asset_ids
            if one not in packed
        ],
    }
    return Contents(files, msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def _described(file: Packed) -> dict[str, Any]:
    asset = file.asset
    return {
        "file": file.name,
        "asset": asset.asset_id,
        "kind": asset.kind,
        "released_at": asset.released_at,
        "sha256": asset.sha256,
        "size_bytes": asset.size_bytes,
        "media_type": asset.media_type,
        "width": asset.width,
        "height": asset.height,
        "duration_ms": asset.duration_ms,
        "favourite": asset.favourite,
        "parameters": {
            "engine": asset.engine,
            "rating": asset.rating,
            "seed": asset.seed,
            "prompt": asset.prompt,
            "negative_prompt": asset.negative_prompt,
            "settings": asset.settings,
        },
        "lineage": {
            "job": asset.job_id,
            "item": asset.item,
            "twin": asset.twin_id,
            "source": asset.source_asset_id,
            "relation": asset.source_relation,
        },
        "checks": asset.checks,
        "policy_version": asset.policy_version,
        "likeness": asset.likeness,
    }


def _name(asset: Asset, taken: set[str]) -> str:
    """Day, words and the beginning of its id: sorted by day, and the same in every ZIP.

    Small letters, digits and dashes only: it is a good name wherever it is unpacked.
    """
    words = _words(asset.prompt or "") or asset.kind
    suffix = FILE_NAME_SUFFIXES[asset.media_type]
    stem = f"{asset.released_at:%Y-%m-%d}-{words}"
    name = f"{stem}-{asset.asset_id.hex[:8]}{suffix}"
    if name in taken:
        name = f"{stem}-{asset.asset_id}{suffix}"
    taken.add(name)
    return name


def _words(prompt: str) -> str:
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    dashed = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(dashed) <= WORDS_LENGTH_MAX:
        return dashed
    cut = dashed[: WORDS_LENGTH_MAX + 1]
    return (cut.rpartition("-")[0] or cut[:WORDS_LENGTH_MAX]).strip("-")
