"""Thousands of requests and frames that are nearly right: no fault, no traceback, no cut.

FUZZ_CASES=20000 sends as many instead of the few of the default; FUZZ_SEED others.
"""

import gc
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis.strategies as st
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis_graphql import nodes
from schemathesis.core.result import Ok
from structlog.testing import capture_logs

from tests.api.creator import Creator
from tests.api.live_studio import ROOT, LiveStudio

CASES = int(os.environ.get("FUZZ_CASES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
NUMBERS = [str(CASES), str(SEED)]
EXAMPLES = max(2, CASES // 400)
"""Of each field, by schemathesis: there are about forty."""
RUN_MAX_S = 120 + CASES // 10
BEAT_S = 0.005


class Stalls:
    """How much of the processor the loop's thread used between two beats at most."""

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._used_s: float | None = None

    @contextmanager
    def watched(self, live: LiveStudio) -> Iterator[None]:
        """Beat on the API's loop for the length of the block."""
        loop = live.served.loop
        ends = False

        def beat() -> None:
            used_s = time.thread_time()
            if self._used_s is not None:
                self.worst_ms = max(self.worst_ms, (used_s - self._used_s) * 1_000)
            self._used_s = used_s
            if not ends:
                loop.call_later(BEAT_S, beat)

        # What the tests themselves leave behind is not what is measured.
        gc.disable()
        loop.call_soon_threadsafe(beat)
        try:
            yield
        finally:
            ends = True
            gc.enable()


@contextmanager
def nothing_goes_wrong(live: LiveStudio, printed: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Fails where a library or we log an error; prints how long the loop stood still."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage()[:300])

    ear, root, stalls = Ear(logging.ERROR), logging.getLogger(), Stalls()
    root.addHandler(ear)
    try:
        with capture_logs() as logs, stalls.watched(live):
            yield
    finally:
        root.removeHandler(ear)
    with printed.disabled():
        print(f"\nworst turn of the loop: {stalls.worst_ms:.0f} ms of CPU")
    assert heard == []
    assert [line for line in logs if line["log_level"] in ("error", "critical")] == []


def test_rubbish_has_typed_answers_at_every_door(
    live: LiveStudio, ada: Creator, capsys: pytest.CaptureFixture[str]
) -> None:
    ada.verified().rich()
    with nothing_goes_wrong(live, capsys):
        said = subprocess.run(
            [sys.executable, "-m", "tests.api.fuzzing", live.url, ada.token or "", *NUMBERS],
            cwd=ROOT,
            capture_output=True,
            timeout=RUN_MAX_S,
            check=False,
        )
    assert said.returncode == 0, said.stderr.decode()[-3_000:]
    found = json.loads(said.stdout)
    with capsys.disabled():
        print(f"{found['cases']} cases: {found['answers']}")
    assert found["faults"] == []
    assert found["cases"] >= CASES


DIGITS = st.integers(0, 2**63 - 1).map(str)
SCALARS = {
    "Position": DIGITS.map(nodes.String),
    "Cursor": st.text(max_size=40).map(nodes.String),
    "Millicredits": st.integers(0, 10**9).map(nodes.Int),
    "Seed": st.integers(0, 2**32 - 1).map(nodes.Int),
    "PageSize": st.integers(1, 100).map(nodes.Int),
}


def test_documents_made_from_the_contract_are_answered(
    live: LiveStudio, ada: Creator, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy)
    ada.verified().rich()
    schema = schemathesis.graphql.from_path(ROOT / "graphql" / "schema.graphql")
    asked = 0
    with nothing_goes_wrong(live, capsys):
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()

            @given(case=operation.as_strategy())
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            def ask(case: schemathesis.Case[Any]) -> None:
                nonlocal asked
                asked += 1
                answer = ada.send({"query": case.body})
                assert answer.status < 500, case.body
                assert "INTERNAL" not in answer.response.text, case.body

            if "signOut" not in operation.label:
                ask()
    with capsys.disabled():
        print(f"{asked} documents of schemathesis")
    assert asked > EXAMPLES
