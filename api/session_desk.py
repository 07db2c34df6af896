"""Whose session a token is: what is asked while an answer is awaited is asked together."""

import asyncio
from asyncio import Future, Task

from anyio.to_thread import run_sync

from commands.ports.accounts import Accounts, Session
from commands.ports.clock import Clock


class SessionDesk:
    """Looks sessions up in the vault, in one statement for everybody who waits.

    Nobody is answered from before they asked: whoever comes while a statement is out waits for the
    next one. Belongs to one event loop.
    """

    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock
        self._waiting: dict[bytes, Future[Session | None]] = {}
        self._asking: Task[None] | None = None

    async def session(self, token_sha256: bytes) -> Session | None:
        """The session if it is open now. Raises whatever the vault raises."""
        waiting = self._waiting.get(token_sha256)
        if waiting is None:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting[token_sha256] = waiting
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        # Shielded: one of several that wait for it may leave.
        return await asyncio.shield(waiting)

    async def _ask(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                found = await run_sync(self._look_up, tuple(asked))
            except Exception as failed:
                _settle(asked, failed)
                continue
            for token_sha256, waiting in asked.items():
                if not waiting.done():
                    waiting.set_result(found.get(token_sha256))

    def _look_up(self, tokens_sha256: tuple[bytes, ...]) -> "dict[bytes, Session]":
        return dict(self._accounts.sessions(tokens_sha256, at=self._clock()))


def _settle(asked: dict[bytes, Future[Session | None]], failed: Exception) -> None:
    for waiting in asked.values():
        if not waiting.done():
            waiting.set_exception(failed)
            # Whoever left does not hear of it.
            waiting.exception()
