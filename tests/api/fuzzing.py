"""Rubbish for every door: requests and frames that are nearly right, sent by a process of its own.

    python -m tests.api.fuzzing URL TOKEN CASES SEED

Prints one JSON line at the end: how many cases there were, what was answered, and what should not
have happened. The same seed sends the same cases.
"""

import asyncio
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"
ANSWER_MAX_S = 30.0
AT_ONCE = 4
FINDINGS_MAX = 20
CLOSES = {1003, 1007, 1009, 4400, 4401, 4403, 4409, 4429}
"""Codes that say what was wrong. 1006 is no code: the connection was cut."""

SPECIAL: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**39,
    1e308,
    0.1,
    "",
    "x",
    "\x00",
    "\ud800",
    "é" * 40,
    "9" * 5_000,
    [],
    {},
    [[[[]]]],
    {"a": {"b": [1, {"c": None}]}},
    {"__proto__": 1},
)
TEXTS = (
    "9" * 5_000,
    "-" + "9" * 4_999,
    "0." + "9" * 5_000,
    "1e999",
    "NaN",
    "[" * 1_000,
    '{"a":' * 400,
    "\\ud800",
    "\\u0000",
    "\ufeff",
    '"',
    "\\",
    "\x00",
    "null",
    "[]",
)
WORDS = re.findall(
    r"\S+",
    """{ } ( ) [ ] : ! | & = @ $ ... # , query mutation subscription fragment on schema type input
    __schema __type __typename types fields ofType viewer catalogue node ledger quote jobs gallery
    wallet id first after @include @skip if true false null 5 -1 1.5 "x" "" $input $after $x edges
    cursor pageInfo Viewer Refusal code message path Position PageSize""",
)
TOKEN = re.compile(r"[A-Za-z_]\w*|\.\.\.|\"[^\"]*\"|\d+|\S")
ACCEPTS = (
    "application/json",
    "application/graphql-response+json",
    "text/event-stream",
    "*/*",
    "application/json, text/event-stream",
    "text/event-stream;q=1, application/json;q=0.1",
    "",
    ",;q=,",
    "x" * 2_000,
)
CONTENT_TYPES = ("application/json", "application/json; charset=utf-8", "text/plain", "", "a/b;c=d")
# Signing out would end the session of all other cases, and each password costs a twentieth second.
LEFT_OUT = ("SignOut", "SignIn", "SignUp")


class Rubbish:
    """Makes cases from what is right. All that is random comes from one generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        texts = {path.stem: path.read_text() for path in sorted(OPERATIONS.glob("*.graphql"))}
        self._documents = [text for name, text in texts.items() if name not in LEFT_OUT]
        self._documents += [
            "query A { __typename } query B { __typename }",
            "{ __schema { types { name fields { name } } } }",
            "query($n: PageSize) { viewer { ... on Viewer { jobs(first: $n) { __typename } } } }",
            "subscription($a: Position) { wallet(after: $a) { __typename } }",
        ]

    def request(self) -> dict[str, Any]:
        """One HTTP request, in the words of httpx."""
        pick = self._random
        headers = {"accept": pick.choice(ACCEPTS)}
        given = self.payload()
        if isinstance(given, dict) and pick.random() < 0.1:
            params = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in given.items()
            }
            sent = {name: _encodable(value)[:1_500] for name, value in params.items()}
            return {"method": "GET", "params": sent, "headers": headers}
        weights = (60, 1, 1, 1, 1)
        headers["content-type"] = pick.choices(CONTENT_TYPES, weights)[0]
        return {"method": "POST", "content": self.text(given).encode(), "headers": headers}

    def frames(self) -> list[str | bytes]:
        """What one socket sends."""
        pick = self._random
        found: list[str | bytes] = []
        if pick.random() < 0.9:
            found.append('{"type":"connection_init","payload":{}}')
        for _ in range(pick.randint(1, 6)):
            message = pick.choice(
                (
                    {"type": "subscribe", "id": str(pick.randint(0, 3)), "payload": self.payload()},
                    {"type": "subscribe", "id": str(pick.randint(0, 3)), "payload": self.payload()},
                    {"type": "complete", "id": "1"},
                    {"type": "ping", "payload": {}},
                    {"type": "pong"},
                    {"type": "subscribe", "id": str(pick.randint(4, 9)), "payload": self.payload()},
                    {"type": "subscribe", "id": str(pick.randint(4, 9)), "payload": self.payload()},
                )
            )
            if pick.random() < 0.05:
                message = {"type": "connection_init", "payload": self._value(1)}
            if pick.random() < 0.1:
                message = self.broken(message)
            text = json.dumps(message) if pick.random() < 0.7 else self.text(message)
            found.append(text.encode() if pick.random() < 0.02 else text)
        return found

    def payload(self) -> Any:
        """What asks for an operation, more or less."""
        pick = self._random
        document = pick.choice(self._documents)
        for _ in range(pick.choice((0, 0, 1, 1, 2, 8))):
            document = self._document(document)
        made: dict[str, Any] = {"query": document}
        if pick.random() < 0.7:
            names = re.findall(r"\$(\w+)", document) or ["x"]
            made["variables"] = {name: self._value(2) for name in names}
        if pick.random() < 0.2:
            made["operationName"] = self._value(0)
        if pick.random() < 0.1:
            made["extensions"] = self._value(2)
        if pick.random() < 0.1:
            made["documentId"] = made.pop("query") if pick.random() < 0.5 else self._value(1)
        if pick.random() < 0.1:
            made = self.broken(made)
        return made

    def broken(self, value: Any) -> Any:
        """A value of which one part is another."""
        if isinstance(value, dict) and value and self._random.random() < 0.8:
            name = self._random.choice(sorted(value))
            return {**value, name: self.broken(value[name])}
        return self._value(3)

    def text(self, value: Any) -> str:
        """JSON, now and then with a piece that is none."""
        pick = self._random
        text = json.dumps(value)
        if pick.random() < 0.15:
            at = pick.randrange(len(text) + 1)
            until = min(len(text), at + pick.choice((0, 1, 5, 50)))
            text = text[:at] + pick.choice(TEXTS) + text[until:]
        return text[: pick.choice((40_000, 40_000, 40_000, max(1, len(text) // 2)))]

    def _document(self, document: str) -> str:
        pick = self._random
        tokens = TOKEN.findall(document) or ["{"]
        at = pick.randrange(len(tokens))
        match pick.randrange(5):
            case 0:
                del tokens[at]
            case 1:
                tokens[at] = pick.choice(WORDS)
            case 2:
                tokens.insert(at, pick.choice(WORDS))
            case 3:
                tokens[at:at] = tokens[at : at + pick.randint(1, 30)] * pick.choice((1, 3, 40))
            case _:
                tokens.insert(at, pick.choice(("{" * 400, "9" * 5_000, "\ud800", "\x00", '"""')))
        return " ".join(tokens)[:31_000]

    def _value(self, depth: int) -> Any:
        pick = self._random
        if depth and pick.random() < 0.3:
            if pick.random() < 0.5:
                return [self._value(depth - 1) for _ in range(pick.randrange(4))]
            return {pick.choice(WORDS): self._value(depth - 1) for _ in range(pick.randrange(4))}
        return pick.choice(SPECIAL)


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()


class Findings:
    """What was answered, and what should not have been."""

    def __init__(self) -> None:
        self.cases = 0
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []

    def answered(self, what: str) -> None:
        """Count one answer."""
        self.answers[what] += 1

    def fault(self, what: str, case: object) -> None:
        """Note what should not have happened."""
        self.answers["fault"] += 1
        if len(self.faults) < FINDINGS_MAX:
            self.faults.append(f"{what}: {str(case)[:600]!r}")


async def knock(
    client: httpx.AsyncClient, case: dict[str, Any], findings: Findings, token: str | None
) -> None:
    """Send one request and judge the answer."""
    findings.cases += 1
    if token is not None:
        case["headers"]["authorization"] = f"Bearer {token}"
    try:
        async with client.stream(url="/graphql", **case) as response:
            text = ""
            async for piece in response.aiter_text():
                text += piece
                streamed = response.headers["content-type"].startswith("text/event-stream")
                # A feed goes on for ever; its first event says enough.
                if streamed and "data:" in text and text.endswith("\n"):
                    break
    except httpx.HTTPError as error:
        findings.fault(type(error).__name__, case)
        return
    findings.answered(str(response.status_code))
    if response.status_code >= 500 or '"INTERNAL"' in text:
        findings.fault(f"{response.status_code} {text[:200]}", case)
    elif response.headers["content-type"].startswith("text/event-stream"):
        return
    elif not _is_typed(text):
        findings.fault(f"untyped {response.status_code} {text[:200]}", case)


def _is_typed(text: str) -> bool:
    """JSON whose errors have a code each."""
    try:
        answer = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(answer, dict) and all(
        "code" in error.get("extensions", {}) for error in answer.get("errors") or ()
    )


async def plug_in(
    url: str, frames: list[str | bytes], findings: Findings, token: str | None
) -> None:
    """Send the frames of one socket and judge how it ends."""
    findings.cases += len(frames)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with connect(
        f"{url.replace('http', 'ws', 1)}/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=headers,
        compression=None,
        ping_interval=None,
    ) as socket:
        try:
            for frame in frames:
                await socket.send(_sendable(frame))
            await socket.send('{"type":"ping"}')
            await asyncio.wait_for(_until_pong(socket, findings, frames), ANSWER_MAX_S)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            findings.answered(f"closed {code}")
            if code not in CLOSES:
                findings.fault(f"closed {code}", frames)
        except TimeoutError:
            findings.fault("no answer", frames)


def _sendable(frame: str | bytes) -> str | bytes:
    return frame if isinstance(frame, bytes) else _encodable(frame)


async def _until_pong(socket: ClientConnection, findings: Findings, frames: object) -> None:
    pings = 1 + sum('"ping"' in str(frame) for frame in frames)  # type: ignore[attr-defined]
    async for message in socket:
        text = message if isinstance(message, str) else message.decode()
        if '"INTERNAL"' in text:
            findings.fault(text[:300], frames)
        if json.loads(text)["type"] == "pong":
            pings -= 1
            findings.answered("pong")
            if pings <= 0:
                return
        else:
            findings.answered(json.loads(text)["type"])


async def fuzz(url: str, token: str, cases: int, seed: int) -> Findings:
    """Send about this many cases: a third as frames of sockets, the rest as requests."""
    rubbish, findings = Rubbish(seed), Findings()
    turn = asyncio.Semaphore(AT_ONCE)

    async def take_turn(work: Awaitable[None]) -> None:
        async with turn:
            await work

    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_MAX_S, verify=False) as client:
        while findings.cases < cases:
            async with asyncio.TaskGroup() as group:
                for number in range(60):
                    mine = token if number % 2 else None
                    if number % 7 == 0:
                        work = plug_in(url, rubbish.frames(), findings, mine)
                    else:
                        work = knock(client, rubbish.request(), findings, mine)
                    group.create_task(take_turn(work))
    return findings


def main() -> None:
    """Fuzz as the command line says."""
    url, token, cases, seed = sys.argv[1:]
    findings = asyncio.run(fuzz(url, token, int(cases), int(seed)))
    found = {
        "cases": findings.cases,
        "answers": dict(findings.answers),
        "faults": findings.faults,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
