"""Where tests find nginx, and how they run one before servers of their own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

NGINX_VARIABLE = "SUITE_NGINX"
ABSENT = "none"
"""Said of a machine that can have none: its tests are skipped knowingly."""

PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
"""Where it lies where the path of an ordinary user does not lead."""

STOP_TIMEOUT_S = 10

_FRAME = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{configuration}
}}
"""


def nginx_program() -> str:
    """The program. Skips the test with the reason without one; under `CI=true` that fails."""
    given = os.environ.get(NGINX_VARIABLE)
    if given == ABSENT:
        pytest.skip(f"{NGINX_VARIABLE}={ABSENT}: this machine can have no nginx")
    found = given or shutil.which("nginx") or shutil.which("nginx", path=PLACES)
    if found is None:
        _do_without(
            f"no nginx: {NGINX_VARIABLE} is not set, and there is none on the path "
            "(Debian's package is `nginx`)"
        )
    if not Path(found).is_file():
        _do_without(f"{NGINX_VARIABLE} names no file: {found}")
    return found


@contextmanager
def nginx(program: str, folder: Path, configuration: str) -> Iterator[None]:
    """Run it with this inside `http { }`, for the length of a `with` block."""
    folder.mkdir(parents=True)
    file = folder / "nginx.conf"
    # Its workers read and write in the folder, which is the tests' own.
    user = "user root;" if os.getuid() == 0 else ""
    file.write_text(_FRAME.format(folder=folder, user=user, configuration=configuration))
    asked = [program, "-p", str(folder), "-c", str(file)]
    checked = subprocess.run([*asked, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(asked, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
