"""What the page's signals promise, in Node."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MODULES = Path("web/studio/core").resolve().as_uri() + "/"
SENTENCES = Path(__file__).with_name("signals.mjs")
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="needs Node to run the page's modules")
def test_signals_keep_their_promises() -> None:
    assert NODE is not None
    ran = subprocess.run(
        [NODE, "--test", str(SENTENCES)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"MODULES": MODULES},
    )
    assert ran.returncode == 0, ran.stdout
