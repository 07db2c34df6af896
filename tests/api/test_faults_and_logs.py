"""A fault says nothing of itself, and a log says nothing of anybody."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from api.context import SESSION_COOKIE, StudioContext
from api.look_desk import LookDesk
from api.schema import build_schema
from api.session_desk import SessionDesk
from tests.api.creator import PASSWORD, Creator, Visitor, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse

URLS = "subscription { gallery { ... on GallerySnapshot { assets { url } } } }"
SECRET = "the password is swordfish"


class Broken:
    """A pool whose connections fail, with a text that nobody may read."""

    def connection(self) -> Any:
        """Fail."""
        raise RuntimeError(SECRET)


def broken_context(live: LiveStudio, ada: Creator) -> StudioContext:
    """Ada's request to a studio that has lost its read models."""
    scope = {
        "type": "http",
        "headers": [(b"authorization", f"Bearer {ada.token}".encode())],
        "client": ("192.0.2.1", 1),
    }
    parts = replace(live.parts, connections=Broken())
    sessions = SessionDesk(parts.accounts, parts.clock)
    looks = LookDesk(parts.connections, parts.threads.feeds)
    return StudioContext(parts, Request(scope), sessions, looks)


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { ... on Viewer { position } } }",
        "{ catalogue { priceVersion } }",
        '{ node(id: "VHdpbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA=") { id } }',
    ],
)
async def test_a_fault_has_a_code_and_a_trace_and_no_text(
    live: LiveStudio, ada: Creator, document: str
) -> None:
    with capture_logs() as logs:
        result = await build_schema().execute(document, context_value=broken_context(live, ada))
    assert result.errors
    [error] = result.errors
    assert error.message == "The studio could not answer."
    assert error.extensions
    assert error.extensions["code"] == "INTERNAL"
    [logged] = [entry for entry in logs if entry["event"] == "resolver failed"]
    assert logged["trace_id"] == error.extensions["traceId"]
    assert logged["error"] == "RuntimeError"
    assert SECRET not in str(result.errors) + str(logs)


async def test_a_fault_in_a_feed_has_no_text_either(live: LiveStudio, ada: Creator) -> None:
    with capture_logs() as logs:
        stream = await build_schema().subscribe(
            "subscription { wallet { __typename } }", context_value=broken_context(live, ada)
        )
        results = [result async for result in stream]
    assert results[-1].errors
    assert "swordfish" not in str(results) + str(logs)
    assert (results[-1].errors[0].extensions or {})["code"] == "INTERNAL"


class Heard(logging.Handler):
    """Everything that any library logs, formatted with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What is logged at all, at every level, by everybody but the test's own client."""
    handler, root = Heard(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_log_line_holds_what_a_person_wrote_or_owns(live: LiveStudio, heard: Heard) -> None:
    prompt, name = "a lighthouse in violet fog", "Ada of the quiet sea"
    with capture_logs() as logs:
        ada = Creator(live, "Ada").verified().rich()
        twin = ada.did("createTwin", "twin", name=name)["twin"]
        ada.mutate("signIn", email=ada.email, password="quite another password")
        ada.mutate("requestImages", engine="pocket", prompt=prompt, count=99, priceVersion=1)
        ada.post('{ nothing(prompt: "a lighthouse in violet fog") }')
        ada.post("query($p: Position) { viewer(minPosition: $p) { __typename } }", p=prompt)
        job = ada.did(
            "requestImages", "job", engine="pocket", prompt=prompt, count=1, priceVersion=1
        )["job"]
        ada.finished(job)
        [picture] = ada.gallery(text="violet")
        with sse(
            ada, "subscription { gallery { ... on GallerySnapshot { assets { url } } } }"
        ) as f:
            f.next()
        Visitor(live).http.post(f"{live.url}/webhooks/payment", content=b"{}")
        download = ada.did("requestDownload", "url", asset=picture["id"])["url"]
        for address in (picture["url"], f"/media/{ada.token}/master"):
            ada.http.get(address, headers={"cookie": f"{SESSION_COOKIE}={ada.token}"})
        archive = ada.did("requestArchive", "url", filter={})["url"]
        own_place = f"gallery/{uuid_of(picture['id'])}/"
        live.objects.delete([*live.objects.keys(own_place)])
        with pytest.raises(httpx.RemoteProtocolError):
            ada.http.get(archive, headers=ada.headers)
    own = [line for line in heard.lines if not line.startswith(("httpx", "httpcore"))]
    everything = "\n".join(own) + str(logs)
    assert "webhook refused" in everything
    assert "archive broken off" in everything
    assert ada.token
    assert twin
    for secret in (
        ada.email,
        PASSWORD,
        prompt,
        "violet",
        name,
        ada.token,
        download.split("signature=")[1],
        archive.removeprefix("/archives/"),
        "quite another password",
    ):
        assert secret not in everything
