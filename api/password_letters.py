"""Sends links that set a password. Whoever asks for one waits for nothing of it.

So no time tells whether there is an account: what is looked up, opened and sent for one happens
later, in a thread of its own. What waits when a process ends is lost, and asked for again.
"""

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from commands.account.password_link import LINK_MINUTES, new_link
from commands.ports.accounts import Accounts
from commands.ports.clock import Clock
from commands.ports.password_links import PasswordLinks
from commands.ports.post import Letter, LetterRefused, Post
from domain.kernel.personal_text import text_or
from domain.refusals import TooMuchAtOnce

log = structlog.get_logger()

WAITING_MAX = 1_000
POLL_S = 1.0
AGAIN_AFTER = timedelta(seconds=15)
"""Until a letter that nobody took is handed in again; others go on meanwhile."""

GIVEN_UP_AFTER = timedelta(minutes=10)
"""Whoever has waited for so long has asked again, or asks their operator."""

SUBJECT = "A new password for AI Content Suite"
TEXT = f"""\
Somebody asked for a new password for the account of this address. If it was you, set it here:

{{link}}

The link works once, for {LINK_MINUTES} minutes. Your password stays as it is until then. If it
was not you, you need not do anything.
"""


@dataclass(frozen=True)
class _Wish:
    forms: tuple[str, ...] = field(repr=False)
    asked_at: datetime
    due_at: datetime


class PasswordLetters:
    """Wishes for links, in their order. `wish` is safe to call from any thread."""

    def __init__(
        self,
        accounts: Accounts,
        links: PasswordLinks,
        post: Post,
        clock: Clock,
        *,
        public_url: str,
    ) -> None:
        self._accounts = accounts
        self._links = links
        self._post = post
        self._clock = clock
        self._public_url = public_url
        self._waiting: deque[_Wish] = deque()
        self._there = threading.Event()

    def wish(self, address_forms: tuple[str, ...]) -> None:
        """A link for the account that is found under one of these, if any. Answers at once.

        Raises `TooMuchAtOnce` where too many wait.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise TooMuchAtOnce(int(AGAIN_AFTER.total_seconds()))
        now = self._clock()
        self._waiting.append(_Wish(address_forms, asked_at=now, due_at=now))
        self._there.set()

    def run(self, stop: threading.Event) -> None:
        """Send whatever is wished for until `stop` is set. For a thread of its own."""
        while not stop.is_set():
            self._there.wait(POLL_S)
            self._there.clear()
            while not stop.is_set() and self.send_next():
                pass

    def send_next(self) -> bool:
        """Fulfil the wish that is due and waits longest. False where none is due."""
        for _ in range(len(self._waiting)):
            wish = self._waiting.popleft()
            if wish.due_at <= self._clock():
                self._try(wish)
                return True
            self._waiting.append(wish)
        return False

    def _try(self, wish: _Wish) -> None:
        try:
            self._fulfil(wish)
        except LetterRefused:
            log.warning("a letter is not taken")
        except Exception as error:
            log.warning("a letter was not sent", error=type(error).__name__)
            now = self._clock()
            if now < wish.asked_at + GIVEN_UP_AFTER:
                self._waiting.append(replace(wish, due_at=now + AGAIN_AFTER))

    def _fulfil(self, wish: _Wish) -> None:
        found = (self._accounts.find_by_email(form) for form in wish.forms)
        account = next((one for one in found if one is not None), None)
        if account is None:
            return
        # Where the account is, and not what somebody typed.
        address = text_or(self._accounts.email_of(account.person_id))
        if not address:
            return
        now = self._clock()
        link = new_link(self._links, account.person_id, public_url=self._public_url, at=now)
        self._post.send(Letter(address, SUBJECT, TEXT.format(link=link)))
