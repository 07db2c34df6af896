"""Veriff's public API, as far as it is needed: begin a session, and ask what was decided.

Everything is signed with the integration's shared secret (`X-HMAC-SIGNATURE`, HMAC-SHA256 in hex):
answers over their raw body, a question for a decision over the session's id. Of a decision only the
fields are read that somebody needs; names, pictures and addresses are never even decoded.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
import structlog

from adapters.identity.veriff_credentials import VeriffCredentials
from commands.ports.webhooks import ProviderUnavailable

log = structlog.get_logger()

SIGNATURE_HEADER: Final = "X-HMAC-SIGNATURE"
KEY_HEADER: Final = "X-AUTH-CLIENT"
TIMEOUT_S: Final = 5.0
"""For each step of the way: connected, sent, the next piece of the answer."""

ANSWER_LIMIT_S: Final = 10.0
"""For all pieces of an answer. Whoever asks holds a lease, and others wait for what they do."""

ANSWER_BYTES_MAX: Final = 1024 * 1024
ADDRESS_LENGTH_MAX: Final = 4_096
RETRY_DELAYS_S: Final = (0.3, 1.0)
"""Before each further try to begin a session: a person waits in a page. A decision is asked for
once: whoever carries out intents asks again, and has more patience."""

_SESSION_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_AGAIN: Final = frozenset({429, 503})
"""Said before anything was done. After a time-out a session may have been begun."""

_Answer = TypeVar("_Answer", bound=msgspec.Struct)


class VeriffPerson(msgspec.Struct, frozen=True, rename="camel"):
    """What of a person is read. `date_of_birth` is `YYYY-MM-DD`."""

    date_of_birth: str | None = None


class VeriffDocument(msgspec.Struct, frozen=True, rename="camel"):
    """What of a document is read. `valid_until` is `YYYY-MM-DD`."""

    type: str | None = None
    number: str | None = None
    country: str | None = None
    valid_until: str | None = None


class VeriffDecision(msgspec.Struct, frozen=True, rename="camel"):
    """A decision as Veriff words it: `approved` with the code 9001, and others."""

    id: str
    status: str
    code: int | None = None
    vendor_data: str | None = None
    decision_time: str | None = None
    person: VeriffPerson | None = None
    document: VeriffDocument | None = None


class VeriffSession(msgspec.Struct, frozen=True):
    """A session that was begun, and the address of its hosted page."""

    id: str
    url: str


class _Decided(msgspec.Struct, frozen=True):
    status: str
    verification: VeriffDecision | None = None


class _Begun(msgspec.Struct, frozen=True):
    status: str
    verification: VeriffSession


class VeriffApi:
    """One integration. Safe to share between threads; `close` ends its connections."""

    def __init__(
        self,
        credentials: VeriffCredentials,
        *,
        wait: Callable[[float], None] = time.sleep,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._key = credentials.api_key
        self._secrets = [secret.encode() for secret in credentials.shared_secrets]
        self._wait = wait
        self._may_be_plain = credentials.base_url.startswith("http://")
        # No proxy of the environment, no redirects: the provider is named, and nobody else.
        self._client = httpx.Client(
            base_url=f"{credentials.base_url}/v1", timeout=timeout_s, trust_env=False
        )

    def close(self) -> None:
        """End its connections."""
        self._client.close()

    def begin(self, vendor_data: str, *, return_url: str) -> VeriffSession:
        """Begin a session. `vendor_data` comes back with everything that is said of it.

        Raises `ProviderUnavailable`. Asked twice, it begins two: whoever asks keeps the first.
        """
        asked = {"verification": {"callback": return_url, "vendorData": vendor_data}}
        body = msgspec.json.encode(asked)
        answer = self._asked("POST", "/sessions", body, signed=body, delays_s=RETRY_DELAYS_S)
        session = self._read(answer, _Begun).verification
        address = urlsplit(session.url)
        is_safe = address.scheme == "https" or (self._may_be_plain and address.scheme == "http")
        if not (is_safe and address.netloc and len(session.url) <= ADDRESS_LENGTH_MAX):
            raise ProviderUnavailable("no address to send anybody to")
        if not _SESSION_ID.fullmatch(session.id):
            raise ProviderUnavailable("a session without an id")
        return session

    def decision(self, session_id: str) -> VeriffDecision | None:
        """What was decided; None before it was. Raises `ProviderUnavailable`, `SessionUnknown`."""
        answer = self._asked("GET", f"/sessions/{session_id}/decision", signed=session_id.encode())
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise SessionUnknown()
        if not self.is_signed(answer.headers, answer.content):
            # Not of whoever has the secret: nothing was heard.
            raise ProviderUnavailable("an answer without its signature")
        decided = self._read(answer, _Decided).verification
        if decided is not None and decided.id != session_id:
            raise ProviderUnavailable("an answer about another session")
        return decided

    def is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a body carries the signature of one of the secrets."""
        given = signature_of(headers)
        # All of them, whichever fits: how long it takes tells nothing.
        fits = [hmac.compare_digest(given, _signature(secret, body)) for secret in self._secrets]
        return any(fits)

    def _asked(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        signed: bytes,
        delays_s: Sequence[float] = (),
    ) -> httpx.Response:
        headers = {
            "Content-Type": "application/json",
            KEY_HEADER: self._key,
            SIGNATURE_HEADER: _signature(self._secrets[0], signed),
        }
        for delay_s in (*delays_s, None):
            answer = self._once(method, path, headers, body)
            is_away = answer is None or answer.status_code in _AGAIN
            if delay_s is None or not is_away:
                break
            self._wait(delay_s)
        return self._accepted(answer)

    def _once(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> httpx.Response | None:
        """The answer; None where nobody was reached. Raises ProviderUnavailable."""
        try:
            return self._bounded(method, path, headers, body)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return None
        except httpx.HTTPError as failed:
            raise ProviderUnavailable(type(failed).__name__) from None

    def _bounded(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> httpx.Response:
        with self._client.stream(method, path, headers=headers, content=body) as answer:
            data, until_s = bytearray(), time.monotonic() + ANSWER_LIMIT_S
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > ANSWER_BYTES_MAX or time.monotonic() > until_s:
                    raise ProviderUnavailable("an answer without an end")
            return httpx.Response(
                answer.status_code, headers=_plain(answer.headers), content=bytes(data)
            )

    def _accepted(self, answer: httpx.Response | None) -> httpx.Response:
        if answer is None:
            log.warning("identity provider out of reach")
            raise ProviderUnavailable("out of reach")
        if answer.is_success or answer.status_code == httpx.codes.NOT_FOUND:
            return answer
        # The status alone: what else it says may be about a person.
        log.warning("identity provider refused", status=answer.status_code)
        raise ProviderUnavailable(f"answered {answer.status_code}")

    def _read(self, answer: httpx.Response, kind: type[_Answer]) -> _Answer:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The message would quote what it could not read.
            raise ProviderUnavailable("an answer of another form") from None


class SessionUnknown(Exception):
    """Veriff knows no such session."""


def signature_of(headers: Mapping[str, str]) -> str:
    """The signature that came along, in lower case; empty where there is none."""
    given = {name.lower(): value for name, value in headers.items()}
    found = given.get(SIGNATURE_HEADER.lower(), "").strip().lower()
    return found if found.isascii() else ""


def _signature(secret: bytes, data: bytes) -> str:
    return hmac.new(secret, data, hashlib.sha256).hexdigest()


def _plain(headers: httpx.Headers) -> dict[str, Any]:
    """Without what says how the body travelled: it is unpacked by now."""
    packed = {"content-encoding", "content-length", "transfer-encoding"}
    return {name: value for name, value in headers.items() if name.lower() not in packed}
