"""Whoever sends much at once on one socket leaves the loop to the others between its frames."""

import asyncio
from itertools import pairwise
from typing import Any, cast

from starlette.types import Message
from starlette.websockets import WebSocket

from api.socket import StudioSocketAdapter

FRAMES = 100


async def test_between_two_frames_that_lie_ready_everybody_else_has_a_turn() -> None:
    waiting: list[Message] = [{"type": "websocket.connect"}]
    waiting += [{"type": "websocket.receive", "text": str(number)} for number in range(FRAMES)]
    waiting.append({"type": "websocket.disconnect", "code": 1000})

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        pass

    turns = 0

    async def everybody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    ws = WebSocket({"type": "websocket"}, receive, send)
    await ws.accept()
    adapter = StudioSocketAdapter(cast(Any, None), cast(Any, ws), cast(Any, ws))
    others = asyncio.create_task(everybody_else())
    read = [(frame, turns) async for frame in adapter.iter_json()]
    others.cancel()
    assert [frame for frame, _ in read] == list(range(FRAMES))
    assert all(after > before for (_, before), (_, after) in pairwise(read))
