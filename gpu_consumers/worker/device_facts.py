"""What the device is and how much memory it has, told without torch: the parent asks."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

_ANSWER_TIMEOUT_S: Final = 10.0
_WORDS_MAX: Final = 64


@dataclass(frozen=True)
class DeviceFacts:
    """The device in words, and its memory; None where nobody tells."""

    words: str
    memory_bytes: int | None


def device_facts(device_name: str) -> DeviceFacts:
    """device_name: "cpu", "cuda", "cuda:1" or "auto", as the child takes it."""
    if device_name == "auto":
        return _gpu("cuda") or _cpu()
    if device_name.startswith("cuda"):
        return _gpu(device_name) or DeviceFacts(device_name[:_WORDS_MAX], None)
    return _cpu()


def _gpu(device_name: str) -> DeviceFacts | None:
    asked = shutil.which("nvidia-smi")
    if asked is None:
        return None
    number = device_name.partition(":")[2] or "0"
    visible = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
    if number.isdigit() and int(number) < len(visible):
        number = visible[int(number)]
    try:
        answer = subprocess.run(
            [asked, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits", "-i", number],
            capture_output=True,
            text=True,
            timeout=_ANSWER_TIMEOUT_S,
            check=True,
        ).stdout
        name, mebibytes = answer.strip().splitlines()[0].rsplit(",", 1)
        return DeviceFacts(name.strip()[:_WORDS_MAX], int(mebibytes) * 1024 * 1024)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _cpu() -> DeviceFacts:
    words = f"CPU, {platform.machine()}, {os.cpu_count()} cores"
    return DeviceFacts(words[:_WORDS_MAX], os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
