"""The files of the page: compressed, and under addresses that change when their content does."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WEB_PATH: Final = "/web"
ENTRY: Final = "studio/main.js"
SIGNED_IN: Final = ("studio/keys.js", "studio/arrivals.js")
FIRST_SHEET: Final = "studio/styles/first.css"
"""What a page begins with, in one file: each of these would be a round trip."""

FIRST_SHEETS: Final = ("tokens.css", "ground.css", "shell.css", "parts.css")

_KEPT = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"
_VERSIONED = re.compile(r"/([0-9a-f]{16})(/.+)")
_STATIC_IMPORT = re.compile(r"""^(?:import|export)\s[^;]*?from\s+"(\.[^"]+)";""", re.MULTILINE)
_SHEET_IMPORT = re.compile(r"""^@import url\("([^"]+)"\)""", re.MULTILINE)
_COMPRESSED_FROM_BYTES = 500


@dataclass(frozen=True)
class Release:
    """The files of one moment: what their addresses are called by, and what a page begins with."""

    version: str
    first_modules: tuple[str, ...]
    first_sheet: str
    pages: dict[str, list[str]]
    """What each page of the studio needs besides, as it is called below `studio/`."""


class WebFiles:
    """Serves the files of `folder` below `/web`, to be mounted there.

    `/web/<version>/…` is kept by browsers for good where the version is that of the page as it was
    last given out. An address of another version is answered with the file of now, to be asked for
    again: a page that has been open since before an upgrade goes on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._release = _look(folder)
        self._files: ASGIApp = GZipMiddleware(
            StaticFiles(directory=folder), minimum_size=_COMPRESSED_FROM_BYTES
        )

    def page(self, name: str, documents: Mapping[str, str]) -> str:
        """A page of the folder, its addresses versioned, the modules it begins with announced.

        A browser would find the imports of imports one round trip after another. The page brings
        the ids of the committed `documents` along, and what each page of the studio needs. Looks
        at the folder: not for the event loop.
        """
        self._release = release = _look(self._folder)
        text = (self._folder / name).read_text()
        modules = "\n    ".join(
            f'<link rel="modulepreload" href="{WEB_PATH}/{module}">'
            for module in release.first_modules
        )
        text = text.replace("<!-- modules -->", modules)
        for name, known in (("documents", documents), ("pages", release.pages)):
            text = text.replace(f'id="{name}"><', f'id="{name}">{json.dumps(known)}<')
        return text.replace(f'"{WEB_PATH}/', f'"{WEB_PATH}/{release.version}/')

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file."""
        release, kept = self._release, _ASKED_AGAIN
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        versioned = _VERSIONED.fullmatch(path)
        if versioned is not None:
            version, rest = versioned.groups()
            scope = {**scope, "path": scope.get("root_path", "") + rest}
            if version == release.version:
                kept = _KEPT
        if scope["path"].endswith(f"/{FIRST_SHEET}"):
            await _plain(release.first_sheet, kept)(scope, receive, send)
            return

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["Cache-Control"] = kept
            await send(message)

        await self._files(scope, receive, send_kept)


def _plain(sheet: str, kept: str) -> ASGIApp:
    answer = Response(sheet, media_type="text/css", headers={"Cache-Control": kept})
    return GZipMiddleware(answer, minimum_size=_COMPRESSED_FROM_BYTES)


def _look(folder: Path) -> Release:
    """The files as they are now. They are read anew only where one has changed."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stats = ((path, path.stat()) for path in files)
    return _read(folder, tuple((p, s.st_mtime_ns, s.st_size) for p, s in stats))


@lru_cache(maxsize=4)
def _read(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> Release:
    digest = hashlib.sha256()
    for path, _, _ in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode())
        digest.update(content)
    sheets = (folder / FIRST_SHEET).parent
    sheet = "\n".join((sheets / name).read_text() for name in FIRST_SHEETS)
    first = _imported(folder, ENTRY)
    return Release(digest.hexdigest()[:16], tuple(first), sheet, _pages(folder, first))


def _pages(folder: Path, first: list[str]) -> dict[str, list[str]]:
    """Modules and style sheets of each page, but for what the studio begins with.

    Under "": what every page of somebody who has signed in needs besides.
    """
    studio = (folder / ENTRY).parent
    always = {module for entry in SIGNED_IN for module in _imported(folder, entry)} - set(first)
    below = len(ENTRY) - len(Path(ENTRY).name)
    pages = {"": sorted(module[below:] for module in always)}
    for page in sorted(studio.glob("pages/*.js")):
        modules = _imported(folder, str(page.relative_to(folder)))
        files = [folder / module for module in modules if module not in first]
        sheet = studio / "styles" / "pages" / f"{page.stem}.css"
        if sheet.is_file():
            further = _SHEET_IMPORT.findall(sheet.read_text())
            files += [sheet, *(sheet.parent / one for one in further)]
        pages[page.stem] = [str(file.resolve().relative_to(studio.resolve())) for file in files]
    return pages


def _imported(folder: Path, entry: str) -> list[str]:
    """`entry` and every module that it imports at once, however far down; each one once."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop(0)
        if module in found:
            continue
        found[module] = None
        here = folder / module
        for imported in _STATIC_IMPORT.findall(here.read_text()):
            target = (here.parent / imported).resolve()
            waiting.append(str(target.relative_to(folder.resolve())))
    return list(found)
