"""Content credentials: every downloadable file says, signed, that a model made it, and no more."""

import io
import json
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import c2pa

TRAINED_ALGORITHMIC_MEDIA: Final = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
)
GENERATION_LABEL: Final = "org.ai-content-suite.generation"
PARENT_OF: Final = "parentOf"
"""What C2PA calls the relation of a source to what is derived from it."""
OWN_PHOTO: Final = "own photo"
MODEL: Final = "c2pa-es256"
_ACTIONS_LABEL: Final = "c2pa.actions.v2"
_BMFF_HASH_LABEL: Final = "c2pa.hash.bmff.v3"
_BMFF_EXCLUSIONS: Final = [
    # The box of the credentials themselves, by its identifier, and what a player may rewrite.
    {"xpath": "/uuid", "data": [{"offset": 8, "value": "2P7D1hsOSDySl1goh37EgQ=="}]},
    {"xpath": "/ftyp"},
    {"xpath": "/mfra"},
    {"xpath": "/free"},
    {"xpath": "/skip"},
]
_HASH_LABELS: Final[dict[str, frozenset[str]]] = {
    "image/png": frozenset(),
    "image/jpeg": frozenset(),
    "image/webp": frozenset(),
    "image/gif": frozenset(),
    "video/mp4": frozenset({_BMFF_HASH_LABEL}),
}
"""What can be signed, and how each container binds its credentials to its bytes.

A reader tells of a film's hash as of any other assertion; of a picture's it tells nothing here.
"""


class ManifestSigner(Protocol):
    """Signs with a key that the screener never sees: a file here, a key service elsewhere."""

    @property
    def certificate_chain_pem(self) -> str:
        """The signing certificate first, then those above it."""
        ...

    @property
    def trust_anchor_pem(self) -> str:
        """What a reader has to trust to trust the chain."""
        ...

    def sign(self, data: bytes) -> bytes:
        """An ES256 signature of `data`, DER-encoded. May raise anything: then nothing is signed."""
        ...


@dataclass(frozen=True)
class Generation:
    """What credentials say of a file: its generation's id, and that of what it was made from.

    Of a photo that was uploaded they say no more than that.
    """

    id: UUID
    source_id: UUID | None = None
    from_own_photo: bool = False


class CredentialsRefused(Exception):
    """The credentials in a file are not the ones that were to be there."""


class Credentials:
    """Writes and verifies content credentials, offline."""

    def __init__(self, signer: ManifestSigner) -> None:
        self._signer = signer

    def sign(self, data: bytes, generation: Generation, *, media_type: str) -> bytes:
        """The file with credentials that name its generation. Raises where it cannot."""
        signer = c2pa.Signer.from_callback(
            self._signer.sign,
            c2pa.C2paSigningAlg.ES256,
            self._signer.certificate_chain_pem,
            None,
        )
        target = io.BytesIO()
        with c2pa.Builder(_manifest(generation, media_type), self._context()) as builder:
            builder.sign(signer, media_type, io.BytesIO(data), target)
        return target.getvalue()

    def verify(self, data: bytes, generation: Generation, *, media_type: str) -> None:
        """Read the credentials back. Raises CredentialsRefused unless all of them are as signed."""
        if media_type not in _HASH_LABELS:
            raise CredentialsRefused("a kind of file that carries no credentials")
        try:
            with c2pa.Reader(media_type, io.BytesIO(data), context=self._context()) as reader:
                state, told = reader.get_validation_state(), json.loads(reader.json())
        except (c2pa.C2paError, ValueError) as unreadable:
            raise CredentialsRefused("no readable credentials") from unreadable
        if state != "Trusted":
            raise CredentialsRefused(f"validation state {state}")
        manifest = told["manifests"][told["active_manifest"]]
        if len(told["manifests"]) != 1 or "thumbnail" in manifest or "ingredients" in manifest:
            raise CredentialsRefused("the manifest holds more than it should")
        said = {assertion["label"]: assertion["data"] for assertion in manifest["assertions"]}
        hashes = {label: said.pop(label, None) for label in _HASH_LABELS[media_type]}
        if len(said) + len(hashes) != len(manifest["assertions"]) or not all(
            _is_whole_film(told_hash) for told_hash in hashes.values()
        ):
            raise CredentialsRefused("the manifest is not bound to the whole file")
        if said != _said(generation):
            raise CredentialsRefused("the assertions are not those of this generation")

    def _context(self) -> Any:
        settings = {
            # A thumbnail would be a second, unprotected copy of the picture.
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
            "trust": {"trust_anchors": self._signer.trust_anchor_pem},
        }
        return c2pa.Context(c2pa.Settings.from_dict(settings))


def _is_whole_film(told: Any) -> bool:
    """The hash of a film leaves out what every film's leaves out, and nothing else.

    That it is the right one, the reader has found out before.
    """
    return (
        isinstance(told, dict)
        and told.keys() == {"exclusions", "alg", "hash", "name"}
        and told["exclusions"] == _BMFF_EXCLUSIONS
        and told["alg"] == "sha256"
    )


def _manifest(generation: Generation, media_type: str) -> dict[str, Any]:
    assertions = [{"label": label, "data": data} for label, data in _said(generation).items()]
    return {
        "claim_generator_info": [{"name": "AI Content Suite"}],
        "format": media_type,
        "assertions": assertions,
    }


def _said(generation: Generation) -> dict[str, Any]:
    created = {"action": "c2pa.created", "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA}
    said: dict[str, Any] = {"generation_id": str(generation.id)}
    if generation.source_id is not None:
        # No ingredient, which would carry a title and a hash, and so lead to the source itself.
        source = {"relationship": PARENT_OF, "generation_id": str(generation.source_id)}
        said["source"] = source
    elif generation.from_own_photo:
        said["source"] = {"relationship": PARENT_OF, "kind": OWN_PHOTO}
    return {_ACTIONS_LABEL: {"actions": [created]}, GENERATION_LABEL: said}
