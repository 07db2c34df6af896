"""A server on this machine that speaks Veriff's public API, and can be as bad as a real one.

It begins sessions, tells decisions under a signature, and makes signed webhooks for a test to send.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

KEY = "an-api-key"
SECRET = "a shared secret of an integration"

ADULT = {"dateOfBirth": "1990-05-17", "firstName": "LEORPA", "lastName": "TSUR"}
MINOR = {**ADULT, "dateOfBirth": "2015-05-17"}
PASSPORT = {"number": "KX 1234567", "type": "PASSPORT", "country": "EE", "validUntil": "2030-01-02"}
DECIDED_AT = "2026-11-23T11:58:00.000Z"


def signature(data: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


@dataclass
class Session:
    """One session, and what was decided of it."""

    id: str
    vendor_data: str
    callback: str
    decision: dict[str, Any] | None = None


@dataclass
class VeriffServer:
    """What the server knows, how it answers, and how often it was asked."""

    url: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    """Statuses of the next answers, before it answers well again."""

    signs_with: str = SECRET
    address: Callable[[str], str] = lambda id: f"https://hosted.example/v/{id}?token=t0ken"
    answers: Callable[[bytes], bytes] = lambda body: body
    """What is made of a body before it is signed."""

    def session_of(self, vendor_data: str) -> Session:
        """The one session of a check."""
        [found] = [one for one in self.sessions.values() if one.vendor_data == vendor_data]
        return found

    def decide(self, session: Session, status: str, code: int, **more: Any) -> None:
        """What is answered from now on."""
        session.decision = {
            "id": session.id,
            "attemptId": str(uuid4()),
            "vendorData": session.vendor_data,
            "status": status,
            "code": code,
            "reason": None,
            "decisionTime": DECIDED_AT,
            "person": None,
            "document": None,
            **more,
        }

    def decision_webhook(self, session: Session) -> tuple[bytes, dict[str, str]]:
        """The body and headers of the webhook that tells of a decision."""
        return signed({"status": "success", "verification": session.decision})

    def event_webhook(self, session: Session) -> tuple[bytes, dict[str, str]]:
        """Of the webhook that tells what the person does."""
        return signed(
            {
                "id": session.id,
                "attemptId": str(uuid4()),
                "feature": "selfid",
                "code": 7002,
                "action": "submitted",
                "vendorData": session.vendor_data,
            }
        )

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        """The status and the body."""
        self.asked.append((method, path))
        if self.failures:
            return self.failures.pop(0), b'{"status":"fail","message":"LEORPA TSUR"}'
        if headers.get("X-AUTH-CLIENT") != KEY:
            return 401, b'{"status":"fail"}'
        if (method, path) == ("POST", "/v1/sessions"):
            return 201, self._begun(json.loads(body)["verification"])
        id = path.removeprefix("/v1/sessions/").removesuffix("/decision")
        if not hmac.compare_digest(headers.get("X-HMAC-SIGNATURE", ""), signature(id.encode())):
            return 401, b'{"status":"fail"}'
        if id not in self.sessions:
            return 404, b'{"status":"fail"}'
        told = {"status": "success", "verification": self.sessions[id].decision}
        return 200, json.dumps(told).encode()

    def _begun(self, asked: dict[str, Any]) -> bytes:
        session = Session(str(uuid4()), asked["vendorData"], asked["callback"])
        self.sessions[session.id] = session
        told = {
            "id": session.id,
            "url": self.address(session.id),
            "vendorData": session.vendor_data,
            "host": "https://hosted.example",
            "status": "created",
            "sessionToken": "t0ken",
        }
        return json.dumps({"status": "success", "verification": told}).encode()


def signed(said: dict[str, Any], secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(said).encode()
    return body, {"x-auth-client": KEY, "x-hmac-signature": signature(body, secret)}


@contextmanager
def veriff_server() -> Iterator[VeriffServer]:
    """Listening until the block ends."""
    made = VeriffServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, asked: bytes) -> None:
            status, body = made.answer(self.command, self.path, self.headers, asked)
            body = made.answers(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-HMAC-SIGNATURE", signature(body, made.signs_with))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a test's own output is enough."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
