"""The steps of the story, in the words of docs/architecture.md; each verifies what it claims.

What stands in a calendar is read back by the independent client (`onlooker`), what must come out of the calendars was
written down beside them (`calendars.expected`).
"""

from collections.abc import Callable
from dataclasses import replace

from store.model import Guest, Meeting, MeetingStatus
from syncd.actions import accept, changes, drifting, look, status
from syncd.actions.suggest import Candidate
from syncd.demo import calendars, plans
from syncd.demo.calendars import Obstacle
from syncd.demo.days import DAY, HOUR, span
from syncd.demo.people import ANNA, BRAM, CALENDARS, DANIEL, LUNCH, PEOPLE, PRIVATE
from syncd.demo.scene import Scene, StepFailed
from syncd.demo.stage import BY
from syncd.errors import Refused
from syncd.rules.availability import Mark

LATER = "The guest asked for the next day"
NO_NEED = "The guest found the answer themselves"


def first_sync(scene: Scene) -> None:
    """All calendars of all agents are read, completely."""
    wanted = len(PEOPLE) * len(CALENDARS)

    def all_read() -> tuple[status.CalendarHealth, ...] | None:
        found = status.status(scene.ctx).calendars
        return found if len(found) == wanted and all(one.state == "ok" for one in found) else None

    known = {
        (one.agent, one.calendar): one for one in scene.until(all_read, "the first sync of all calendars")
    }
    there = {
        (person.id, name): count
        for person in PEOPLE
        for name, count in scene.onlooker[person.id].count(person.id).items()
    }
    ours = {key: one.objects for key, one in known.items()}
    total, requests = sum(there.values()), scene.watch.requests
    scene.verify(
        ours == there, f"all {total} objects of {wanted} calendars are known ({requests} requests)", ours
    )
    unreadable = sum(one.unreadable for one in known.values())
    scene.verify(unreadable == 0, "none of them is unreadable", unreadable)


def plan(scene: Scene) -> None:
    """A meeting is planned and stands in its agent's calendar."""
    days = scene.stage.days
    meeting = scene.change(changes.plan(plans.advice(days), by=BY))
    seen = scene.stands(meeting)
    scene.verify(seen.people == 0, "it names no organizer and no attendees, so the server mails nobody")
    link = f"https://meet.example.com/{meeting.id}?agent={ANNA.id}"
    scene.verify(seen.location == link, f"its place is the agent's link, {link}", seen.location)
    again = accept.accept(scene.ctx, changes.plan(plans.advice(days), by=BY))
    scene.verify(not again.changed and again.meeting.version == 1, "the same plan again changes nothing")
    second = scene.change(changes.plan(plans.review(days), by=BY))
    scene.stands(second)


def candidates(scene: Scene) -> None:
    """Who is available, who is not, and why: from the agents' real busy times."""
    meeting = _meeting(scene, plans.FIRST)
    scene.teller.say(f"{meeting.title!r}, {span(meeting.start, meeting.end)}, for everybody:")
    answer = scene.show_candidates(meeting)
    everybody = {person.id for person in PEOPLE}
    scene.verify(set(answer) == everybody, f"all {len(everybody)} agents are listed", sorted(answer))
    for agent, obstacle in calendars.expected(scene.stage.days).items():
        _as_expected(scene, answer[agent], obstacle)
    _lunch(scene, _meeting(scene, plans.SECOND))


def assign(scene: Scene) -> None:
    """Somebody marked not available gets the meeting all the same; that is recorded."""
    before = _meeting(scene, plans.FIRST)
    marked = scene.candidates(before)[BRAM.id].verdict
    scene.verify(marked.mark is Mark.NOT_AVAILABLE, f"{BRAM.name} is marked not available")
    meeting = scene.change(changes.assign(before.id, BRAM.id, by=BY))
    scene.verify(meeting.agent == BRAM.id, f"{BRAM.name} can be chosen all the same", meeting.agent)
    scene.stands(meeting)
    recorded = _meeting(scene, plans.FIRST).overrides
    reasons = [(one["kind"], one.get("status")) for override in recorded for one in override.reasons]
    wanted = [(one.kind, one.status) for one in marked.reasons]
    claim = f"the override is recorded: by {BY!r}, although {wanted[0][1]} in the calendar"
    scene.verify([one.agent for one in recorded] == [BRAM.id] and reasons == wanted, claim, reasons)


def appointment(scene: Scene) -> None:
    """An agent adds an appointment in their own calendar; the next cycle fetches that one object, no other."""
    meeting = _meeting(scene, plans.FIRST)
    before = scene.candidates(meeting)[DANIEL.id].verdict
    scene.verify(before.mark is Mark.AVAILABLE, f"{DANIEL.name} is available so far", before.mark)
    read = len(scene.watch.readings())
    dentist = calendars.appointment(DANIEL, "Dentist", meeting.start, meeting.end, scene.stage.days.stamp)
    scene.onlooker[DANIEL.id].add(DANIEL.id, PRIVATE, dentist)
    after = scene.until(lambda: _not_available(scene, meeting, DANIEL.id), "the new appointment to be seen")
    _as_expected(scene, after, Obstacle("busy", PRIVATE, meeting.start, meeting.end))
    since = [
        one for one in scene.watch.readings(read) if one.login == scene.stage.login_of(DANIEL) and one.fetched
    ]
    only = len(since) == 1 and since[0].fetched == 1 and not since[0].complete
    asked = ", ".join(f"{one.requests} requests" for one in since)
    total = sum(one.objects for one in status.status(scene.ctx, agent=DANIEL.id).calendars)
    scene.verify(only, f"1 object of {total} was fetched, by {asked} after the listing", since)


def reschedule_and_cancel(scene: Scene) -> None:
    """Another time, and no conversation at all: both with the reason that the guests receive."""
    first, second = _meeting(scene, plans.FIRST), _meeting(scene, plans.SECOND)
    was = scene.stands(first)
    _refused(
        scene,
        changes.reschedule(first.id, first.start + DAY, None, " ", by=BY),
        "to reschedule without a reason",
    )
    moved = scene.change(changes.reschedule(first.id, first.start + DAY, None, LATER, by=BY))
    seen = scene.stands(moved)
    scene.verify(
        seen.uid == was.uid and LATER in seen.text, "it is the same event, and it tells the reason", seen.text
    )
    called_off = scene.change(changes.cancel(second.id, NO_NEED, "guest", by=BY))
    scene.kept_as_cancelled(called_off)
    kept = _meeting(scene, plans.SECOND)
    told = (kept.status, kept.reason, kept.cancelled_by)
    claim = f"the meeting is kept as cancelled by the guest: {NO_NEED!r}"
    scene.verify(told == (MeetingStatus.CANCELLED, NO_NEED, "guest"), claim, told)


def invite(scene: Scene) -> None:
    """A further guest; the same address again is the same guest."""
    meeting = scene.change(changes.invite(plans.FIRST, plans.JANSEN, by=BY))
    seen = scene.stands(meeting)
    guests = (plans.VISSER, plans.JANSEN)
    scene.verify(all(_named(one, seen.text) for one in guests), "the event names both guests in its text")
    scene.verify(seen.people == 0, "they are no attendees there: the server mails nobody")
    shouted = replace(plans.JANSEN, email=plans.JANSEN.email.upper())
    again = accept.accept(scene.ctx, changes.invite(plans.FIRST, shouted, by=BY))
    scene.verify(
        not again.changed, "the same address again, in capitals, is the same guest", again.meeting.guests
    )


def late_conflict(scene: Scene) -> None:
    """An appointment comes in the way of a meeting that stands: it is shown, with who could take the meeting instead."""
    meeting = _meeting(scene, plans.FIRST)
    scene.verify(
        not look.story(scene.ctx, meeting.id).conflicts, f"nothing is in the way of {meeting.title!r} so far"
    )
    person = next(one for one in PEOPLE if one.id == meeting.agent)
    school = calendars.appointment(person, "School", meeting.start, meeting.end, scene.stage.days.stamp)
    scene.onlooker[person.id].add(person.id, PRIVATE, school)
    found = scene.until(lambda: _conflict(scene, meeting), "the appointment in the way to be seen")
    kinds = [(one.kind, one.calendar, one.title) for one in found.conflicts]
    scene.verify(
        kinds == [("calendar", PRIVATE, None)], f"an event in {PRIVATE} is in {person.name}'s way", kinds
    )
    others = [agent.id for agent, mark in found.instead if mark is Mark.AVAILABLE]
    names = ", ".join(agent.name for agent, _ in found.instead)
    scene.verify(bool(others) and person.id not in others, f"who could take it instead: {names}", others)


def drift(scene: Scene) -> None:
    """The agent moves the event with another program: it is told and put back; moved again, it is taken for a change."""
    meeting = _meeting(scene, plans.FIRST)
    found = _moved_by_its_agent(scene, meeting)
    scene.verify(
        (found.what, found.policy) == ("moved", "flag"),
        f"{found.meeting.agent} moved the event by an hour: it is listed as drift, and nothing is overwritten",
        found,
    )
    drifting.restore_drift(scene.ctx, found.copy.id, by=BY)
    scene.until(lambda: not drifting.drift_list(scene.ctx), "the event to be put back")
    scene.stands(meeting)
    again = _moved_by_its_agent(scene, meeting)
    drifting.accept_drift(scene.ctx, again.copy.id, by=BY)
    scene.until(lambda: not drifting.drift_list(scene.ctx), "the move to be taken for a change")
    accepted = _meeting(scene, plans.FIRST)
    claim = f"moved once more and accepted, it is a reschedule: {accepted.reason!r}"
    scene.verify(
        (accepted.version, accepted.start) == (meeting.version + 1, meeting.start + HOUR), claim, accepted
    )
    scene.stands(accepted)


def mails(scene: Scene) -> None:
    """Guests and agents were told of all that by mail; for a guest's own calendar it is one event with ever later revisions."""
    post = scene.stage.post
    for meeting in (plans.FIRST, plans.SECOND):
        scene.delivered(meeting)
    rows = [(one.to, one.subject, f"{one.method} {one.revision}" if one.uid else "") for one in post.letters]
    scene.teller.table(("To", "Subject", "Invitation"), rows)
    named = [one.message_id for one in post.letters]
    scene.verify(
        len(set(named)) == len(named), f"{len(named)} mails, each under a Message-ID of its own", named
    )
    calls = {one.uid: one.subject for one in post.to(plans.VISSER.email) if one.method == "REQUEST"}
    titles = [_meeting(scene, name).title for name in (plans.FIRST, plans.SECOND)]
    claim = "an invitation is called as its meeting, and each meeting is one event in the guest's calendar"
    scene.verify(sorted(calls.values()) == sorted(titles), claim, calls)
    for uid, title in calls.items():
        sent = [one for one in post.to(plans.VISSER.email) if one.uid == uid]
        revisions = [one.revision for one in sent]
        claim = f"{title!r}: {len(sent)} times, each a later revision, at last {sent[-1].method}"
        scene.verify(revisions == sorted(set(revisions)), claim, revisions)
    told = [one.subject for one in post.to(ANNA.email)]
    scene.verify(any(titles[0] in subject for subject in told), f"{ANNA.name} was told who took over", told)


def story(scene: Scene) -> None:
    """Everything that happened to the meeting, and what was really written for it."""
    found = look.story(scene.ctx, plans.FIRST)
    kinds = [one.kind for one in found.changes]
    scene.verify(
        kinds == ["plan", "assign", "reschedule", "invite", "reschedule"],
        f"the story has {len(kinds)} changes",
        kinds,
    )
    done = [(one.version, one.kind, one.agent) for one in found.deeds if one.target == "calendar"]
    for deed in (one for one in found.deeds if one.target == "calendar"):
        what = "written into" if deed.kind == "put" else "removed from"
        scene.teller.say(f"version {deed.version}: {what} the calendar of {deed.agent}")
    wanted = [
        (1, "put", ANNA.id),
        (2, "put", BRAM.id),
        (2, "remove", ANNA.id),
        (3, "put", BRAM.id),
        (4, "put", BRAM.id),
        (4, "put", BRAM.id),
        (5, "put", BRAM.id),
    ]
    scene.verify(done == wanted, "with the seven writes that were made for them", done)


def live(scene: Scene) -> None:
    """Once the agent has entered, the conversation can't be moved or handed over."""
    meeting = scene.change(changes.set_status(plans.FIRST, MeetingStatus.LIVE, by=BY))
    scene.verify(meeting.status is MeetingStatus.LIVE, "the conversation is LIVE")
    later = changes.reschedule(meeting.id, meeting.start + DAY, None, LATER, by=BY)
    _refused(scene, later, "to reschedule it")
    _refused(scene, changes.assign(meeting.id, ANNA.id, by=BY), "to assign it")
    scene.verify(
        _meeting(scene, plans.FIRST) == meeting, f"the meeting is still at version {meeting.version}"
    )
    scene.stands(meeting)


Step = Callable[[Scene], None]

STEPS: tuple[tuple[str, Step], ...] = (
    ("first sync of all calendars", first_sync),
    ("a meeting is planned and stands in the agent's calendar", plan),
    ("candidates: who is available, who is not, and why", candidates),
    ("the meeting is assigned to somebody marked not available", assign),
    ("an agent adds an appointment, and the next cycle sees it", appointment),
    ("reschedule and cancel, with reasons", reschedule_and_cancel),
    ("a further guest is invited", invite),
    ("an appointment comes in the meeting's way", late_conflict),
    ("its agent moves the event in the calendar: drift", drift),
    ("guests and agents are told by mail", mails),
    ("the meeting's story", story),
    ("LIVE refuses reschedule and assign", live),
)


# ---------------------------------------------------------------------------------------------------------------------


def _meeting(scene: Scene, name: str) -> Meeting:
    return look.story(scene.ctx, name).meeting


def _as_expected(scene: Scene, candidate: Candidate, obstacle: Obstacle | None) -> None:
    """The mark and its only reason are what the example calendars must give; no event's title is known to syncd."""
    name, verdict = candidate.agent.name, candidate.verdict
    found = [(one.kind, one.status, one.calendar, one.start, one.end, one.title) for one in verdict.reasons]
    if obstacle is None:
        scene.verify(verdict.mark is Mark.AVAILABLE, f"{name} is available, as the calendars have it", found)
        return
    wanted = ("calendar", obstacle.status, obstacle.calendar, obstacle.start, obstacle.end, None)
    what = f"{obstacle.status.replace('_', ' ')} in {obstacle.calendar}, {span(obstacle.start, obstacle.end)}"
    right = verdict.mark is Mark.NOT_AVAILABLE and found == [wanted]
    scene.verify(right, f"{name} is not available: {what}", (str(verdict.mark), found))


def _lunch(scene: Scene, meeting: Meeting) -> None:
    """The group's meeting runs into the company block: it marks everybody, and only the group's agents are asked."""
    answer = scene.candidates(meeting)
    group = {person.id for person in PEOPLE if person.group == meeting.group}
    claim = f"for {meeting.title!r} the {len(group)} agents of group {meeting.group!r} are asked"
    scene.verify(set(answer) == group, claim, sorted(answer))
    found = {(reason.kind, reason.title) for one in answer.values() for reason in one.verdict.reasons}
    marked = all(one.verdict.mark is Mark.NOT_AVAILABLE for one in answer.values())
    claim = f"all are not available: the company block {LUNCH.title!r}"
    scene.verify(marked and found == {("block", LUNCH.title)}, claim, sorted(found, key=str))


def _not_available(scene: Scene, meeting: Meeting, agent: str) -> Candidate | None:
    found = scene.candidates(meeting)[agent]
    return found if found.verdict.mark is Mark.NOT_AVAILABLE else None


def _conflict(scene: Scene, meeting: Meeting) -> look.Story | None:
    found = look.story(scene.ctx, meeting.id)
    return found if found.conflicts else None


def _moved_by_its_agent(scene: Scene, meeting: Meeting) -> drifting.Drift:
    later = (meeting.start + HOUR, meeting.end + HOUR)
    scene.onlooker[meeting.agent].move(meeting.agent, meeting.title, *later)
    return scene.until(lambda: _drift(scene), "the move to be seen")


def _drift(scene: Scene) -> drifting.Drift | None:
    return next(iter(drifting.drift_list(scene.ctx)), None)


def _refused(scene: Scene, wish: accept.Wish, what: str) -> None:
    """Verify that the wish is refused, and tell in which words."""
    try:
        accept.accept(scene.ctx, wish)
    except Refused as refusal:
        scene.verify(refusal.message, f"{what} is refused: {refusal.message!r}")
    else:
        raise StepFailed(f"{what} was not refused")


def _named(guest: Guest, text: str) -> bool:
    return guest.name in text and guest.email in text
