"""Which calendar a configured text means: a display name (RFC 4918 section 15.2) or a URL, absolute or only its path.

URLs are compared percent-decoded and without the slash at their end (RFC 3986 section 6.2.2); a full URL and a path are
the same if the paths are. An address is unique where a name may not be, so what is one calendar's address means that one.
"""

from collections.abc import Sequence
from unicodedata import normalize
from urllib.parse import SplitResult, unquote, urlsplit

from connectors.interface import CalendarInfo

DEFAULT = "default"
"""What an Outlook login's default calendar is called in the configuration, whatever its display name."""


def meant(text: str, listed: Sequence[CalendarInfo]) -> list[CalendarInfo]:
    """The calendars of a listing that `text` may mean: none, the one, or several of that display name."""
    if text == DEFAULT and (default := [info for info in listed if info.default]):
        return default
    by_address = [info for info in listed if same_address(text, info.href)]
    exactly = [info for info in by_address if info.href == text]
    return exactly or by_address or [info for info in listed if same_name(text, info.name)]


def named(text: str, *, href: str | None, name: str) -> bool:
    """Is `text` the address or the display name of this calendar?"""
    return (href is not None and same_address(text, href)) or same_name(text, name)


def same_name(text: str, name: str) -> bool:
    """Are two display names the same to the eye: but for spaces around them and how accents are encoded (UAX #15)?"""
    return bool(name.strip()) and normalize("NFC", text.strip()) == normalize("NFC", name.strip())


def same_address(one: str, other: str) -> bool:
    """Are two hrefs the same calendar? What is neither a path nor a URL is only the same as itself."""
    if one == other:
        return True
    here, there = _split(one), _split(other)
    if here is None or there is None or _path(here) != _path(there):
        return False
    return not (here.netloc and there.netloc) or _server(here) == _server(there)


def last_part(href: str) -> str:
    """The last segment of an address, for calendars that have no display name."""
    return unquote(href.rstrip("/").rpartition("/")[2]) or href


def _split(text: str) -> SplitResult | None:
    if not text.startswith(("/", "http://", "https://")):
        return None
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _path(parts: SplitResult) -> tuple[str, str]:
    return unquote(parts.path).rstrip("/"), parts.query


def _server(parts: SplitResult) -> tuple[str, str, str]:
    standard = {"http": "80", "https": "443"}.get(parts.scheme, "")
    host, _, port = parts.netloc.rpartition("@")[2].casefold().partition(":")
    return parts.scheme, host, port or standard
