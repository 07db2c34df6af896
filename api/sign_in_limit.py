"""How often one address may try to sign in or up: a bucket that refills with time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Network, ip_address

from api.refusals import TooManyRequests

TRIES_MAX = 30
"""At once. A family behind one address signs in without noticing the limit."""
REFILL_S = 2.0
"""One more try every so many seconds."""
ADDRESSES_MAX = 50_000
IPV6_NETWORK_BITS = 64


class SignInLimit:
    """Tries of each address, in memory: it resets with the process, but Argon2 slows a guess."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Count one try. Raises `TooManyRequests`."""
        now_s = self._monotonic_s()
        address = _network(address)
        with self._lock:
            spent, at_s = self._spent.pop(address, (0.0, now_s))
            spent = max(0.0, spent - (now_s - at_s) / REFILL_S)
            refused = spent + 1 > TRIES_MAX
            self._spent[address] = (spent if refused else spent + 1, now_s)
            while len(self._spent) > ADDRESSES_MAX:
                self._spent.popitem(last=False)
        if refused:
            raise TooManyRequests()


def _network(address: str) -> str:
    """Who shares a bucket: an IPv4 address, or an IPv6 network of 64 bits, which one client has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    return str(IPv6Network((parsed, IPV6_NETWORK_BITS), strict=False))
