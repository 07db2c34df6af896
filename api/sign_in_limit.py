"""How often somebody may try to sign in or up, by the account they name and by their address.

Only what fails is counted against a sign-in, and a bucket empties by itself. Where somebody has
signed in from lately, their account has a bucket of its own: whoever guesses at it elsewhere does
not lock them out.
"""

from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from commands.ports.tries import Bucket, Try

IPV6_NETWORK_BITS = 64

SIGN_INS_OF_ACCOUNT = Bucket("sign-in account", 10, timedelta(seconds=30))
"""Guesses at one account, from wherever: 120 an hour at most."""

SIGN_INS_AT_HOME = Bucket("sign-in account at home", 10, timedelta(seconds=30))
"""Guesses at one account from a network that it was signed in to from."""

FAMILIAR_FOR = timedelta(days=30)
"""Since the last sign-in from a network."""

SIGN_INS_FROM_ADDRESS = Bucket("sign-in address", 30, timedelta(seconds=2))
"""A family behind one address mistypes without noticing the limit."""

SIGN_UPS_FROM_ADDRESS = Bucket("sign-up address", 30, timedelta(seconds=10))
"""A bucket of its own, in which success counts, too: it is what an account costs."""


def sign_in_tries(network: str, email: str, *, is_familiar: bool) -> tuple[Try, ...]:
    """What a sign-in from a client's network counts as. `email` is in its normal form, any case."""
    account = email.casefold()
    if is_familiar:
        of_account = Try(SIGN_INS_AT_HOME, f"{account} {network}")
    else:
        of_account = Try(SIGN_INS_OF_ACCOUNT, account)
    return of_account, Try(SIGN_INS_FROM_ADDRESS, network)


def sign_up_tries(network: str) -> tuple[Try, ...]:
    """What a sign-up from a client's network counts as."""
    return (Try(SIGN_UPS_FROM_ADDRESS, network),)


def network_of(address: str) -> str:
    """Who shares a bucket: an IPv4 address, or an IPv6 network of 64 bits, which one client has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        # A server that listens on both families sees IPv4 like this: not all of it is one client.
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, IPV6_NETWORK_BITS), strict=False))
