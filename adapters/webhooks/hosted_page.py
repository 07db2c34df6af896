"""What the sandbox providers' pages share: plain HTML that loads nothing, and short forms."""

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse

FORM_BYTES_MAX = 4096
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The page's address holds its token: nobody else is told it.
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 28rem; padding: 0 1rem;
  background: #fafafa; color: #1c1c1c }}
button {{ font: inherit; display: block; width: 100%; margin: .5rem 0; padding: .75rem;
  border: 1px solid #767676; border-radius: .5rem; background: #fff; cursor: pointer }}
button:focus-visible {{ outline: 3px solid #0b57d0 }}
</style></head><body><main><h1>{title}</h1>{paragraphs}<form method="post">{buttons}</form>
</main></body></html>
"""


def page(
    title: str, paragraphs: Iterable[str], buttons: Iterable[tuple[str, str]], *, status: int = 200
) -> HTMLResponse:
    """A page with one button per (value, label); pressing one posts `choice=value` back to it."""
    html = _PAGE.format(
        title=escape(title),
        paragraphs="".join(f"<p>{escape(text)}</p>" for text in paragraphs),
        buttons="".join(
            f'<button name="choice" value="{escape(value)}">{escape(label)}</button>'
            for value, label in buttons
        ),
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def absent_page() -> HTMLResponse:
    """The answer to a wrong id and to a wrong token alike."""
    return page("Not found", ["This link is not, or no longer, one of ours."], [], status=404)


async def chosen(request: Request) -> str:
    """The value of the pressed button; empty where the form is not one of ours."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            return ""
    return parse_qs(body.decode("latin-1")).get("choice", [""])[0]
