"""Names, addresses, URLs and paths in a configuration, and how each is refused."""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, StrictBool, StrictInt, ValidationInfo

from syncd.config.wording import matching, wrong

TITLE_LIMIT = 250
"""Characters of a title: as many as a meeting's may have (rules.meetings)."""

MOST_OFTEN = 1000
MOST_A_SECOND = 100_000
LARGEST_CAP = 1_000_000_000


def url(value: str) -> str:
    """Where a server is: https, or http on this machine only, since a password travels there."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise wrong('expected a URL such as "https://dav.example.com/"') from error
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", value):
        raise wrong('expected a URL such as "https://dav.example.com/"')
    _refuse_extras(parts)
    if parts.scheme == "http" and not is_loopback(host):
        raise wrong(
            "http:// is for this machine only (127.0.0.1, ::1, localhost): the password would be readable; use https://"
        )
    return value


def _refuse_extras(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise wrong("a URL may not carry a name or password; they belong in [[agents.calendars]]")
    if parts.fragment:
        raise wrong("a server's URL has no part after '#'")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or number alone: nothing is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def store_url(value: str, info: ValidationInfo) -> str:
    """Where syncd remembers. A relative SQLite file is found beside the configuration, whatever the working directory."""
    if value.startswith("postgresql+psycopg://"):
        return value
    file = value.removeprefix("sqlite:///")
    if file == value or file.partition("?")[0] in ("", "/", ":memory:"):
        raise wrong('expected "sqlite:////var/lib/syncd/syncd.db" (a file) or "postgresql+psycopg://..."')
    return value if file.startswith("file:") else "sqlite:///" + beside(file, info)


def beside(value: str, info: ValidationInfo) -> str:
    """A path; a relative one starts at the folder of the configuration file."""
    folder = (info.context or {}).get("folder")
    return str(Path(folder, value)) if folder and value else value


def address(value: str) -> str:
    """A mail address: one @ with something on both sides, no spaces; at most 254 characters (RFC 5321)."""
    if len(value) > 254 or re.fullmatch(r"[^@\s\x00-\x1f<>]+@[^@\s\x00-\x1f<>]+", value) is None:
        raise wrong('expected a mail address such as "anna@example.com"')
    return value


def listen(value: str) -> str:
    """Where to listen: host and port, or a Unix socket."""
    if value.startswith("unix:/"):
        return value
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) < 65536):
        raise wrong('expected a host and a port such as "127.0.0.1:8420", or "unix:/path/to/socket"')
    return value


def network(value: str) -> str:
    """A machine's address, or those of a network (RFC 4632)."""
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise wrong('expected an address such as "10.0.0.5", or a network such as "10.0.0.0/24"') from None


_HEADER = matching(r"[A-Za-z0-9-]{1,64}", 'expected a header\'s name such as "X-Remote-User"')
_ID = matching(r"[A-Za-z0-9._-]{1,64}", "expected a name of letters, digits, '.', '_' and '-' (at most 64)")
_HOST = matching(
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?",
    'expected a host name such as "dav2.example.com", no URL',
)
_LINE = matching(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*", "expected a text on one line, not empty")
_LANGUAGE = matching(
    r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", 'expected a language tag such as "nl" or "en-GB" (RFC 5646)'
)
_SCOPE = matching(
    r"company|(group|agent):[A-Za-z0-9._-]{1,64}", 'expected "company", "group:NAME" or "agent:ID"'
)


def _empty_or(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: check(value) if value else value


def _at_most(limit: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        if len(value) > limit:
            raise wrong(f"expected at most {limit} characters")
        return value

    return check


def _often(value: int) -> int:
    if not 1 <= value <= MOST_OFTEN:
        raise wrong(f"expected a whole number from 1 to {MOST_OFTEN}")
    return value


def _how_many(value: int) -> int:
    if not 0 <= value <= MOST_A_SECOND:
        raise wrong(f"expected a whole number from 0 to {MOST_A_SECOND}")
    return value


def _cap(value: int) -> int:
    if not 1 <= value <= LARGEST_CAP:
        raise wrong(f"expected a whole number from 1 to {LARGEST_CAP}")
    return value


def _one_to_four(value: int) -> int:
    if not 1 <= value <= 4:
        raise wrong("expected 1, 2, 3 or 4: Graph refuses more at once")
    return value


Flag = StrictBool
Cap = Annotated[StrictInt, AfterValidator(_cap)]
HowMany = Annotated[StrictInt, AfterValidator(_how_many)]
OneToFour = Annotated[StrictInt, AfterValidator(_one_to_four)]
Id = Annotated[str, AfterValidator(_ID)]
Line = Annotated[str, AfterValidator(_LINE)]
Title = Annotated[Line, AfterValidator(_at_most(TITLE_LIMIT))]
Often = Annotated[StrictInt, AfterValidator(_often)]
Address = Annotated[str, AfterValidator(address)]
Host = Annotated[str, AfterValidator(_HOST)]
Language = Annotated[str, AfterValidator(_LANGUAGE)]
Scope = Annotated[str, AfterValidator(_SCOPE)]
Url = Annotated[str, AfterValidator(_empty_or(url))]
StoreUrl = Annotated[str, AfterValidator(store_url)]
FilePath = Annotated[str, AfterValidator(beside)]
Header = Annotated[str, AfterValidator(_empty_or(_HEADER))]
Network = Annotated[str, AfterValidator(network)]
Listen = Annotated[str, AfterValidator(_empty_or(listen))]
