"""Finding a login's calendar homes (RFC 6764 section 6, RFC 5397, RFC 4791 section 6.2.1), through the `caldav` library.

The library knows where servers hide these properties; what it sends goes through our own HTTP, so credentials go first,
every call has its limits, and no server sends us to a host the account does not list. It never sees the password.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from caldav.davclient import DAVClient
from caldav.davobject import DAVObject
from caldav.elements import cdav, dav
from caldav.lib.error import DAVError
from dns.resolver import Resolver

from connectors.caldav import multistatus, sloppy, xml
from connectors.caldav.addresses import absolute, key
from connectors.caldav.services import service_urls
from connectors.http.client import HttpClient
from connectors.http.errors import ServerFault
from connectors.interface import CalendarGone, ConnectorError, Garbled, NoAccess, Unsupported

WELL_KNOWN = "/.well-known/caldav"
READABLE = tuple(status for status in range(400, 500) if status not in (401, 429))
QUESTIONS = (dav.CurrentUserPrincipal(), cdav.CalendarHomeSet(), dav.ResourceType())


def homes(http: HttpClient, url: str, resolver: Resolver | None = None) -> tuple[str, ...]:
    """The URLs of the login's calendar homes; the account's own URL where that is a home or a calendar itself.

    `resolver`: the name service to ask, None for the machine's. Raises what `HttpClient` raises, and Unsupported where nothing
    at the address looks like CalDAV.
    """
    failure: ConnectorError | None = None
    for start in _starts(url, resolver):
        try:
            found = _homes_from(http, start)
        except (CalendarGone, Garbled, NoAccess, ServerFault, Unsupported) as error:
            failure = error if _names_a_host(start, url) else failure or error
            continue
        if found:
            return found
    raise failure or Unsupported(
        f"{http.base.name} names no calendars at the account's url", "give the CalDAV address of the server"
    )


def _starts(url: str, resolver: Resolver | None) -> Iterator[str]:
    """Where to look, the account's own address first; the name service is asked when that has led nowhere."""
    yield from (url, urljoin(url, WELL_KNOWN))
    yield from service_urls(url, WELL_KNOWN, resolver)


def _names_a_host(start: str, url: str) -> bool:
    """Did the name service send us there? What is wrong with that is then the best thing to tell."""
    return urlsplit(start).netloc != urlsplit(url).netloc


def _homes_from(http: HttpClient, start: str) -> tuple[str, ...]:
    asking = _Library(http, start)
    here = asking.properties(start)
    principal = _text(here, dav.CurrentUserPrincipal.tag)
    there = asking.properties(absolute(asking.at, principal)) if principal else here
    homes = [absolute(asking.at, home) for home in _hrefs(there, cdav.CalendarHomeSet.tag)]
    kinds = _values(here, dav.ResourceType.tag)
    is_calendar = cdav.Calendar.tag in kinds
    if is_calendar and not any(key(start).startswith(key(home)) for home in homes):
        homes.append(start)  # the address of one calendar that lives elsewhere, perhaps somebody else's
    if not homes and not principal and dav.Collection.tag in kinds:
        homes.append(start)
    return tuple(homes)


class _Library:
    """The `caldav` library, speaking through our HTTP. `at`: where the last answer came from, after redirects."""

    def __init__(self, http: HttpClient, url: str) -> None:
        # auth_type is set so that the library never probes without credentials; ours are added underneath
        self._client = DAVClient(url=url, auth_type="bearer", timeout=60, enable_rfc6764=False)
        self._client.session = cast("Any", self)
        self._http = http
        self.at = url

    def properties(self, url: str) -> Mapping[str, Any]:
        """The properties asked of every address on the way; raises our errors for the library's."""
        try:
            found = DAVObject(client=self._client, url=url).get_properties(QUESTIONS)
        except DAVError as error:
            raise self._ours(error) from error
        return cast("Mapping[str, Any]", found)

    def request(
        self, method: str, url: str, data: bytes | str | None = None, headers: Mapping[str, str] | None = None,
        **_ours_to_decide: object,
    ) -> "_Reply":  # fmt: skip
        """What the library takes for its HTTP session."""
        body = data.encode() if isinstance(data, str) else data or b""
        said = {**(headers or {}), **xml.XML_HEADERS}
        answer = self._http.send(method, url, body, said, expect=READABLE)
        self.at = answer.url
        if answer.status < 300:
            multistatus.parse(
                answer, self._http.base.name
            )  # a web page or a DTD ends here, before the library sees it
        return _Reply(answer.status, dict(answer.headers.items()), sloppy.clean(answer.body), answer.url)

    def close(self) -> None:
        """The connections are not the library's to close."""

    def _ours(self, error: DAVError) -> ConnectorError:
        host, status = self._http.base.name, getattr(error, "status", None)
        if status in (403, 401):
            return NoAccess(
                f"{host} does not let this login look for its calendars", "look at the login's rights"
            )
        if status in (404, 410):
            return CalendarGone(
                f"the account's url is not found at {host}", "give the server's CalDAV address"
            )
        return Unsupported(
            f"{host} does not say where the calendars are", "give the server's CalDAV address as url"
        )


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer in the shape the library reads."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    reason: str = ""

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


def _values(properties: Mapping[str, Any], tag: str | None) -> list[str]:
    value = properties.get(tag or "")
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)] if value else []


def _text(properties: Mapping[str, Any], tag: str | None) -> str:
    return next(iter(_values(properties, tag)), "")


def _hrefs(properties: Mapping[str, Any], tag: str | None) -> Iterator[str]:
    yield from dict.fromkeys(
        value if value.endswith("/") else value + "/" for value in _values(properties, tag)
    )
