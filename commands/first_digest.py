"""The digest of a command as every release up to 21ddf35 stored it, which is still recognised.

It covered the path of the class and every field, so it needs to know both as they were then. Rows
of then are swept ninety days after they were written: past that, this module may go.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from commands.digest import differing

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "register-person": ("account", ""),
    "start-verification": ("account", "provider"),
    "note-verification-hint": ("account", "verification_id"),
    "record-verification": (
        "account",
        "verification_id outcome adult country document_digest valid_until",
    ),
    "create-twin": ("twin", "name"),
    "sign-biometric-release": ("twin", "twin_id text_sha256 locale"),
    "grant-consent": ("twin", "twin_id text_sha256 scope"),
    "withdraw-consent": ("twin", "twin_id"),
    "plan-photo-uploads": ("twin", "twin_id files"),
    "submit-photos": ("twin", "twin_id submission_id engine photo_ids"),
    "record-photo-verdicts": ("twin", "twin_id submission_id verdicts set_flaws analyser"),
    "request-deletion": ("twin", "twin_id"),
    "record-deletion": ("twin", "twin_id places object_count"),
    "buy-credits": ("wallet", "package provider"),
    "note-payment-hint": ("wallet", "purchase_id"),
    "confirm-payment": ("wallet", "purchase_id payment_reference amount_minor_units currency"),
    "fail-purchase": ("wallet", "purchase_id reason"),
    "grant-promotion": ("wallet", "millicredits expires_at"),
    "expire-promotion": ("wallet", "grant_id"),
    "start-twin-training": ("jobs", "twin_id engine price_version session_jurisdiction"),
    "request-images": (
        "jobs",
        "engine prompt count price_version session_jurisdiction negative_prompt aspect_ratio style "
        "num_inference_steps guidance_scale seed twin_id twin_strength rating_cap",
    ),
    "retry-job": ("jobs", "job_id price_version session_jurisdiction"),
    "cancel-job": ("jobs", "job_id"),
    "stop-jobs-of-twin": ("jobs", "twin_id job_ids"),
    "record-claim": ("jobs", "job_id attempt claim_id worker"),
    "record-rendered": ("jobs", "job_id attempt claim_id outputs adapter"),
    "record-attempt-failed": ("jobs", "job_id attempt claim_id reason"),
    "expire-attempt": ("jobs", "job_id attempt claim_id"),
    "open-next-attempt": ("jobs", "job_id attempt"),
    "record-screening": ("jobs", "job_id attempt claim_id outputs adapter_checks"),
    "fail-job": ("jobs", "job_id reason"),
    "set-favourite": ("gallery", "asset_id"),
    "unset-favourite": ("gallery", "asset_id"),
    "keep-asset": ("gallery", "asset_id"),
    "purge-asset": ("gallery", "asset_id"),
    "record-purged": ("gallery", "asset_id"),
    "publish-price-list": ("safety", "version accepted_until entries packages"),
    "publish-policy": ("safety", "version approvers rows"),
}
"""Stored name → the subject's folder and the fields of then, in their order."""

_PARTS: Mapping[str, str] = {
    "PersonalText": "value",
    "PhotoFile": "media_type size_bytes sha256",
    "PhotoVerdict": "photo_id flaws",
    "JobOutput": "item object_key sha256 size_bytes width height media_type seed",
    "AdapterFile": "object_key sha256 size_bytes rank step similarity",
    "ScreenedItem": "item checks sha256 size_bytes",
    "CheckVerdict": "check passed model score",
    "PriceEntry": "engine kind unit step cancel_share_thousandths",
    "Package": "id millicredits price_minor_units currency",
    "PolicyRow": "engine rating checks jurisdictions hash_list_age_max_s",
}
"""The structs inside commands of then."""


class _NotOfThen(Exception):
    """The command says something that no command of then could say."""


def first_digest(secret: bytes, name: str, command: Any) -> bytes | None:
    """What 21ddf35 stored for this command; None where it could not be asked then."""
    if name not in _COMMANDS:
        return None
    subject, fields = _COMMANDS[name]
    try:
        asked = msgspec.json.encode(_of_then(command, fields.split()))
    except _NotOfThen:
        return None
    module = name.replace("-", "_")
    kind = name.title().replace("-", "")
    path = f"commands.{subject}.{module}.{kind}:"
    return hmac.new(secret, path.encode() + asked, hashlib.sha256).digest()


def _of_then(value: Any, fields: list[str]) -> dict[str, Any]:
    if not differing(value).keys() <= set(fields) or any(
        not hasattr(value, name) for name in fields
    ):
        raise _NotOfThen
    return {name: _part(getattr(value, name)) for name in fields}


def _part(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_part(one) for one in value]
    if isinstance(value, msgspec.Struct):
        if type(value).__name__ not in _PARTS:
            raise _NotOfThen
        tag = value.__struct_config__.tag
        then = _of_then(value, _PARTS[type(value).__name__].split())
        return then if tag is None else {"type": tag, **then}
    return value
