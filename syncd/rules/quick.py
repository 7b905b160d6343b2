"""The mark and the first reason of very many agents at once: `availability.judge` in whole numbers, for what is common.

Beside the thorough way, as decision 16 has it: the same rules over plain microseconds, no value for each thing, and a property
test that both say the same. A reason is a code here; of several the lowest is the first. It says of which kind the reason is, not
where: the times and names of all reasons are told where they are shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.rules.availability import Freshness, Mark, doubts
from syncd.rules.meetings import LIVE_GRACE
from syncd.rules.policy import Policy, blocks
from syncd.rules.walls import Obstacle, ReasonKind, walls_of

KINDS: tuple[ReasonKind, ...] = (
    "block", "meeting", "working-hours", "calendar", "buffer", "never-seen", "stale", "horizon",
)  # fmt: skip
"""What is told first; a reason's code is its place here, from 1 on, and 0 says that there is none."""

CODES = {kind: place for place, kind in enumerate(KINDS, 1)}
BLOCK, MEETING, CALENDAR, BUFFER, NEVER_SEEN = (
    CODES[kind] for kind in ("block", "meeting", "calendar", "buffer", "never-seen")
)

RANKED = bytes([0, *([2] * BUFFER), *([1] * (len(KINDS) - BUFFER))]).ljust(256, b"\0")
"""Code -> 0 available, 1 unknown, 2 not available: the order in which agents are shown."""

MARKS = (Mark.AVAILABLE, Mark.UNKNOWN, Mark.NOT_AVAILABLE)
_MICROSECOND = timedelta(microseconds=1)
_GRACE = LIVE_GRACE // _MICROSECOND


def mark_of(code: int) -> Mark:
    """The mark that goes with the first reason."""
    return MARKS[RANKED[code]]


def first_of(kinds: Iterable[str]) -> int:
    """The code of the first of these kinds of reasons; 0 without any."""
    return min((CODES[kind] for kind in kinds if kind in CODES), default=0)


@dataclass(frozen=True, slots=True)
class Sieve:
    """A policy made ready: does an event of a kind block, by the number of the kind; and the buffers, in microseconds."""

    blocking: tuple[bool, ...]
    before: int
    after: int

    def event(self, first: int, last: int, start: int, end: int) -> int:
        """What an event [first, last) that blocks is to [start, end)."""
        if first < end and start < last:
            return CALENDAR
        return BUFFER if first - self.before < end and start < last + self.after else 0

    def block(self, first: int, last: int, start: int, end: int) -> int:
        """Likewise a block."""
        found = self.event(first, last, start, end)
        return BLOCK if found == CALENDAR else found

    def meeting(self, times: tuple[int, int, int | None], start: int, end: int, now: int) -> int:
        """Likewise another meeting, scheduled or live: when it begins, ends, and since when it is live (walls.obstacle_of)."""
        begins, ends, live = times
        first = begins if live is None else min(begins, live)
        last = ends if now < ends else ends + _GRACE
        if first >= last:
            return 0
        found = self.event(first, last, start, end)
        return MEETING if found == CALENDAR else found


def sieve(policy: Policy, kinds: Sequence[tuple[str, bool]]) -> Sieve:
    """The policy, for events of these kinds (status, all day)."""
    blocking = tuple(blocks(policy, status, all_day) for status, all_day in kinds)
    return Sieve(blocking, policy.buffer_before // _MICROSECOND, policy.buffer_after // _MICROSECOND)


def obstacle(items: Iterable[Obstacle], policy: Policy, start: datetime, end: datetime) -> int:
    """What blocks and time off are to [start, end): the thorough way, for there are few and they hit many."""
    walls = (wall for wall in walls_of((), items, policy) if wall.hits(start, end))
    return first_of(wall.reason(start, end).kind for wall in walls)


def doubt(item: Freshness, start: datetime, end: datetime, now: datetime, stale_after: timedelta) -> int:
    """Why a calendar does not say enough, the thorough way; 0 if it does."""
    return first_of(reason.kind for reason in doubts(item, start, end, now, stale_after))
