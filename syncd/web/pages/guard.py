"""What is looked at before anything else: where a form comes from, and that no token stands in an address.

Browsers say with each form where it comes from (Fetch Metadata, RFC 6454 section 7): from another site it is refused, beside
the mark that only our own forms carry. A token in an address would stay in histories and logs. By which names the server may
be asked for is `syncd.web.hosts`.
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus, urlsplit

from syncd.config import HttpConfig

TOKEN = re.compile(r"syncd_[0-9]+_[A-Za-z0-9_-]{20,}")
TOKEN_FIELDS = frozenset({"token", "access_token", "authorization", "bearer"})

CONTENT_POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""Of every answer. `no-referrer` would make browsers hide where our own forms come from."""

HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def comes_from_elsewhere(headers: Mapping[str, str], http: HttpConfig) -> bool:
    """Does the browser say that a form was sent from another site? One that says neither is left to the mark.

    A reverse proxy may pass requests on under our own address, so the public name counts as well as the Host.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return True
    ours = {headers.get("host", "").lower(), urlsplit(http.public_url).netloc.lower()} - {""}
    return origin is not None and _place_of(origin) not in ours


def _place_of(origin: str) -> str:
    """The host and port of an origin; "" for the opaque one."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def names_a_token(query: str) -> bool:
    """Does a token stand in the address, under whatever name?"""
    said = unquote_plus(query)
    fields = {part.partition("=")[0].lower() for part in said.split("&")}
    return bool(TOKEN.search(said) or fields & TOKEN_FIELDS)


def named_by_proxy(client: str | None, headers: Mapping[str, str], http: HttpConfig) -> str:
    """Whom a trusted proxy says that it asks for; "" without one: from anybody else the header means nothing."""
    said = headers.get(http.person_header, "").strip() if http.person_header else ""
    return said if said and client and _is_in(client, http.proxies) else ""


def _is_in(client: str, networks: Collection[str]) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one) for one in networks)


def is_loopback(client: str | None, headers: Mapping[str, str]) -> bool:
    """Does it come from this machine itself, and not through something that passes others' requests on?"""
    passed_on = any(name in headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    try:
        return client is not None and ipaddress.ip_address(client).is_loopback and not passed_on
    except ValueError:
        return False


def inside(then: str) -> str:
    """An address to go on to, if it is one of ours: a path here, and nothing that a browser could read as another site."""
    whole = then.startswith("/") and not then.startswith(("//", "/\\"))
    return then if whole and then.isprintable() and "\\" not in then else "/"
