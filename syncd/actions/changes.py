"""The changes of a meeting as doors ask for them: each builds a wish that `actions.accept` decides and saves.

plan · invite · reschedule · cancel · assign · status. The rules are in `rules.meetings`; what stands here is only what
they must be told: the agent exists and is active, and who is marked not available when chosen all the same, or at the time
that was chosen.
"""

from datetime import datetime
from typing import Literal

from store import agents
from store.model import Guest, Meeting, MeetingStatus
from syncd.actions.accept import Scene, Wish
from syncd.actions.suggest import obstacles_for
from syncd.errors import Unknown
from syncd.rules import meetings as rules
from syncd.shapes import guest_json, moment


def marked(scene: Scene, after: Meeting, by: str) -> Meeting:
    """The meeting at its new time, with what stands in its agent's way there: it is recorded, and so not told as late."""
    if after == scene.before:
        return after
    agent = agents.agent(scene.tx, after.agent)
    if agent is None or agent.removed_at is not None:
        return after  # moved before it is assigned to somebody who is still there
    standing = obstacles_for(scene.tx, scene.ctx.config, agent, after, now=scene.now)
    return rules.marked(after, standing, now=scene.now, by=by)


def plan(meeting: Meeting, *, by: str, key: str | None = None) -> Wish:
    """A new conversation, or the same plan again (then nothing changes)."""

    def apply(scene: Scene) -> Meeting:
        agent = scene.agent(meeting.agent)
        if meeting.group is not None and meeting.group not in scene.ctx.config.groups:
            raise Unknown(f"there is no group {meeting.group!r}", "groups are configured as [groups.NAME]")
        planned = rules.plan(scene.before, meeting, now=scene.now, active=agent.active)
        return marked(scene, planned, by)

    body = {
        "agent": meeting.agent, "start": moment(meeting.start), "end": moment(meeting.end),
        "title": meeting.title, "link": meeting.link, "agent_link": meeting.agent_link, "group": meeting.group,
        "guests": [guest_json(guest) for guest in meeting.guests],
    }  # fmt: skip
    return Wish(meeting.id, "plan", body, apply, by, key)


def invite(
    meeting: str, guest: Guest, *, by: str, key: str | None = None, version: int | None = None,
    instead_of: str | None = None,
) -> Wish:  # fmt: skip
    """A further guest, or one instead of a misspelt address; the same address again is the same guest."""

    def apply(scene: Scene) -> Meeting:
        return rules.invite(scene.meeting(meeting), guest, now=scene.now, instead_of=instead_of)

    body = {"guest": guest_json(guest), **({"replace": instead_of} if instead_of is not None else {})}
    return Wish(meeting, "invite", body, apply, by, key, version)


def reschedule(
    meeting: str, start: datetime, end: datetime | None, reason: str, *, by: str, key: str | None = None,
    version: int | None = None,
) -> Wish:  # fmt: skip
    """Another time; without an end the length stays."""

    def apply(scene: Scene) -> Meeting:
        return marked(scene, rules.reschedule(scene.meeting(meeting), start, end, reason, now=scene.now), by)

    body = {"start": moment(start), "end": moment(end), "reason": reason}
    return Wish(meeting, "reschedule", body, apply, by, key, version)


def cancel(
    meeting: str, reason: str, cancelled_by: Literal["guest", "agent"], *, by: str, key: str | None = None,
    version: int | None = None,
) -> Wish:  # fmt: skip
    """No conversation; `cancelled_by` keeps who called it off."""

    def apply(scene: Scene) -> Meeting:
        return rules.cancel(scene.meeting(meeting), reason, cancelled_by, now=scene.now)

    return Wish(meeting, "cancel", {"reason": reason, "by": cancelled_by}, apply, by, key, version)


def assign(meeting: str, to: str, *, by: str, key: str | None = None, version: int | None = None) -> Wish:
    """Another agent takes it; one who is marked not available can be chosen, and that is recorded."""

    def apply(scene: Scene) -> Meeting:
        before = scene.meeting(meeting)
        agent = scene.agent(to)
        standing = obstacles_for(scene.tx, scene.ctx.config, agent, before, now=scene.now)
        return rules.assign(before, to, now=scene.now, by=by, active=agent.active, obstacles=standing)

    return Wish(meeting, "assign", {"to": to}, apply, by, key, version)


def set_status(
    meeting: str, status: MeetingStatus, *, by: str, key: str | None = None, version: int | None = None
) -> Wish:
    """What the platform tells of the conversation: live, completed, missed, failed."""

    def apply(scene: Scene) -> Meeting:
        return rules.set_status(scene.meeting(meeting), status, now=scene.now)

    return Wish(meeting, "status", {"status": status.value}, apply, by, key, version)
