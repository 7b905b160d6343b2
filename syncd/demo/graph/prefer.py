"""What a client prefers (RFC 7240, and Graph's own preferences): form of ids, zone, size of pages, text or HTML."""

import re
from dataclasses import dataclass, field

from syncd.demo.graph.moments import zone_named

PART = re.compile(r'(?:[^,"]|"[^"]*")+')


@dataclass(frozen=True, slots=True)
class Preferences:
    """`immutable`: ids in the form that lasts; `zone`: of the times answered; `page`: items a page (0: not said).

    `applied`: which of them the answer says it followed (Preference-Applied).
    """

    immutable: bool = False
    zone: str = "UTC"
    page: int = 0
    text: bool = False
    applied: tuple[str, ...] = field(default=(), compare=False)


def preferences(header: str, *, every_iana: bool) -> Preferences:
    """Read the Prefer header; raises Refused for a zone nobody knows. Preferences not known are ignored, as they may be."""
    said = [_pair(part) for part in PART.findall(header)]
    found = {key: value for key, value in said if value}
    immutable = found.get("idtype", "").casefold() == "immutableid"
    zone = found.get("outlook.timezone", "")
    if zone:
        zone_named(zone, every_iana=every_iana)
    size = found.get("odata.maxpagesize", "")
    page = int(size) if size.isdigit() else 0
    text = found.get("outlook.body-content-type", "").casefold() == "text"
    applied = [f'outlook.timezone="{zone}"'] if zone else []
    applied += ['IdType="ImmutableId"'] if immutable else []
    applied += [f"odata.maxpagesize={page}"] if page else []
    applied += ['outlook.body-content-type="text"'] if text else []
    return Preferences(immutable, zone or "UTC", page, text, tuple(applied))


def _pair(part: str) -> tuple[str, str]:
    key, _, value = part.strip().partition("=")
    return key.strip().casefold(), value.strip().strip('"')
