"""How reports become commands and claims become grants, and where a report goes that cannot."""

from processes.recorder.granted_work import ADAPTER_SIZE_MAX_BYTES
from processes.recorder.recorder import GROUP, TOPICS, Recorder

__all__ = ["ADAPTER_SIZE_MAX_BYTES", "GROUP", "TOPICS", "Recorder"]
