"""Where tests find a real Chromium: the one that is named, one on the path, or Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

BROWSER_VARIABLE = "SUITE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ABSENT = "none"
"""Said of a machine that can have none: its tests are skipped knowingly."""

PATIENCE_MS = 120_000
"""Of a browser on a machine that is busy with everything else."""


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A running browser without a window, with these arguments besides its own.

    Skips the test with the reason where there is none; under `CI=true` that is a failure.
    """
    with sync_playwright() as playwright:
        path = _found(playwright.chromium.executable_path)
        # Chromium's own sandbox needs rights that containers do not give, and root may not have it.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", *arguments], timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            browser.close()


def _found(of_playwright: str) -> str:
    given = os.environ.get(BROWSER_VARIABLE)
    if given == ABSENT:
        pytest.skip(f"{BROWSER_VARIABLE}={ABSENT}: this machine can have no Chromium")
    if given is not None:
        if not Path(given).is_file():
            _do_without(f"{BROWSER_VARIABLE} names no file: {given}")
        return given
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    if not Path(of_playwright).is_file():
        _do_without(
            f"no Chromium: {BROWSER_VARIABLE} is not set, none of {', '.join(NAMES)} is on the "
            "path (Debian's package is `chromium`), and `playwright install chromium` was not run"
        )
    return of_playwright


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
