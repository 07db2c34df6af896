"""The chain checked in Chromium, rows a second, over `verify.py` on the same file.

The page's part is what a worker does beside it: its own longest task is told, too. `verify.py` also
executes the rules of accounting, which the page does not.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import alternating, report, seconds
from benchmarks.verifier import exported
from processes.audit.verify import verify
from tests.web.browser import chromium

STUDIO = Path(__file__).parents[1] / "web" / "studio"
ROUNDS = 5
CHECK = """
(address) => new Promise((resolve, reject) => {
  let longest = 0;
  const seen = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  seen.observe({ type: 'longtask' });
  const worker = new Worker('/studio/pages/auditor/chain_worker.js', { type: 'module' });
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.onmessage = ({ data }) => {
    if (!data.report) return;
    worker.terminate();
    setTimeout(() => resolve({ ...data, longest }), 100);
  };
  worker.postMessage({ address, noted: '' });
})
"""


class _Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    serve: Any = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> None:
    """Both check the same rows, in turns."""
    lines = exported()
    rows = verify(lines).rows
    longest_ms: list[float] = []
    with TemporaryDirectory() as made, chromium() as browser:
        folder = Path(made)
        (folder / "studio").symlink_to(STUDIO)
        (folder / "index.html").write_text("<!doctype html><title>chain</title>")
        (folder / "ledger.jsonl").write_bytes(b"".join(lines))
        with _served(folder) as url:
            page = browser.new_page()
            page.goto(url)

            def on_the_page() -> float:
                found = page.evaluate(CHECK, f"{url}/ledger.jsonl")
                assert found["report"]["findings"] == []
                assert found["report"]["rows"] == rows
                longest_ms.append(found["longest"])
                return float(found["seconds"])

            taken = alternating(
                ROUNDS, page=on_the_page, verifier=lambda: seconds(lambda: verify(lines))
            )
    report(
        "chain_page",
        "verify.py on the same file",
        rows_per_s=rows / taken["page"],
        baseline_rows_per_s=rows / taken["verifier"],
        ratio=taken["verifier"] / taken["page"],
        rows=float(rows),
        longest_task_of_the_page_ms=max(longest_ms),
    )


if __name__ == "__main__":
    main()
