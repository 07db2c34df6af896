"""One key per person, under which that person's text is sealed; destroying it is the erasure.

Envelope encryption with AES-256-GCM: each person's key (DEK) lies in the database wrapped by one
key encryption key (KEK) that comes from the settings and is never stored. A wrapped key opens only
for its person and key id, a text only at the place it was sealed for.
"""

import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.kernel.personal_text import Erased, FreeText, PersonalText
from domain.kernel.stored_form import SealedText

KEY_LENGTH_BYTES = 32
NONCE_LENGTH_BYTES = 12
"""Random: one key may seal 2**32 texts before a repetition becomes thinkable."""

CACHED_KEYS_MAX = 1024
CACHED_KEY_AGE_MAX_S = 30.0
"""So long may another process still open text after its key was destroyed."""

_WRAP = b"suite.subject-key.v1"
_KEK_NAME = b"suite.kek.v1"

K = TypeVar("K")


class SealBroken(Exception):
    """Ciphertext that was changed, or moved from the place it was sealed for."""


class SubjectErased(Exception):
    """Nothing more is sealed for this person: their key was destroyed."""


class WrongKek(Exception):
    """A person's key was wrapped by another KEK than the one in the settings."""


class SubjectKeys:
    """Seals and opens personal text; the `Sealer` of the stored form. Threads may share it.

    `pool` holds connections of the role `vault`; `kek` is 32 random bytes, the same for ever.
    """

    def __init__(
        self,
        pool: ConnectionPool[Connection[TupleRow]],
        kek: bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if len(kek) != KEY_LENGTH_BYTES:
            raise ValueError(f"the KEK must have {KEY_LENGTH_BYTES} bytes")
        self._pool = pool
        self._kek = AESGCM(kek)
        self._kek_name = hashlib.sha256(_KEK_NAME + kek).digest()[:8]
        self._by_owner: _RecentKeys[tuple[UUID, AESGCM]] = _RecentKeys(monotonic)
        self._by_key_id: _RecentKeys[AESGCM] = _RecentKeys(monotonic)

    def seal(self, owner_id: UUID, text: str, *, bound_to: bytes) -> SealedText:
        """Encrypt under the owner's key, which the first call makes. Raises `SubjectErased`."""
        found = self._by_owner.get(owner_id) or self._load_or_make(owner_id)
        key_id, key = found
        nonce = os.urandom(NONCE_LENGTH_BYTES)
        return SealedText(key_id, nonce + key.encrypt(nonce, text.encode(), bound_to))

    def open(self, sealed: SealedText, *, bound_to: bytes) -> FreeText:
        """Decrypt; `Erased` where the key was destroyed or never was. Raises `SealBroken`."""
        key = self._by_key_id.get(sealed.key_id) or self._load(sealed.key_id)
        if key is None:
            return Erased()
        nonce, ciphertext = _split(sealed.sealed)
        try:
            return PersonalText(key.decrypt(nonce, ciphertext, bound_to).decode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"text under key {sealed.key_id}") from error

    def destroy(self, owner_id: UUID) -> bool:
        """Erase a person's text for ever, wherever its ciphertext lies. May be called twice.

        False where there was no key to destroy. Other processes notice within
        `CACHED_KEY_AGE_MAX_S`.
        """
        with self._pool.connection() as connection:
            row = connection.execute(
                "UPDATE vault.subject_keys SET wrapped_key = NULL, destroyed_at = now() "
                "WHERE owner_id = %s AND wrapped_key IS NOT NULL RETURNING key_id",
                [owner_id],
            ).fetchone()
        self._by_owner.forget(owner_id)
        if row is not None:
            self._by_key_id.forget(row[0])
        return row is not None

    def _load_or_make(self, owner_id: UUID) -> tuple[UUID, AESGCM]:
        key_id, fresh = uuid4(), AESGCM.generate_key(bit_length=8 * KEY_LENGTH_BYTES)
        with self._pool.connection() as connection:
            # Two processes may get here at once: the first key stays, and both read it back.
            connection.execute(
                "INSERT INTO vault.subject_keys (owner_id, key_id, wrapped_key, wrapped_by) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [owner_id, key_id, self._wrap(owner_id, key_id, fresh), self._kek_name],
            )
            row = connection.execute(
                "SELECT key_id, wrapped_key, wrapped_by FROM vault.subject_keys "
                "WHERE owner_id = %s",
                [owner_id],
            ).fetchone()
        if row is None or row[1] is None:
            raise SubjectErased(f"person {owner_id}")
        key = self._unwrap(owner_id, *row)
        self._by_owner.keep(owner_id, (row[0], key))
        self._by_key_id.keep(row[0], key)
        return row[0], key

    def _load(self, key_id: UUID) -> AESGCM | None:
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT owner_id, wrapped_key, wrapped_by FROM vault.subject_keys "
                "WHERE key_id = %s AND wrapped_key IS NOT NULL",
                [key_id],
            ).fetchone()
        if row is None:
            return None
        key = self._unwrap(row[0], key_id, row[1], row[2])
        self._by_key_id.keep(key_id, key)
        return key

    def _wrap(self, owner_id: UUID, key_id: UUID, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_LENGTH_BYTES)
        return nonce + self._kek.encrypt(nonce, key, _WRAP + owner_id.bytes + key_id.bytes)

    def _unwrap(self, owner_id: UUID, key_id: UUID, wrapped: bytes, wrapped_by: bytes) -> AESGCM:
        if wrapped_by != self._kek_name:
            raise WrongKek(f"key {key_id}")
        nonce, ciphertext = _split(wrapped)
        try:
            return AESGCM(
                self._kek.decrypt(nonce, ciphertext, _WRAP + owner_id.bytes + key_id.bytes)
            )
        except InvalidTag as error:
            raise SealBroken(f"the wrapped key {key_id}") from error


class _RecentKeys(Generic[K]):
    """The keys last used, each for a short while."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[UUID, tuple[float, K]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: UUID) -> K | None:
        with self._lock:
            found = self._kept.get(name)
            if found is None or found[0] < self._monotonic():
                return None
            self._kept.move_to_end(name)
            return found[1]

    def keep(self, name: UUID, key: K) -> None:
        with self._lock:
            self._kept[name] = (self._monotonic() + CACHED_KEY_AGE_MAX_S, key)
            self._kept.move_to_end(name)
            while len(self._kept) > CACHED_KEYS_MAX:
                self._kept.popitem(last=False)

    def forget(self, name: UUID) -> None:
        with self._lock:
            self._kept.pop(name, None)


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    return sealed[:NONCE_LENGTH_BYTES], sealed[NONCE_LENGTH_BYTES:]
