"""How often somebody may try to sign in or up, or to change a password, by account and by address.

Only what fails is counted against a sign-in, and a bucket empties by itself. Where somebody has
signed in from lately, their account has a bucket of its own: whoever guesses at it elsewhere does
not lock them out.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from uuid import UUID

from commands.ports.tries import Bucket, Tries, Try
from domain.refusals import TooManyRequests

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


LINKS_OF_ACCOUNT = Bucket("password link account", 3, timedelta(minutes=10))
"""Letters to one address, whether or not it has an account: 6 an hour at most, after the first."""

LINKS_AT_HOME = Bucket("password link account at home", 3, timedelta(minutes=10))
"""Asked for from a network that the account was signed in to from: nobody else uses these up."""

LINKS_FROM_ADDRESS = Bucket("password link address", 10, timedelta(minutes=1))

LINK_USES_FROM_ADDRESS = Bucket("password link use", 20, timedelta(seconds=5))
"""A token is not guessed; each try is a look into the vault all the same."""

PASSWORDS_OF_PERSON = Bucket("old password", 10, timedelta(seconds=30))
"""Guesses at the password of whoever is signed in: at a desk that they have left, say."""


def take_link_tries(
    tries: Tries, network: str, email: str, *, is_familiar: bool, at: datetime
) -> None:
    """Count a wish for a link. `email` is in its normal form, any case. Raises `TooManyRequests`.

    From elsewhere it cannot be told where an account is at home: what is asked for there fills the
    account's own bucket, too, and needs no room in it.
    """
    account = email.casefold()
    of_account, of_network = Try(LINKS_OF_ACCOUNT, account), Try(LINKS_FROM_ADDRESS, network)
    if not is_familiar:
        tries.take((of_account, of_network), at=at)
        return
    tries.take((Try(LINKS_AT_HOME, f"{account} {network}"), of_network), at=at)
    with suppress(TooManyRequests):
        tries.take((of_account,), at=at)


def link_use_tries(network: str) -> tuple[Try, ...]:
    """What setting a password by a link counts as."""
    return (Try(LINK_USES_FROM_ADDRESS, network),)


def password_tries(person: UUID) -> tuple[Try, ...]:
    """What a change of password counts as, where the old one is wrong."""
    return (Try(PASSWORDS_OF_PERSON, str(person)),)


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
