"""What must hold before the next stage starts."""

from __future__ import annotations

import json


class GateFailed(Exception):
    """A stage's figure is below what the next stage needs; the recipe stops here."""


def pass_gate(measure: str, value: float, at_least: float) -> None:
    """Print the gate as one JSON line. Raises GateFailed when `value` is below `at_least`."""
    holds = value >= at_least
    line = {"gate": measure, "value": round(value, 4), "at_least": at_least, "holds": holds}
    print(json.dumps(line), flush=True)
    if not holds:
        raise GateFailed(f"{measure}: {value:.4f} is below {at_least}")
