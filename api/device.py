"""What somebody signs in with, in the two names that a person would give it."""

from commands.ports.accounts import Device

USER_AGENT_LENGTH_MAX = 512
"""Of what is looked at. Nothing of it is kept but our own words for it."""

# The first that is found counts: most name several others, to be taken for them.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Version/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> Device:
    """Browser and system behind a `User-Agent`, each None where it names none that we know."""
    said = user_agent[:USER_AGENT_LENGTH_MAX]
    return Device(_first(_BROWSERS, said), _first(_SYSTEMS, said))


def _first(known: tuple[tuple[str, str], ...], said: str) -> str | None:
    return next((name for sign, name in known if sign in said), None)
