"""What the steps of the story share: the daemon, the independent client, and the means to wait and to verify.

Nothing is believed because syncd says so: `verify` counts, and the first thing that is not as it should be ends the story.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from store.model import Meeting
from syncd.actions import accept, look, owed, suggest
from syncd.actions.context import Context
from syncd.actions.suggest import Candidate
from syncd.demo.days import clock, span
from syncd.demo.grounds import Everybody
from syncd.demo.onlooker import Seen
from syncd.demo.stage import Stage
from syncd.demo.telling import Teller
from syncd.demo.watch import Watch
from syncd.rules.walls import Reason

T = TypeVar("T")

PATIENCE = timedelta(seconds=60)
"""How long something may take that takes a second or two on an idle machine."""

LOOK_EVERY = 0.05


class StepFailed(Exception):
    """Something is not as the story has it."""


@dataclass
class Scene:
    """The stage with the daemon running on it. `verified` counts what was checked so far."""

    stage: Stage
    ctx: Context
    watch: Watch
    teller: Teller
    verified: int = field(default=0)

    @property
    def onlooker(self) -> Everybody:
        """The independent clients."""
        return self.stage.everybody

    def verify(self, holds: object, claim: str, otherwise: object = "") -> None:
        """Tell that the claim was verified; raises `StepFailed` if it does not hold, with what was found instead."""
        if not holds:
            raise StepFailed(f"not so: {claim}" + (f"; found: {otherwise}" if otherwise != "" else ""))
        self.verified += 1
        self.teller.verified(claim)

    def until(self, question: Callable[[], T | None], what: str) -> T:
        """Look until there is an answer that is not empty; raises `StepFailed` when patience or the server ends."""
        end = time.monotonic() + PATIENCE.total_seconds()
        while not (answer := question()):
            if not self.stage.server.runs:
                raise StepFailed(f"the calendar server ended by itself while waiting for {what}")
            if time.monotonic() > end:
                raise StepFailed(f"waited {PATIENCE.total_seconds():.0f} s in vain for {what}")
            time.sleep(LOOK_EVERY)
        return answer

    def change(self, wish: accept.Wish) -> Meeting:
        """Accept a change and wait until the daemon has delivered it to every calendar."""
        accepted = accept.accept(self.ctx, wish)
        self.delivered(accepted.meeting.id)
        return accepted.meeting

    def delivered(self, meeting: str) -> None:
        """Wait until nothing of the meeting is owed to a calendar or a mailbox."""
        self.until(lambda: self._is_delivered(meeting), f"delivery of meeting {meeting}")

    def _is_delivered(self, meeting: str) -> bool:
        return all(one.state not in owed.OPEN for one in look.story(self.ctx, meeting).deliveries)

    def candidates(self, meeting: Meeting) -> dict[str, Candidate]:
        """Who could take it, as syncd answers now."""
        return {one.agent.id: one for one in suggest.candidates(self.ctx, meeting.id).page}

    def stands(self, meeting: Meeting) -> Seen:
        """Verify that the meeting stands once on the whole server: as it is, in its agent's calendar; returns it."""
        found = self.onlooker.titled(meeting.title)
        where = ", ".join(f"{seen.where} {span(seen.start, seen.end)}" for seen in found) or "nothing"
        right = [seen for seen in found if (seen.agent, seen.start, seen.end) == _place(meeting)]
        claim = f"{meeting.title!r} stands in {meeting.agent}/Work at {span(meeting.start, meeting.end)}, and nowhere else"
        self.verify(len(found) == len(right) == 1 and right[0].calendar == "Work", claim, where)
        return right[0]

    def nowhere(self, meeting: Meeting) -> None:
        """Verify that no calendar on the server shows the meeting."""
        found = self.onlooker.titled(meeting.title)
        self.verify(
            not found, f"{meeting.title!r} stands in nobody's calendar", [seen.where for seen in found]
        )

    def kept_as_cancelled(self, meeting: Meeting) -> None:
        """Verify that the agent's calendar shows the meeting as cancelled, and nobody's shows it as it was."""
        self.nowhere(meeting)
        found = [(seen.agent, seen.calendar) for seen in self.onlooker.titled(f"Cancelled: {meeting.title}")]
        claim = f"but as cancelled it is still in {meeting.agent}/Work (keep_cancelled)"
        self.verify(found == [(meeting.agent, "Work")], claim, found)

    def show_candidates(self, meeting: Meeting) -> dict[str, Candidate]:
        """Print the answer as a table and return it."""
        answer = self.candidates(meeting)
        rows = [
            (one.agent.name, one.agent.timezone, str(one.verdict.mark), _reasons(one), _free(one.next_free))
            for one in answer.values()
        ]
        self.teller.table(("Candidate", "Zone", "Mark", "Why", "Next free"), rows)
        return answer


def _place(meeting: Meeting) -> tuple[str, datetime, datetime]:
    return meeting.agent, meeting.start, meeting.end


def _reasons(candidate: Candidate) -> str:
    here = ["has the meeting"] if candidate.assigned else []
    return "; ".join([*here, *(_reason(reason) for reason in candidate.verdict.reasons)])


def _reason(reason: Reason) -> str:
    what = reason.title or (reason.status or reason.kind).replace("_", " ")
    when = span(reason.start, reason.end) if reason.start and reason.end else ""
    return " ".join(filter(None, (what, when, f"({reason.calendar or reason.kind})")))


def _free(moment: datetime | None) -> str:
    return clock(moment) if moment else ""
