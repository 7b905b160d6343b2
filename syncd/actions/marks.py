"""The mark and the first reason of all agents for one time: one statement, and work in Python only where something stands there.

What is common is judged in whole numbers (`rules.quick`); agents for whom there is something special, the meeting itself in
their calendar or an event of ours that was moved, are judged the thorough way. `tests` hold the one to the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import calendars
from store.around import Around, around
from store.around_parts import SECOND
from store.database import Tx
from store.model import Meeting
from store.values import EPOCH, MICROSECOND, microseconds
from syncd.actions import knowledge
from syncd.actions.context import Context
from syncd.actions.directory import SLOT_KINDS, Directory
from syncd.actions.offtime import OffTime
from syncd.actions.standing import Spans, by_scope, expanded, made
from syncd.rules import availability, quick
from syncd.rules.availability import Freshness, Mark
from syncd.rules.guests import identity
from syncd.rules.meetings import LIVE_GRACE
from syncd.rules.quick import BUFFER, CALENDAR, NEVER_SEEN, Sieve

FEW = 2_000
"""Up to so many agents each one is looked up, if they are a small part of all; beyond, everything at that time is read."""

PART = 5
"""A part is small if it is one of so many."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The answer for the agents asked for, each a place in the directory; of the others it says nothing."""

    directory: Directory
    places: Sequence[int]
    codes: bytearray

    def mark(self, place: int) -> Mark:
        """Is this agent available?"""
        return quick.mark_of(self.codes[place])

    def first(self, place: int) -> str | None:
        """Of which kind the first reason is; None where there is none."""
        code = self.codes[place]
        return quick.KINDS[code - 1] if code else None


def marks(
    ctx: Context, tx: Tx, directory: Directory, places: Sequence[int], meeting: Meeting, *, now: datetime, stale_after: timedelta
) -> Marks:  # fmt: skip
    """Judge the agents at these places of the directory for the meeting's time; it is in nobody's way itself."""
    question = _Question(ctx, tx, directory, places, meeting, now, stale_after)
    found = question.found()
    question.events(found)
    question.meetings(found)
    question.blocks(found)
    question.freshness(found)
    question.thoroughly(found)
    return Marks(directory, places, question.codes)


class _Question:
    """One question while it is answered: `codes` gets the first reason of each place."""

    def __init__(
        self, ctx: Context, tx: Tx, directory: Directory, places: Sequence[int], meeting: Meeting, now: datetime,
        stale_after: timedelta,
    ) -> None:  # fmt: skip
        self.ctx, self.tx, self.directory, self.meeting = ctx, tx, directory, meeting
        self.now, self.stale_after = now, stale_after
        self.start, self.end = microseconds(meeting.start), microseconds(meeting.end)
        self.codes = bytearray(len(directory.people))
        few = len(places) <= FEW and len(places) * PART <= len(directory.people)
        self.asked = directory.asked(places, few=few)

    def found(self) -> Around:
        """What stands around the time."""
        return around(
            self.tx, self.meeting.start, self.meeting.end, widened=self.directory.policies.widest_buffer(), grace=LIVE_GRACE,
            fresh_since=self.now - self.stale_after, about=self.meeting.id, few=self.asked.few,
        )  # fmt: skip

    def _note(self, place: int, code: int) -> None:
        """The lowest code is the first reason."""
        before = self.codes[place]
        if code and (not before or code < before):
            self.codes[place] = code

    # In the way ---------------------------------------------------------------------------------------------------------

    def events(self, found: Around) -> None:
        """Events of checked calendars. Nothing was noted yet, and nothing that is noted here comes before `CALENDAR`."""
        judged, own, codes = self.directory.judged, self._own_sieves(found), self.codes
        since, until = self.start // SECOND, -(-self.end // SECOND)
        for number, calendar, kind, first, last in _checked(found):
            known = judged.get(number)
            if known is None:
                continue
            place, blocking, sieve = known
            if own and calendar in own:
                sieve = own[calendar]
                blocking = sieve.blocking
            if not blocking[kind]:
                continue
            if first < until and since < last:
                codes[place] = CALENDAR
            elif not codes[place] and sieve.event(first * SECOND, last * SECOND, self.start, self.end):
                codes[place] = BUFFER

    def _own_sieves(self, found: Around) -> dict[int, Sieve]:
        """Of calendars for which the configuration says otherwise than for their agent."""
        directory = self.directory
        if not directory.special:
            return {}
        hit = {
            place
            for number, *_ in found.slots
            if (place := directory.by_number.get(number)) in directory.special
        }
        people = {directory.people[place].id: directory.people[place] for place in hit if place is not None}
        rows = calendars.calendars(self.tx, agents=list(people)) if people else []
        policies = directory.policies
        return {row.id: quick.sieve(policies.of_calendar(people[row.agent], row), SLOT_KINDS) for row in rows}

    def meetings(self, found: Around) -> None:
        """Other meetings, from the moment they are accepted."""
        directory, now = self.directory, microseconds(self.now)
        by_id, alike = directory.by_id, directory.alike_at
        for agent, begins, ends, live in found.meetings:
            place = by_id.get(agent)
            if place is not None:
                code = alike[place].sieve.meeting((begins, ends, live), self.start, self.end, now)
                if code:
                    self._note(place, code)

    def blocks(self, found: Around) -> None:
        """Blocks and time off, once for all who share them; then what hits single agents."""
        directory, spans = self.directory, self._spans(found)
        standing, policies = by_scope(spans), directory.policies
        widest = policies.widest_buffer()
        off = OffTime(policies, self.meeting.start - widest, self.meeting.end + widest)
        for alike, places in self.asked.alike:
            items = [item for scope in alike.scopes for item in standing.get(scope, ())] + off.of(
                alike.example
            )
            code = quick.obstacle(items, alike.policy, self.meeting.start, self.meeting.end) if items else 0
            for place in places if code else ():
                self._note(place, code)
        for scope, items in standing.items():
            kind, _, name = scope.partition(":")
            single = directory.by_id.get(name) if kind == "agent" else None
            if single is not None:
                policy = directory.alike_at[single].policy
                self._note(single, quick.obstacle(items, policy, self.meeting.start, self.meeting.end))
        for agent, first, last in found.away:
            single = directory.by_id.get(agent)
            if single is not None:
                sieve = directory.alike_at[single].sieve
                self._note(single, sieve.block(first, last, self.start, self.end))

    def _spans(self, found: Around) -> Spans:
        widest = self.directory.policies.widest_buffer()
        start, end, shelf = self.meeting.start - widest, self.meeting.end + widest, self.ctx.shelf
        repeating = shelf.repeating_in(self.tx, found.repeating).around(start, end)
        configured = shelf.configured_in(self.ctx.config).around(start, end)
        return [*configured, *repeating, *expanded(made(found.blocks), start, end)]

    # Not known ----------------------------------------------------------------------------------------------------------

    def freshness(self, found: Around) -> None:
        """Calendars that are not fresh or not read that far, and logins of which no calendar was ever listed."""
        of_login = self.directory.of_login
        for login, *moments in found.doubtful:
            place = of_login.get(login)
            if place is not None:
                seen, first, last = (None if one is None else EPOCH + one * MICROSECOND for one in moments)
                item = Freshness("", seen, first, last, "")
                doubt = quick.doubt(item, self.meeting.start, self.meeting.end, self.now, self.stale_after)
                self._note(place, doubt)
        for login in self.asked.reading.unlisted(found.listed):
            self._note(of_login[login], NEVER_SEEN)

    # Special ------------------------------------------------------------------------------------------------------------

    def thoroughly(self, found: Around) -> None:
        """Those for whom numbers do not say it all: the meeting itself, or an event of ours that was changed, is in their calendar."""
        by_id, by_address = self.directory.by_id, self.directory.by_address
        special = {by_id[agent] for agent in found.special if agent in by_id}
        special.update(
            place for guest in self.meeting.guests for place in by_address.get(identity(guest), ())
        )
        places = sorted(special)
        if not places:
            return
        meeting, config = self.meeting, self.ctx.config
        people = [self.directory.people[place] for place in places]
        known = knowledge.load(
            self.tx, config, people, meeting.start, meeting.end, now=self.now, about=meeting
        )
        for place in places:
            one = known[self.directory.people[place].id]
            verdict = availability.judge(
                meeting.start, meeting.end, busy=one.busy, obstacles=one.obstacles, fresh=one.fresh, policy=one.policy,
                now=self.now, stale_after=self.stale_after, exclude=meeting.id,
            )  # fmt: skip
            self.codes[place] = quick.first_of(reason.kind for reason in verdict.reasons)


def _checked(found: Around) -> Sequence[tuple[int, int, int, int, int]]:
    """The slots of calendars that are checked: nearly always all of them."""
    if not found.unchecked:
        return found.slots
    return [slot for slot in found.slots if slot[1] not in found.unchecked]
