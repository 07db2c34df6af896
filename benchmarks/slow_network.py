"""A network between a program and its database on which a round trip takes a while."""

import multiprocessing
import select
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from time import monotonic
from urllib.parse import parse_qs, urlsplit

CHUNK_SIZE_BYTES = 64 * 1024


@contextmanager
def slow_network(url: str, round_trip_s: float) -> Iterator[tuple[str, int]]:
    """Host and port of a way to the server of `url` on which each direction takes half of it.

    Bytes keep their order and wait for nobody: what is sent without an answer in between arrives
    together. A process of its own, so that it takes no turns with whoever is measured.
    """
    place = parse_qs(urlsplit(url).query)
    path = f"{place['host'][0]}/.s.PGSQL.{place['port'][0]}"
    here, there = multiprocessing.get_context("spawn").Pipe()
    carrier = multiprocessing.get_context("spawn").Process(
        target=carry, args=(there, path, round_trip_s / 2), daemon=True
    )
    carrier.start()
    # Ours is closed, so that one that could not start ends our waiting, too.
    there.close()
    try:
        yield "127.0.0.1", here.recv()
    finally:
        carrier.terminate()
        carrier.join()


def carry(said: Pipe, path: str, delay_s: float) -> None:
    """Take connections and carry their bytes to the socket at `path` and back, until ended."""
    door = socket.create_server(("127.0.0.1", 0))
    said.send(door.getsockname()[1])
    other: dict[socket.socket, socket.socket] = {}
    # In the order in which they came, which is that in which they are due.
    waiting: deque[tuple[float, socket.socket, bytes]] = deque()
    while True:
        timeout_s = max(0.0, waiting[0][0] - monotonic()) if waiting else None
        for one in select.select([door, *other], [], [], timeout_s)[0]:
            if one is door:
                near, _ = door.accept()
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                far = socket.socket(socket.AF_UNIX)
                far.connect(path)
                other[near], other[far] = far, near
            elif one in other:
                waiting.append((monotonic() + delay_s, other[one], _received(one, other)))
        while waiting and waiting[0][0] <= monotonic():
            _, to, chunk = waiting.popleft()
            _deliver(to, chunk)


def _received(one: socket.socket, other: dict[socket.socket, socket.socket]) -> bytes:
    """What came; nothing where the other end is gone, who is looked at no more."""
    try:
        chunk = one.recv(CHUNK_SIZE_BYTES)
    except OSError:
        chunk = b""
    if not chunk:
        other.pop(one)
    return chunk


def _deliver(to: socket.socket, chunk: bytes) -> None:
    try:
        if chunk:
            to.sendall(chunk)
        else:
            to.shutdown(socket.SHUT_WR)
    except OSError:
        # Whoever it was for has gone meanwhile.
        return
