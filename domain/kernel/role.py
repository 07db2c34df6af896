"""In which capacity somebody acts and reads."""

from enum import StrEnum


class Role(StrEnum):
    """What an account may see. Every account is somebody's; none is above the row policies.

    Those know `auditor` by this name.
    """

    CREATOR = "creator"
    AUDITOR = "auditor"
    SAFETY = "safety"
    OPERATOR = "operator"
