"""Whether a pipeline directory holds what an engine loads, found without loading it.

What comes by hand comes in halves: a folder of another model, a download that broke off. So every
file that is loaded is looked at: that it is there, that its text can be read, and that a weight
file is as long as its own header says. Loads no torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.weight_layout import (
    HEADER_SIZE_MAX_BYTES,
    adapters_beside,
    is_there,
    single_file,
    variant_of,
    weight_names,
)

_PASSED_OVER: Final = frozenset({"safety_checker"})
"""Never loaded: outputs are screened by a process of its own."""

_TOKENIZER_FILES: Final = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("spiece.model",))


class WeightsUnfit(Exception):
    """An engine cannot be loaded from its folder: says which, and in words why."""

    def __init__(self, engine: str, folder: Path, why: str) -> None:
        super().__init__(f"engine {engine} cannot be loaded from {folder}: {why}")
        self.engine, self.folder, self.why = engine, folder, why


def weight_files(loader: EngineLoader, weights_dir: Path | None) -> tuple[Path, ...]:
    """All files that are loaded, in order of their names. Raises `WeightsUnfit`."""
    folder = loader.weights_dir(weights_dir)
    try:
        return tuple(sorted(_files(loader, folder)))
    except _Unfit as unfit:
        raise WeightsUnfit(loader.id, folder, str(unfit)) from unfit
    except OSError as error:
        raise WeightsUnfit(loader.id, folder, f"{error.strerror}: {error.filename}") from error


def digest_of(folder: Path, files: tuple[Path, ...]) -> str:
    """sha256 over the names and contents of files below a folder, in lower-case hex."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
        digest.update(f"{file.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


class _Unfit(Exception):
    """Why, in words."""


def _files(loader: EngineLoader, folder: Path) -> Iterator[Path]:
    index = folder / "model_index.json"
    if not folder.is_dir():
        raise _Unfit("there is no such folder")
    if not index.is_file():
        raise _Unfit("it holds no model_index.json, so it is no diffusers pipeline directory")
    parts = _read(index, folder)
    if parts.get("_class_name") != loader.pipeline_class.value:
        raise _Unfit(
            f"it is a {parts.get('_class_name')}, and this engine is a {loader.pipeline_class}"
        )
    if loader.pipeline_class is PipelineClass.WAN and not parts.get("expand_timesteps"):
        raise _Unfit("it is another Wan: only TI2V-5B, which times every token, is known")
    yield index
    network = loader.pipeline_class.component
    reads_single = loader.pipeline_class.reads_single_file
    variant = variant_of(folder, network)
    alone = single_file(folder, network) if reads_single else None
    for name, kind in sorted(parts.items()):
        if name.startswith("_") or name in _PASSED_OVER or not isinstance(kind, list):
            continue
        library, class_name = kind
        if name == network and alone is not None:
            yield from _readable(folder / name / "config.json", folder)
            _require_whole(alone, folder)
            yield alone
        elif library is not None:
            yield from _component(folder, name, str(library), str(class_name), variant)
    if loader.motion is not None and loader.motion.frames_at_once:
        _require_places(folder, network, loader.motion.frames_at_once)
    if loader.motion is not None and loader.motion.folder is not None:
        yield from _model(folder, folder / loader.motion.folder, "diffusers", None)


def _component(
    folder: Path, name: str, library: str, class_name: str, variant: str | None
) -> Iterator[Path]:
    place = folder / name
    if not place.is_dir():
        raise _Unfit(f"it has no {name}")
    if "Scheduler" in class_name:
        yield from _readable(place / "scheduler_config.json", folder)
    elif "Processor" in class_name or "FeatureExtractor" in class_name:
        yield from _readable(place / "preprocessor_config.json", folder)
    elif "Tokenizer" in class_name:
        yield from _tokenizer(place, folder)
    else:
        yield from _model(folder, place, library, variant)


def _tokenizer(place: Path, folder: Path) -> Iterator[Path]:
    for names in _TOKENIZER_FILES:
        if all((place / name).is_file() for name in names):
            yield from (place / name for name in names)
            return
    raise _Unfit(f"{place.relative_to(folder)} holds no vocabulary")


def _model(folder: Path, place: Path, library: str, variant: str | None) -> Iterator[Path]:
    yield from _readable(place / "config.json", folder)
    names = weight_names(library, variant)
    if not is_there(place, names):
        # Some parts of a pipeline in half precision have no file of their own for it.
        names = weight_names(library)
    whole, index = (place / name for name in names)
    if whole.is_file():
        _require_whole(whole, folder)
        yield whole
    elif index.is_file():
        yield index
        for name in sorted(set(_read(index, folder).get("weight_map", {}).values())):
            shard = place / Path(str(name)).name
            if not shard.is_file():
                raise _Unfit(f"{shard.relative_to(folder)} is missing")
            _require_whole(shard, folder)
            yield shard
    else:
        # Other formats hold code, and are never loaded.
        beside = "".join(f"; {file.name} is a LoRA, no network" for file in adapters_beside(place))
        raise _Unfit(f"{whole.relative_to(folder)} is missing{beside}")


def _require_places(folder: Path, network: str, frames: int) -> None:
    places = _read(folder / network / "config.json", folder).get("num_frames")
    if not isinstance(places, int) or places < frames:
        raise _Unfit(f"its network draws {places} frames at once, and its clips have {frames}")


def _readable(file: Path, folder: Path) -> Iterator[Path]:
    if not file.is_file():
        raise _Unfit(f"{file.relative_to(folder)} is missing")
    _read(file, folder)
    yield file


def _read(file: Path, folder: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _Unfit(f"{file.relative_to(folder)} cannot be read")
    return found


def _require_whole(file: Path, folder: Path) -> None:
    """A file of safetensors says in its header where its last tensor ends."""
    name, size_bytes = file.relative_to(folder), file.stat().st_size
    with file.open("rb") as opened:
        header_size = int.from_bytes(opened.read(8), "little")
        if size_bytes < 8 or header_size > min(size_bytes - 8, HEADER_SIZE_MAX_BYTES):
            raise _Unfit(f"{name} is no whole file of safetensors")
        try:
            header = json.loads(opened.read(header_size))
            ends = [
                int(tensor["data_offsets"][1])
                for key, tensor in header.items()
                if key != "__metadata__"
            ]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            raise _Unfit(f"{name} has a header that cannot be read") from None
    expected = 8 + header_size + max(ends, default=0)
    if size_bytes != expected:
        raise _Unfit(f"{name} has {size_bytes:,} of {expected:,} bytes")
