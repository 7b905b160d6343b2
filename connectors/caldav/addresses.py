"""Hrefs (RFC 4918 section 8.3): servers spell the same one differently, and a renamed event must not look like a new one.

Compared unquoted, sent as the server listed them, stored as absolute paths (with the host only where it is not the
account's own).
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urljoin, urlsplit


def path_of(href: str) -> str:
    """The path of an href, however it was written (a server behind a proxy may name a host nobody can reach)."""
    if "://" in href[:12]:
        return urlsplit(href).path or "/"
    return href if href.startswith("/") else "/" + href


def key(href: str) -> str:
    """What an href is compared by."""
    return unquote(path_of(href))


def same(left: str, right: str) -> bool:
    """Do both mean the same resource? A missing slash at the end of a collection counts as little as its spelling."""
    return key(left).rstrip("/") == key(right).rstrip("/")


def spellings(hrefs: Iterable[str]) -> Mapping[str, str]:
    """key -> the spelling under which the store knows it."""
    return {key(href): href for href in hrefs}


def absolute(base: str, href: str) -> str:
    """The URL of a stored href: paths belong to the server of `base`."""
    return urljoin(base, href if "://" in href[:12] else path_of(href))


def stored(url: str, base: str) -> str:
    """How a calendar's URL is stored: its path, with the server only where that is not `base`'s."""
    parts, own = urlsplit(url), urlsplit(base)
    return path_of(url) if (parts.scheme, parts.netloc) == (own.scheme, own.netloc) else url


def own_href(calendar: str, uid: str) -> str:
    """Where our event with this UID belongs (the UID is ours and plain, so every server keeps the name)."""
    return path_of(calendar).rstrip("/") + "/" + quote(uid, safe="") + ".ics"
