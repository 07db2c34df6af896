"""A ZIP of two hundred files by HTTP, over `cat` of the same files into a pipe.

Both are taken by another process that throws them away. Beside them one object of the same size
from the store's own address, by the same server and client: what HTTP alone costs. In turns; the
median of each.
"""

import base64
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from uuid import UUID

import httpx
import psycopg

from adapters.objects.folder import FolderObjectStore
from adapters.objects.presigned import Presigner
from benchmarks.measure import alternating, report
from benchmarks.served_api import document_id, prepared_studio, signed_up
from domain.events import STORED_FORM
from processes.secrets import load_secrets
from projections.projector import Projector
from tests.projections.studio_history import a_whole_journey

FILES = 200
FILE_BYTES = int(sys.argv[1]) if len(sys.argv) > 1 else 1024 * 1024
ROUNDS = 7


def main() -> None:
    """Fill a gallery and its folder, and take everything in three ways."""
    with prepared_studio() as studio, studio.api() as port:
        address = f"http://127.0.0.1:{port}"
        token = signed_up(port)
        bearer = {"authorization": f"Bearer {token}"}
        document = document_id(port, "RequestArchive")
        secrets = load_secrets(studio.folder / "secrets")
        presigner = Presigner(f"{address}/objects", secrets.object_urls)
        store = FolderObjectStore(studio.folder / "objects", presigner)
        with httpx.Client(base_url=address, headers=bearer) as client:
            _fill(studio.admin_url, _owner(client), store)

            def zipped() -> float:
                asked = {"documentId": document, "variables": {"input": {"only": {}}}}
                answer = client.post("/graphql", json=asked).json()["data"]["requestArchive"]
                if answer.get("items") != FILES:
                    raise AssertionError(answer)
                return _fetched(f"{address}{answer['url']}", token)

            def one_object() -> float:
                return _fetched(store.presign_download("whole", expires_in_s=60), token)

            files = sorted((studio.folder / "objects" / "bench").glob("*~*"))
            files = [file for file in files if not file.name.endswith("~facts")]
            took_s = alternating(
                ROUNDS, zipped=zipped, cat=lambda: _cat(files), one_object=one_object
            )
    mb = FILES * FILE_BYTES / 1_000_000
    report(
        "archive",
        "cat of the same files into a pipe",
        files=FILES,
        mb=mb,
        mb_per_s=mb / took_s["zipped"],
        baseline_mb_per_s=mb / took_s["cat"],
        one_object_mb_per_s=mb / took_s["one_object"],
        ratio_to_one_object=took_s["one_object"] / took_s["zipped"],
        ratio=took_s["cat"] / took_s["zipped"],
    )


def _fetched(url: str, token: str) -> float:
    """How long another process takes to have all of it."""
    wanted = ["curl", "--silent", "--fail", "--output", "/dev/null", "--write-out"]
    began_s = perf_counter()
    done = subprocess.run(
        [*wanted, "%{size_download}", "--header", f"authorization: Bearer {token}", url],
        check=True,
        capture_output=True,
    )
    took_s = perf_counter() - began_s
    if int(done.stdout) < FILES * FILE_BYTES:
        raise AssertionError(done.stdout)
    return took_s


def _cat(files: Sequence[Path]) -> float:
    began_s = perf_counter()
    with subprocess.Popen(["cat", *files], stdout=subprocess.PIPE) as sending:
        subprocess.run(["cat"], stdin=sending.stdout, stdout=subprocess.DEVNULL, check=True)
    if sending.returncode:
        raise AssertionError(sending.returncode)
    return perf_counter() - began_s


def _owner(client: httpx.Client) -> UUID:
    asked = {"query": "{ viewer { ... on Viewer { id } } }"}
    shown = client.post("/graphql", json=asked).json()["data"]["viewer"]["id"]
    return UUID(base64.b64decode(shown).decode().split(":", 1)[1])


def _fill(admin_url: str, owner: UUID, store: FolderObjectStore) -> None:
    """One picture as a projector writes it, so many times over, of this owner, and their bytes."""
    data = bytes(range(256)) * (FILE_BYTES // 256)
    for number in range(FILES):
        store.put(f"bench/{number}", data, media_type="image/png")
    store.write("whole", (data for _ in range(FILES)), media_type="image/png")
    history = a_whole_journey()
    Projector(lambda: psycopg.connect(admin_url, autocommit=True), STORED_FORM, history.keys).apply(
        history.facts
    )
    own = (
        "asset_id owner_id twin_id consent_epoch released_position object_key size_bytes renditions"
    )
    with psycopg.connect(admin_url, autocommit=True) as admin:
        columns = [
            name
            for (name,) in admin.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'views' "
                "AND table_name = 'assets' AND column_name <> ALL (%s)",
                [own.split()],
            )
        ]
        listed = ", ".join(columns)
        admin.execute(
            "INSERT INTO views.assets (asset_id, owner_id, released_position, object_key, "
            f"size_bytes, {listed}) SELECT gen_random_uuid(), %s, 1000 + n, 'bench/' || (n - 1), "
            f"%s, {listed} FROM generate_series(1, %s) AS n, "
            "(SELECT * FROM views.assets WHERE kind = 'image' AND state = 'released' LIMIT 1) AS a",
            [owner, len(data), FILES],
        )


if __name__ == "__main__":
    main()
