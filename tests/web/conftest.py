"""What a test of the page needs: a browser, a studio to look at, somebody who has signed in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from adapters.postgres.embedded import EmbeddedPostgres
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE
from tests.web.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def live(
    request: pytest.FixtureRequest,
    browser: Browser,
    postgres_server: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveStudio]:
    """A studio for a module; not begun where there is no browser to look at it."""
    name = request.module.__name__.rpartition(".")[2]
    postgres_server.create_database(name, template=TEMPLATE)
    with live_studio(postgres_server.url(name), tmp_path_factory.mktemp("page")) as found:
        yield found
