"""Which kinds of calendar events make an agent not available, and how much room they need around them.

The kinds are raw facts in the store (connectors.interface.Status); what they mean is decided here, at query time:
global, group, agent, login, calendar, the most specific setting wins. RFC 5545 section 3.8.2.7 (TRANSP) and the
showAs values of Outlook are where the kinds come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from connectors.interface import NEVER_STORED, Status


@dataclass(frozen=True, slots=True)
class Policy:
    """What blocks. The defaults are the documented ones; busy always blocks, free, cancelled and declined never.

    `all_day` False: events of whole days don't block, whatever their kind. The buffers are added before and after every
    blocking interval.
    """

    tentative: bool = True
    out_of_office: bool = True
    unknown: bool = True
    working_elsewhere: bool = False
    all_day: bool = True
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class PolicyLayer:
    """The settings of one place in the configuration; None = not set there."""

    tentative: bool | None = None
    out_of_office: bool | None = None
    unknown: bool | None = None
    working_elsewhere: bool | None = None
    all_day: bool | None = None
    buffer_before: timedelta | None = None
    buffer_after: timedelta | None = None


_NAMES = tuple(field.name for field in fields(PolicyLayer))


def resolve(*layers: PolicyLayer) -> Policy:
    """The policy of these layers, the most general first: each field is the last value set, else the default."""
    chosen: dict[str, Any] = {}
    for layer in layers:
        chosen |= {name: value for name in _NAMES if (value := getattr(layer, name)) is not None}
    return Policy(**chosen)


def merge_groups(layers: Sequence[PolicyLayer]) -> PolicyLayer:
    """An agent's several groups are equally specific: for each field blocking wins, and so does the longer buffer.

    A field that no group sets stays unset.
    """
    strictest: dict[str, Any] = {}
    for name in _NAMES:
        said = [value for layer in layers if (value := getattr(layer, name)) is not None]
        strictest[name] = max(said, default=None)
    return PolicyLayer(**strictest)


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
