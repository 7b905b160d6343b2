"""What the actions answer, as JSON: the command line prints these very bodies, and the HTTP interface sends them.

`syncd.shapes` has the shapes; here stands which part of an answer goes where in them.
"""

from store import calendars
from syncd.actions.blocking import Listed
from syncd.actions.context import Context
from syncd.actions.days import Picture
from syncd.actions.drifting import Drift
from syncd.actions.free import FreeTimes
from syncd.actions.look import Story
from syncd.actions.status import Status
from syncd.actions.suggest import Candidate, Candidates, Explanation
from syncd.shapes import (
    Json,
    block_json,
    candidates_json,
    changes_json,
    conflict_json,
    drift_json,
    free_times_json,
    line_json,
    meeting_json,
    moment,
    picture_json,
    reason_json,
    status_json,
    verdict_json,
)


def story_json(story: Story) -> Json:
    """A meeting with what is owed because of it."""
    return meeting_json(story.meeting, story.deliveries, story.conflicts, story.instead)


def whole_story_json(story: Story) -> Json:
    """Likewise, and its journal."""
    return {**story_json(story), "changes": journal_json(story)}


def journal_json(story: Story) -> list[Json]:
    """Its journal alone, with what was written and mailed."""
    return changes_json(story.changes, story.deeds)


def candidates_answer(found: Candidates) -> Json:
    """Who could take a meeting."""
    page = [_candidate(one) for one in found.page]
    return candidates_json(found.meeting, as_of=found.as_of, total=found.total, page=page)


def _candidate(one: Candidate) -> Json:
    known = one.known
    verdict = verdict_json(
        one.agent, one.verdict, unreadable=known.unreadable, seen_at=known.seen_at, next_free=one.next_free
    )
    return {**verdict, "assigned": one.assigned, "load": {"day": one.load_day, "week": one.load_week}}


def free_times_answer(found: FreeTimes) -> Json:
    """When a meeting could take place."""
    times = ((one.start, one.end, one.agents) for one in found.times)
    return free_times_json(found.meeting, as_of=found.as_of, times=times, unsure=found.unsure)


def explanation_json(found: Explanation) -> Json:
    """Why an agent is, or is not, available."""
    known = found.known
    verdict = verdict_json(
        found.agent,
        found.verdict,
        unreadable=known.unreadable,
        seen_at=known.seen_at,
        next_free=found.next_free,
    )
    asked = {"start": moment(found.start), "end": moment(found.end), "as_of": moment(found.as_of)}
    passed = [reason_json(one) for one in found.not_blocking]
    return {
        "agent": verdict.pop("agent"), "name": verdict.pop("name"), **asked, **verdict, "not_blocking": passed,
    }  # fmt: skip


def picture_answer(found: Picture) -> Json:
    """Days as pictures."""
    lines = (
        line_json(one.agent, one.pieces, unreadable=one.known.unreadable, seen_at=one.known.seen_at)
        for one in found.lines
    )
    return picture_json(found.days, as_of=found.as_of, lines=lines)


def listed_json(one: Listed) -> Json:
    """A block, and who made it."""
    return block_json(one.block, one.by)


def drifted_json(one: Drift) -> Json:
    """An event that is not what was written, and how far that is settled."""
    return drift_json(one.copy, one.calendar, one.policy, one.state)


def unreadable_json(ctx: Context, found: Status) -> list[Json]:
    """Unreadable objects, with their calendar's name instead of its number."""
    with ctx.store.reading() as tx:
        rows = calendars.calendars(tx) if found.unreadable else []
    names = {row.id: row.name or row.wanted or "" for row in rows}
    return [
        {"agent": one.agent, "calendar": names.get(one.calendar_id, ""), "uid": one.uid, "problem": one.problem}
        for one in found.unreadable
    ]  # fmt: skip


def status_answer(found: Status, unreadable: list[Json]) -> Json:
    """How everything stands."""
    backlog = found.backlog
    return status_json(
        ok=found.ok, as_of=found.as_of, agents=found.agents, calendars=found.calendars, unreadable=unreadable,
        pending=backlog.pending, failed=backlog.failed, oldest_pending=backlog.oldest_pending, drift=found.drift,
        orphaned=found.orphaned, conflicts=[conflict_json(one.meeting, one.reasons) for one in found.conflicts], pushed=found.push.working if found.push else None,
        polled=found.push.polled if found.push else (),
    )  # fmt: skip
