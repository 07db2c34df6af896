"""Every line of the log is one JSON object of bounded size, whoever wrote it."""

import json
import logging
import subprocess
import sys
from typing import Any

import structlog

from processes.log import TEXT_MAX_CHARS, LibraryLine, bounded, where_it_failed

SECRET = "the password is swordfish"
LINE_MAX_CHARS = 50_000
SAID = f"""
import logging, structlog
from processes.log import configure
from processes.settings import Settings
configure(Settings(log_format="json"), "api")
def deep(n):
    if n:
        deep(n - 1)
    else:
        raise ValueError("{SECRET} " * 9_000)
for say in (logging.getLogger("uvicorn.error").exception, structlog.get_logger().exception):
    try:
        deep(300)
    except ValueError:
        say("it failed " * 9_000)
logging.getLogger("some.library").warning("two\\nlines and \\ud800")
"""


def test_what_a_library_and_what_we_log_are_lines_of_json() -> None:
    said = subprocess.run([sys.executable, "-c", SAID], capture_output=True, check=True)
    lines = said.stderr.decode().splitlines()
    assert len(lines) == 3
    assert all(len(line) < LINE_MAX_CHARS for line in lines)
    found = [json.loads(line) for line in lines]
    assert [line["level"] for line in found] == ["error", "error", "warning"]
    assert {line["process"] for line in found} == {"api"}
    for line in found[:2]:
        assert line["error"] == "ValueError"
        assert line["at"][-1].endswith("deep")
    assert SECRET not in said.stderr.decode()


def test_a_line_is_cut_wherever_it_is_long() -> None:
    fields: dict[str, Any] = {
        "event": "x" * 9_000,
        "many": list(range(9_000)),
        "deep": {"a": ["y" * 9_000]},
        "ok": None,
    }
    line = bounded(None, "", fields)
    assert len(line["event"]) == TEXT_MAX_CHARS + 1
    assert len(json.dumps(line)) < 3_000
    assert line["ok"] is None


def test_an_exception_without_a_traceback_is_named_too() -> None:
    line = where_it_failed(None, "", {"event": "failed", "exc_info": KeyError("x")})
    assert line == {"event": "failed", "error": "KeyError", "at": []}


def test_a_record_keeps_who_wrote_it() -> None:
    record = logging.LogRecord("kafka", logging.WARNING, "", 0, "%s is away", ("one",), None)
    line = json.loads(LibraryLine(structlog.processors.JSONRenderer(), "relay").format(record))
    assert (line["logger"], line["event"], line["process"]) == ("kafka", "one is away", "relay")
