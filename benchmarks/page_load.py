"""A first visit over a slow line in Chromium: largest paint, and how much of a page jumps.

Each page is opened with an empty cache at 400 ms a round trip and 400 kB/s, while a job runs. LCP
and the layout shifts are what the browser itself says (PerformanceObserver); a shift that follows
what somebody did is not counted, as in the definition of CLS. The baseline are the limits.

The studio is met as it is deployed, behind nginx with TLS and HTTP/2, and plainly, where a browser
asks for six files at once and the others wait: `plain_…`.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, Page, StorageState

from benchmarks.measure import report
from commands.jobs.record_claim import RecordClaim
from tests.api.creator import Creator
from tests.containers.rehearsal import free_port
from tests.parts.nginx import nginx, nginx_program
from tests.web.browser import chromium
from tests.web.progress import comes_to
from tests.web.signed_in import patient, sign_in
from tests.web.stand import furnished, standing

LATENCY_MS = 400
BYTES_A_SECOND = 400_000
LCP_MAX_S = 2.5
CLS_MAX = 0.05
STEPS = 20
STEP_MS = 200
"""A worker says so often how far it is."""

PLACES = ("entrance", "welcome", "create", "gallery", "twins", "queue", "credits", "settings")
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 760}

FRONT = """
    map $http_upgrade $upgraded {{ default upgrade; "" ""; }}
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        location / {{
            proxy_pass {url};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $upgraded;
            proxy_buffering off;
        }}
    }}
"""

OBSERVED = """
window.seen = { lcp: 0, what: '', shifts: [] };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { startTime, element } = entry;
    const what = element ? `${element.tagName.toLowerCase()}.${element.className}` : '';
    Object.assign(window.seen, { lcp: startTime, what });
  }
}).observe({ type: 'largest-contentful-paint', buffered: true });
new PerformanceObserver((list) => {
  for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) {
    if (hadRecentInput) continue;
    const moved = sources.map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement))
      .map((one) => one && one.tagName.toLowerCase() + '.' + one.className);
    window.seen.shifts.push({ value, at: startTime, moved });
  }
}).observe({ type: 'layout-shift', buffered: true });
"""
CLS = """
() => {
  // The worst window of shifts that follow each other within a second, and five at most.
  let [worst, sum, begun, last] = [0, 0, 0, -Infinity];
  for (const { value, at } of window.seen.shifts) {
    if (at - last > 1000 || at - begun > 5000) [sum, begun] = [0, at];
    [sum, last] = [sum + value, at];
    worst = Math.max(worst, sum);
  }
  return { ...window.seen, cls: worst };
}
"""


@contextmanager
def front(url: str, folder: Path) -> Iterator[str]:
    """The address of the studio at `url` behind nginx, with TLS and HTTP/2."""
    port = free_port()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    configuration = FRONT.format(port=port, folder=folder, url=url)
    with nginx(nginx_program(), folder / "nginx", configuration):
        yield f"https://127.0.0.1:{port}"


def visited(
    browser: Browser,
    ada: Creator,
    claim: RecordClaim,
    url: str,
    known: StorageState,
    place: str,
    size: Any,
) -> dict[str, Any]:
    """What the browser says of one first visit, while a job runs."""
    state = None if place == "entrance" else known
    with browser.new_context(
        viewport=size, storage_state=state, ignore_https_errors=True
    ) as context:
        page = context.new_page()
        patient(page)
        page.add_init_script(OBSERVED)
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        page.goto(f"{url}/#/{'' if place == 'entrance' else place}")
        there(page, place)
        for step in range(1, STEPS):
            comes_to(step, claim, ada)
            page.wait_for_timeout(STEP_MS)
        return cast(dict[str, Any], page.evaluate(CLS))


def there(page: Page, place: str) -> None:
    """The page is drawn; what it asks for comes while the worker goes on."""
    if place == "entrance":
        page.get_by_label("E-mail address").wait_for()
    else:
        page.locator(f".page-{place} > *").first.wait_for()


def main() -> None:
    """Open every page of a furnished studio, on a desk and on a phone."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made, chromium() as browser:
        folder = Path(made)
        folder.chmod(0o755)
        with standing(folder) as live, front(live.url, folder / "front") as address:
            ada = furnished(live)
            claim = ada.claimed(ada.images(count=1, prompt="it runs meanwhile"))
            live.settle()
            with browser.new_context() as context:
                sign_in(context.new_page(), ada)
                known = context.storage_state()
            found, plain = (
                {
                    f"{place}{name}": visited(browser, ada, claim, url, known, place, size)
                    for name, size in sizes.items()
                    for place in PLACES
                }
                for url, sizes in ((address, {"": DESK, "_phone": PHONE}), (live.url, {"": DESK}))
            )
    every = {**found, **{f"plain_{name}": one for name, one in plain.items()}}
    slowest = max(found, key=lambda name: float(found[name]["lcp"]))
    restless = max(every, key=lambda name: float(every[name]["cls"]))
    report(
        "page_load",
        "the limits of a first visit",
        latency_ms=LATENCY_MS,
        kilobytes_per_second=BYTES_A_SECOND // 1000,
        **{f"{name}_lcp_s": float(one["lcp"]) / 1000 for name, one in every.items()},
        **{f"{name}_cls": float(one["cls"]) for name, one in every.items()},
        slowest=f"{slowest} ({found[slowest]['what']})",
        restless=f"{restless} ({every[restless]['shifts'][:3]})",
        lcp_s=float(found[slowest]["lcp"]) / 1000,
        cls=float(every[restless]["cls"]),
        baseline_lcp_s=LCP_MAX_S,
        baseline_cls=CLS_MAX,
        ratio=float(found[slowest]["lcp"]) / 1000 / LCP_MAX_S,
    )


if __name__ == "__main__":
    main()
