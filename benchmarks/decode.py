"""Events decoded per second, over plain `msgspec.json.decode` of the same bytes into a dict."""

import msgspec

from benchmarks.measure import alternating, report, seconds
from domain.events import STORED_FORM
from domain.kernel.stored_form import NoKeys
from tests.domain.golden_streams import golden_streams

REPEATS = 200
ROUNDS = 7


def main() -> None:
    """Decode every golden event many times over."""
    rows = [row for stream in golden_streams().values() for row in stream]
    data = [row.data.encode() for row in rows]
    keys = NoKeys()

    def stored_form() -> None:
        for _ in range(REPEATS):
            for row, value in zip(rows, data, strict=True):
                STORED_FORM.decode(
                    row.event_type,
                    row.originator_id,
                    row.originator_version,
                    value,
                    keys,
                )

    def plain() -> None:
        for _ in range(REPEATS):
            for value in data:
                msgspec.json.decode(value)

    taken = alternating(
        ROUNDS, stored_form=lambda: seconds(stored_form), plain=lambda: seconds(plain)
    )
    events = REPEATS * len(rows)
    report(
        "decode",
        "msgspec.json.decode of the same bytes into a dict",
        events_per_s=events / taken["stored_form"],
        baseline_events_per_s=events / taken["plain"],
        ratio=taken["plain"] / taken["stored_form"],
    )


if __name__ == "__main__":
    main()
