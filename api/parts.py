"""What the API is made of: handed in by the wiring, used by resolvers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.caps import Caps, Places
from api.feed import FeedHub
from api.ledger_log import LedgerLog
from api.password_letters import PasswordLetters
from api.progress import ProgressBoard
from api.proxies import TrustedProxies
from api.spans import NoSpans, Spans
from api.threads import Threads
from commands.ports.accounts import Accounts
from commands.ports.archives import Archives
from commands.ports.clock import Clock
from commands.ports.common_passwords import CommonPasswords
from commands.ports.familiar_networks import FamiliarNetworks
from commands.ports.identity_provider import IdentityProvider
from commands.ports.object_store import ObjectStore
from commands.ports.open_sessions import OpenSessions
from commands.ports.password_hasher import PasswordHasher
from commands.ports.password_links import PasswordLinks
from commands.ports.payment_provider import PaymentProvider
from commands.ports.tries import Tries
from commands.studio import Studio
from queries.survey.operations import Operations
from queries.viewer import Connections


@dataclass(frozen=True)
class Parts:
    """The studio's door, the vault, the outside, the read models, and what is live.

    `session_country` answers the ISO country of a client address; "XX" where nobody knows.
    `store_origin` is where browsers meet the object store, None where that is the studio itself.
    `proxies` are believed about clients; pages of `cors_origins` may ask here, with a bearer.
    `letters` sends links that set a password, None where the studio has no post.
    `operations` answers how the studio is, None where that cannot be seen.
    `refused` is told the code of every refusal that is answered, `spans` of every mutation.
    """

    studio: Studio
    accounts: Accounts
    sessions: OpenSessions
    links: PasswordLinks
    passwords: PasswordHasher
    common_passwords: CommonPasswords
    tries: Tries
    familiar: FamiliarNetworks
    objects: ObjectStore
    archives: Archives
    identity: IdentityProvider
    payment: PaymentProvider
    connections: Connections
    operations: Callable[[], Operations | None]
    ledger_log: LedgerLog
    clock: Clock
    feed: FeedHub
    progress: ProgressBoard
    session_country: Callable[[str], str]
    public_url: str
    caps: Caps = field(default_factory=Caps)
    sockets: Places = field(default_factory=Places)
    feeds: Places = field(default_factory=Places)
    threads: Threads = field(default_factory=Threads)
    monotonic_s: Callable[[], float] = time.monotonic
    refused: Callable[[str], None] = lambda code: None
    spans: Spans = field(default_factory=NoSpans)
    letters: PasswordLetters | None = None
    store_origin: str | None = None
    proxies: TrustedProxies = field(default_factory=lambda: TrustedProxies(()))
    cors_origins: tuple[str, ...] = ()

    @property
    def is_https(self) -> bool:
        """Whether browsers meet the studio by https, whoever ends it."""
        return self.public_url.startswith("https://")
