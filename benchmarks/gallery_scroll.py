"""Scrolling through ten thousand items in Chromium: long tasks, frames, the heap minute by minute.

Rows are put straight into the read model. The baseline is the heap when every item has been in
view once and all are known; what grows beyond the first minute after that is lost. Nodes and
listeners are counted as well: something that is held for good shows there first.
`GALLERY_MINUTES` sets how long the walk is.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres
from adapters.postgres.migrate import migrate
from benchmarks.measure import report
from tests.api.creator import Creator
from tests.api.live_studio import live_studio
from tests.web.browser import chromium
from tests.web.large_gallery import enlarge
from tests.web.signed_in import patient, sign_in
from tests.web.stand import picture_files

ITEMS = 10_000
TRACED_S = 20.0
MINUTES = int(os.environ.get("GALLERY_MINUTES", "5"))
SCROLL = """
async ([seconds, pixels]) => {
  const tasks = [];
  const seen = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
  seen.observe({ type: 'longtask' });
  const frames = [];
  let [direction, last, tiles] = [1, performance.now(), 0];
  const end = last + seconds * 1000;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
    const room = document.documentElement.scrollHeight - innerHeight;
    if (scrollY + direction * pixels > room || scrollY + direction * pixels < 0) direction *= -1;
    scrollBy(0, direction * pixels);
    tiles = Math.max(tiles, document.querySelectorAll('.picture-tile').length);
  }
  seen.disconnect();
  frames.sort((a, b) => a - b);
  return {
    long: tasks.filter(({ duration }) => duration > 50).length,
    longest: Math.max(0, ...tasks.map(({ duration }) => duration)),
    frames: frames.length,
    p50: frames[Math.floor(frames.length / 2)],
    p99: frames[Math.floor(frames.length * 0.99)],
    tiles,
  };
}
"""
LOOK_AT_ALL = """
async () => {
  const isThere = () => [...document.querySelectorAll('.picture-tile')].every((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return bottom < 56 || top > innerHeight || one.dataset.id;
  });
  scrollTo(0, 0);
  do {
    do await new Promise(requestAnimationFrame); while (!isThere());
    scrollBy(0, innerHeight);
  } while (scrollY + innerHeight < document.documentElement.scrollHeight - 2);
}
"""


def heap_mb(session: CDPSession) -> float:
    """What the page holds after all that can go has gone."""
    # What the first round lets go of may have held on to more.
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def held(session: CDPSession) -> tuple[float, float]:
    """Nodes and listeners of the page, those that nobody sees included."""
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return found["Nodes"], found["JSEventListeners"]


def measured(page: Page, session: CDPSession, seconds: float) -> dict[str, Any]:
    """One walk through the gallery at four screens a second."""
    walked: dict[str, Any] = page.evaluate(SCROLL, [seconds, 54])
    heap = heap_mb(session)
    nodes, listeners = held(session)
    return {**walked, "heap_mb": heap, "nodes": nodes, "listeners": listeners}


def cpu_ms(browser: Browser, page: Page, seconds: float) -> list[float]:
    """The processor's time of each task of the page's main thread, the longest first.

    Of a machine that others use the clock says little: a task that has to wait is no longer one.
    """
    browser.start_tracing(page=page, categories=["toplevel"])
    page.evaluate(SCROLL, [seconds, 54])
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return sorted(
        (
            event["tdur"] / 1_000
            for event in events
            if event["name"] == "ThreadControllerImpl::RunTask"
            and (event["pid"], event["tid"]) in threads
            and "tdur" in event
        ),
        reverse=True,
    )


def main() -> None:
    """Fill a gallery, and scroll."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made, chromium() as browser:
        folder = Path(made)
        folder.chmod(0o755)
        with EmbeddedPostgres(folder / "postgres", VOLATILE) as server:
            server.create_database("large")
            migrate(server.admin_url("large"))
            with live_studio(server.url("large"), folder / "studio") as live:
                ada = Creator(live).verified().rich()
                ada.finished(ada.images(count=1), picture_files(1))
                enlarge(server.admin_url("large"), ada, ITEMS)
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                patient(page)
                sign_in(page, ada, f"{live.url}/#/gallery")
                page.locator(".picture-tile.is-there").first.wait_for()
                traced = cpu_ms(browser, page, TRACED_S)
                session = page.context.new_cdp_session(page)
                session.send("Performance.enable")
                page.evaluate(LOOK_AT_ALL)
                before_mb = heap_mb(session)
                walks = [measured(page, session, 60) for _ in range(MINUTES)]
                first, last = walks[0], walks[-1]
    report(
        "gallery_scroll",
        "the heap when all of it is known",
        items=ITEMS,
        minutes=MINUTES,
        tasks=len(traced),
        tasks_over_50_ms_of_cpu=sum(1 for one in traced if one > 50),
        longest_cpu_ms=traced[0],
        long_tasks_by_the_clock=sum(walk["long"] for walk in walks),
        frame_p50_ms=last["p50"],
        frame_p99_ms=last["p99"],
        tiles_max=max(walk["tiles"] for walk in walks),
        **{f"heap_mb_{number}_min": walk["heap_mb"] for number, walk in enumerate(walks, 1)},
        nodes_1_min=first["nodes"],
        nodes=last["nodes"],
        listeners_1_min=first["listeners"],
        listeners=last["listeners"],
        heap_mb=last["heap_mb"],
        baseline_heap_mb=before_mb,
        ratio=last["heap_mb"] / before_mb,
    )


if __name__ == "__main__":
    main()
