"""One setting against what its engine accepts, with the engine's default where none is given."""

import math

from domain.engines.entry import EngineEntry, RealRange, WholeRange
from domain.refusals import AspectRatioUnsupported, SettingOutOfRange, UnknownStyle


def whole_within(setting: str, given: int | None, allowed: WholeRange) -> int:
    """Raises `SettingOutOfRange`."""
    value = allowed.default if given is None else given
    if not allowed.minimum <= value <= allowed.maximum:
        raise SettingOutOfRange(setting, allowed.minimum, allowed.maximum)
    return value


def real_within(setting: str, given: float | None, allowed: RealRange) -> float:
    """Raises `SettingOutOfRange`, also for what is not a number."""
    value = allowed.default if given is None else given
    if not math.isfinite(value) or not allowed.minimum <= value <= allowed.maximum:
        raise SettingOutOfRange(setting, allowed.minimum, allowed.maximum)
    return float(value)


def known_ratio(entry: EngineEntry, given: str | None) -> str:
    """Raises `AspectRatioUnsupported`."""
    ratio = entry.default_aspect_ratio if given is None else given
    if ratio not in entry.aspect_ratios:
        raise AspectRatioUnsupported(ratio, entry.aspect_ratios)
    return ratio


def known_style(entry: EngineEntry, given: str | None) -> str:
    """Raises `UnknownStyle`."""
    style = entry.default_style if given is None else given
    if style not in entry.styles:
        raise UnknownStyle(style, entry.styles)
    return style


def ratio_like(entry: EngineEntry, width: int, height: int) -> str | None:
    """The ratio that a picture of this size has; None where the engine draws none such.

    It has that of what the engine draws, or else, to one pixel of a side, the ratio by its name:
    engines draw sides that their networks can halve, and cameras make 3:4.
    """
    for ratio, (wide, high) in entry.aspect_ratios.items():
        if width * high == height * wide:
            return ratio
    for ratio in entry.aspect_ratios:
        wide, high = (int(side) for side in ratio.split(":"))
        if abs(width * high - height * wide) <= max(wide, high):
            return ratio
    return None
