"""What kinds of job there are: one module per kind. Nothing else tells kinds apart."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.asset_kind import AssetKind
from domain.job_kind import JobKind
from domain.job_kinds import images, training, video
from domain.job_kinds.entry import AnyKind, Delivery, JobKindEntry
from domain.settings import JobSettings

JOB_KINDS: Mapping[JobKind, AnyKind] = MappingProxyType(
    {module.ENTRY.kind: module.ENTRY for module in (training, images, video)}
)
_BY_SETTINGS: Mapping[type, AnyKind] = MappingProxyType(
    {entry.settings: entry for entry in JOB_KINDS.values()}
)
_BY_ASSET: Mapping[AssetKind, AnyKind] = MappingProxyType(
    {entry.asset_kind: entry for entry in JOB_KINDS.values()}
)


def job_kind(kind: JobKind) -> AnyKind:
    """The entry of a kind."""
    return JOB_KINDS[kind]


def maker_of(asset_kind: AssetKind) -> AnyKind:
    """The kind whose jobs make such assets."""
    return _BY_ASSET[asset_kind]


def kind_of(settings: JobSettings) -> AnyKind:
    """The kind that has settings like these."""
    return _BY_SETTINGS[type(settings)]


__all__ = ["JOB_KINDS", "AnyKind", "Delivery", "JobKindEntry", "job_kind", "kind_of", "maker_of"]
