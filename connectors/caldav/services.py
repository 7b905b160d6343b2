"""Where a domain says that its calendars are served: SRV and TXT records (RFC 6764 sections 3 and 4, RFC 2782).

Asked only when the account's own address leads nowhere. Nobody vouches for these answers, so a host they name is asked only
if the account lists it in `hosts`, and over TLS.
"""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from dns.exception import DNSException
from dns.rdatatype import RdataType
from dns.resolver import Answer, Resolver

SERVICE = "_caldavs._tcp"
"""CalDAV over TLS. The service without TLS is not asked for: passwords travel only over https."""

_PATH = re.compile(r"/(?!/)[!-~]*")
"""On the server itself: what begins with two slashes would be another one."""

SECONDS = 5.0
MOST = 5


def service_urls(url: str, well_known: str, resolver: Resolver | None = None) -> tuple[str, ...]:
    """The addresses that the domain of this URL names, the most wanted first; none where it names none."""
    domain = urlsplit(url).hostname or ""
    if not _is_domain(domain):
        return ()
    name = f"{SERVICE}.{domain}."
    found = _asked(name, RdataType.SRV, resolver)
    wanted = sorted(found or (), key=lambda record: (record.priority, -record.weight))[:MOST]
    targets = [(str(record.target).rstrip("."), record.port) for record in wanted]
    path = next(_paths(name, resolver), well_known) if targets else well_known
    return tuple(f"https://{target}:{port}{path}" for target, port in targets if target)


def _is_domain(name: str) -> bool:
    if "." not in name:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return True
    return False


def _paths(name: str, resolver: Resolver | None) -> Iterator[str]:
    for record in _asked(name, RdataType.TXT, resolver) or ():
        for text in record.strings:
            key, _, path = text.decode("ascii", "replace").partition("=")
            if key.lower() == "path" and _PATH.fullmatch(path):
                yield path


def _asked(name: str, kind: RdataType, resolver: Resolver | None) -> Answer | None:
    try:
        return (resolver or Resolver()).resolve(name, kind, lifetime=SECONDS, search=False)
    except (DNSException, OSError):
        # The domain says nothing, or nobody can be asked: then the account's address is what was wrong, and that is told.
        return None
