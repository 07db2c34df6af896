"""What a screener says of one output, mostly that all is well."""

from math import nan

from domain.checks import Check, CheckVerdict
from tests.machine.draw import Draw

PASSED_OR_NOT: tuple[bool | None, ...] = (None, False, True)


def checks(d: Draw, *, without_twin: bool) -> tuple[CheckVerdict, ...]:
    """One verdict a check."""
    known_hash = d.one(*PASSED_OR_NOT) if d.wrong() else True
    score = d.one(nan, 10.0**9) if d.wrong() else 60.0
    face = Check.NO_ENROLLED_MATCH if without_twin else Check.IDENTITY
    others = (Check.FACE_COUNT, face, Check.IN_WORLD, Check.MINOR_VETO, Check.PROVENANCE)
    return (
        CheckVerdict(Check.KNOWN_HASH, passed=known_hash, model="list", score=score),
        *(CheckVerdict(check, passed=True, model="gate") for check in others),
    )
