"""Content credentials: every released picture says, signed, that a model made it, and no more."""

import io
import json
from typing import Any, Final, Protocol
from uuid import UUID

import c2pa

TRAINED_ALGORITHMIC_MEDIA: Final = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
)
GENERATION_LABEL: Final = "org.ai-content-suite.generation"
MODEL: Final = "c2pa-es256"
_ACTIONS_LABEL: Final = "c2pa.actions.v2"
_MEDIA_TYPE: Final = "image/png"


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


class CredentialsRefused(Exception):
    """The credentials in a picture are not the ones that were to be there."""


class Credentials:
    """Writes and verifies content credentials, offline."""

    def __init__(self, signer: ManifestSigner) -> None:
        self._signer = signer

    def sign(self, png: bytes, generation_id: UUID) -> bytes:
        """The picture with credentials that hold the generation's id. Raises where it cannot."""
        signer = c2pa.Signer.from_callback(
            self._signer.sign,
            c2pa.C2paSigningAlg.ES256,
            self._signer.certificate_chain_pem,
            None,
        )
        target = io.BytesIO()
        with c2pa.Builder(_manifest(generation_id), self._context()) as builder:
            builder.sign(signer, _MEDIA_TYPE, io.BytesIO(png), target)
        return target.getvalue()

    def verify(self, png: bytes, generation_id: UUID) -> None:
        """Read the credentials back. Raises CredentialsRefused unless all of them are as signed."""
        try:
            with c2pa.Reader(_MEDIA_TYPE, io.BytesIO(png), context=self._context()) as reader:
                state, told = reader.get_validation_state(), json.loads(reader.json())
        except (c2pa.C2paError, ValueError) as unreadable:
            raise CredentialsRefused("no readable credentials") from unreadable
        if state != "Trusted":
            raise CredentialsRefused(f"validation state {state}")
        manifest = told["manifests"][told["active_manifest"]]
        if len(told["manifests"]) != 1 or "thumbnail" in manifest or "ingredients" in manifest:
            raise CredentialsRefused("the manifest holds more than it should")
        said = {assertion["label"]: assertion["data"] for assertion in manifest["assertions"]}
        if said != _said(generation_id):
            raise CredentialsRefused("the assertions are not those of this generation")

    def _context(self) -> Any:
        settings = {
            # A thumbnail would be a second, unprotected copy of the picture.
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
            "trust": {"trust_anchors": self._signer.trust_anchor_pem},
        }
        return c2pa.Context(c2pa.Settings.from_dict(settings))


def _manifest(generation_id: UUID) -> dict[str, Any]:
    assertions = [{"label": label, "data": data} for label, data in _said(generation_id).items()]
    return {
        "claim_generator_info": [{"name": "AI Content Suite"}],
        "format": _MEDIA_TYPE,
        "assertions": assertions,
    }


def _said(generation_id: UUID) -> dict[str, Any]:
    created = {"action": "c2pa.created", "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA}
    return {
        _ACTIONS_LABEL: {"actions": [created]},
        GENERATION_LABEL: {"generation_id": str(generation_id)},
    }
