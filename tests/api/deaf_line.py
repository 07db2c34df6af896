"""A way to the database that stays open and lets nothing through, as a network can do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK_BYTES = 65_536


class DeafLine:
    """Carries bytes both ways until it is told to swallow those of the connections open then."""

    def __init__(self, listening: socket.socket, target: str) -> None:
        self._listening = listening
        self._target = target
        self._lock = threading.Lock()
        self._swallowed: set[int] = set()
        self._opened: list[tuple[socket.socket, socket.socket]] = []

    def swallow(self) -> None:
        """From now on nothing passes on what is open. What is opened later is not touched."""
        with self._lock:
            self._swallowed.update(range(len(self._opened)))

    def serve(self) -> None:
        """Take connections until the listening socket is shut."""
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            with self._lock:
                number = len(self._opened)
                self._opened.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(number, source, sink)).start()

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            opened = [one for pair in self._opened for one in pair]
        for end in [self._listening, *opened]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _carry(self, number: int, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                with self._lock:
                    swallowed = number in self._swallowed
                if not swallowed:
                    sink.sendall(chunk)
            sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def deaf_line(database: str) -> Iterator[tuple[DeafLine, str]]:
    """A line to a database on a Unix socket, and the URL that takes it."""
    given = conninfo_to_dict(database)
    target = f"{given['host']}/.s.PGSQL.{given.get('port', 5432)}"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = DeafLine(listening, target)
        thread = threading.Thread(target=line.serve)
        thread.start()
        try:
            port = listening.getsockname()[1]
            yield line, make_conninfo(database, host="127.0.0.1", port=port)
        finally:
            line.close()
            thread.join()
