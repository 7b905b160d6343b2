"""Which kinds of calendar events make an agent not available, and how much room they need around them.

The kinds are raw facts in the store (connectors.interface.Status); what they mean is decided here, at query time:
global, group, agent, login, calendar, the most specific setting wins. RFC 5545 section 3.8.2.7 (TRANSP) and the
showAs values of Outlook are where the kinds come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from connectors.interface import NEVER_STORED, Status


@dataclass(frozen=True, slots=True)
class Policy:
    """What blocks. The defaults are the documented ones; busy always blocks, free, cancelled and declined never.

    `all_day` False: events of whole days don't block, whatever their kind. The buffers are added before and after every
    blocking interval. `lines`: each setting as it was decided, and where: `tentative = true ([groups.mortgage])`.
    """

    tentative: bool = True
    out_of_office: bool = True
    unknown: bool = True
    working_elsewhere: bool = False
    all_day: bool = True
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    lines: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class PolicyLayer:
    """The settings of one place in the configuration; None = not set there. `places`: what that place is called, by setting."""

    tentative: bool | None = None
    out_of_office: bool | None = None
    unknown: bool | None = None
    working_elsewhere: bool | None = None
    all_day: bool | None = None
    buffer_before: timedelta | None = None
    buffer_after: timedelta | None = None
    places: Mapping[str, str] = field(default_factory=dict, compare=False)


_NAMES = tuple(one.name for one in fields(PolicyLayer) if one.compare)


def resolve(*layers: PolicyLayer) -> Policy:
    """The policy of these layers, the most general first: each field is the last value set, else the default."""
    chosen: dict[str, Any] = {}
    lines: dict[str, str] = {}
    for layer in layers:
        said = {name: value for name in _NAMES if (value := getattr(layer, name)) is not None}
        chosen |= said
        lines |= {name: _line(name, value, layer.places.get(name, "")) for name, value in said.items()}
    return Policy(**chosen, lines={name: line for name, line in lines.items() if line})


def merge_groups(layers: Sequence[PolicyLayer]) -> PolicyLayer:
    """An agent's several groups are equally specific: for each field blocking wins, and so does the longer buffer.

    A field that no group sets stays unset.
    """
    strictest: dict[str, Any] = {}
    places: dict[str, str] = {}
    for name in _NAMES:
        said = [value for layer in layers if (value := getattr(layer, name)) is not None]
        strictest[name] = max(said, default=None)
        alike = [
            layer.places[name]
            for layer in layers
            if said and getattr(layer, name) == strictest[name] and name in layer.places
        ]
        if alike:
            places[name] = ", ".join(alike)
    return PolicyLayer(**strictest, places=places)


def deciding(policy: Policy, status: str, all_day: bool) -> str | None:
    """The setting that decides whether an event of this raw kind blocks; None where none can change it."""
    if status in NEVER_STORED:
        return None
    if all_day and (not policy.all_day or status == Status.BUSY):
        return "all_day"
    switchable = (Status.TENTATIVE, Status.OUT_OF_OFFICE, Status.WORKING_ELSEWHERE)
    return None if status == Status.BUSY else status if status in switchable else "unknown"


def blocks(policy: Policy, status: str, all_day: bool) -> bool:
    """Does an event of this raw kind block? A kind nobody knows counts as `unknown`: silence never reads as free."""
    if status in NEVER_STORED or (all_day and not policy.all_day):
        return False
    match status:
        case Status.BUSY:
            return True
        case Status.TENTATIVE:
            return policy.tentative
        case Status.OUT_OF_OFFICE:
            return policy.out_of_office
        case Status.WORKING_ELSEWHERE:
            return policy.working_elsewhere
        case _:
            return policy.unknown


def _line(name: str, value: bool | timedelta, place: str) -> str:
    """A setting as it stands in the configuration, and where; "" if nobody said where."""
    if not place:
        return ""
    return f"{name} = {length(value) if isinstance(value, timedelta) else str(value).lower()} ({place})"


def length(value: timedelta) -> str:
    """A length of time as the configuration has it: `1d2h`, `90s` as `1m30s`, `0m`."""
    left, parts = int(value.total_seconds()), ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        number, left = divmod(left, size)
        parts += f"{number}{unit}" if number else ""
    return parts or "0m"
