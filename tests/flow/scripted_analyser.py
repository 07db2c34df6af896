"""A face analyser that says what a test has written down for it, and otherwise sees Ada."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ADA_FACE = (1.0, 0.0, 0.0)
SOMEBODY_ELSES_FACE = (0.0, 1.0, 0.0)
PATIENCE_S = 25.0


@dataclass(frozen=True)
class Seen:
    """What was found in one picture."""

    faces: tuple[object, ...]
    identity: tuple[float, ...]
    out_of_world: float = 0.1


ADA = Seen(("face",), ADA_FACE)
SOMEBODY_ELSE = Seen(("face",), SOMEBODY_ELSES_FACE)
NOT_A_NUMBER = Seen(("face",), ADA_FACE, out_of_world=float("nan"))


class ScriptedAnalyser:
    """Takes the next line of its script for each picture; an exception in it is raised."""

    MODEL_ID = "scripted-1"
    SAME_PERSON_COSINE_MIN = 0.5
    OUT_OF_WORLD_MAX = 0.5

    def __init__(self) -> None:
        self.script: deque[Seen | Exception] = deque()
        self.is_looking = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def analyse(self, rgb: NDArray[np.uint8]) -> Seen:
        """See `FaceAnalyser.analyse`."""
        self.is_looking.set()
        self.may_answer.wait(PATIENCE_S)
        line = self.script.popleft() if self.script else ADA
        if isinstance(line, Exception):
            raise line
        return line

    def hold(self) -> None:
        """From now on nobody gets an answer until `let_go`."""
        self.is_looking.clear()
        self.may_answer.clear()

    def let_go(self) -> None:
        """Answer again."""
        self.may_answer.set()
