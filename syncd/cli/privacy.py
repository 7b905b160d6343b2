"""`syncd privacy`: what is kept of an agent, for whoever has a right to know; and taking it out when the agent is gone.

JSON: `export` everything of one agent, nothing of guests; `erase` {"agent", "called", "erased", "meetings", "changes",
"copies", "deliveries", "told", "blocks"}: how many of each named the agent.
"""

from typing import Annotated

import typer

from store.model import Calendar, Change, Copy, Meeting, Slot
from store.privacy import Erased, KnownObject
from store.subscriptions import Subscription
from syncd.actions.privacy import Kept, erase, kept_of, without_guests
from syncd.actions.standing import as_rule
from syncd.cli.common import opened, print_json
from syncd.cli.options import AgentId, AsJson, ConfigFile
from syncd.cli.tables import say
from syncd.shapes import (
    Json,
    agent_json,
    block_json,
    changes_json,
    delivery_json,
    meeting_json,
    moment,
    override_json,
    record_json,
    token_json,
)
from syncd.words import counted

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def privacy(config: ConfigFile = None) -> None:
    """What is kept of an agent: tell it, or erase it."""
    del config  # the commands ask for it


@app.command()
def export(agent: AgentId, config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Everything that is kept of an agent, as JSON; of guests and other agents nothing but their part in a meeting."""
    del as_json  # it is always JSON
    with opened(config) as ctx:
        print_json(_json(kept_of(ctx, agent)))
    return 0


@app.command("erase")
def erase_(
    agent: AgentId,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without: only say of how much.")] = False,
    config: ConfigFile = None, as_json: AsJson = False,
) -> int:  # fmt: skip
    """Take an agent who is no longer configured out of all that is kept. This can't be undone."""
    with opened(config, follows=True) as ctx:
        done = erase(ctx, agent, really=yes)
    if as_json:
        print_json({"agent": agent, "erased": yes, **record_json(done)})
    else:
        _print(agent, done, yes)
    return 0


def _print(agent: str, done: Erased, yes: bool) -> None:
    parts = (
        counted(done.meetings, "meeting"), counted(done.changes, "line") + " of the journal",
        f"{done.copies} of the events written, {done.deliveries} of the deliveries, {done.told} of the mails told",
        counted(done.blocks, "block"),
    )  # fmt: skip
    said = ", ".join(parts)
    say(
        f"{agent} is now called {done.called} in {said}"
        if yes
        else f"{agent} stands in {said}; nothing is done without --yes"
    )


def _json(kept: Kept) -> Json:
    own, part = kept.calendars, kept.part
    names = {row.id: row.name or row.wanted or "" for row in own.calendars}
    return {
        "agent": {**agent_json(kept.agent, own.logins), "removed_at": moment(kept.agent.removed_at)},
        "tokens": [token_json(one) for one in kept.tokens],
        "calendars": [_calendar(row) for row in own.calendars],
        "subscriptions": [_subscription(one) for one in own.subscriptions],
        "objects": [_object(one, names) for one in own.objects],
        "slots": [_slot(slot, names) for slot in own.slots],
        "blocks": [block_json(as_rule(str(one.id), one), one.made_by) for one in kept.blocks],
        "meetings": [_meeting(one, kept.agent.id) for one in part.meetings],
        "changes": [_line(one, kept) for one in part.changes],
        "copies": [_copy(one) for one in part.copies],
        "deliveries": [delivery_json(one) for one in part.deliveries],
        "told": [record_json(one) for one in part.told],
        "half_told": [record_json(one) for one in part.half_told],
        "conflicts": [record_json(one) for one in part.conflicts],
    }


def _line(line: Change, kept: Kept) -> Json:
    """A line of the journal, with what was then written into the agent's calendar and mailed to them.

    What stood in others' way is others'.
    """
    done = [deed for deed in kept.part.deeds if deed.meeting == line.meeting]
    told = changes_json([line], done)[0]
    mine = [one for one in line.detail.get("overrides", ()) if one["agent"] == kept.agent.id]
    detail = {**line.detail, "overrides": mine} if "overrides" in line.detail else line.detail
    return {"meeting": line.meeting, **told, "body": without_guests(line.body), "detail": detail}


def _calendar(row: Calendar) -> Json:
    return {
        "account": row.account, "login": row.login, "calendar": row.name or row.wanted or "", "href": row.href,
        "checked": row.checked, "written": row.written, "seen_at": moment(row.seen_at), "objects": row.objects,
    }  # fmt: skip


def _subscription(one: Subscription) -> Json:
    """Without the secret by which the server's notices are known."""
    return {
        "account": one.account, "login": one.login, "resource": one.resource, "expires_at": moment(one.expires_at)
    }  # fmt: skip


def _object(one: KnownObject, names: dict[int, str]) -> Json:
    return {
        "calendar": names.get(one.calendar_id, ""), "href": one.href, "uid": one.uid, "problem": one.problem,
    }  # fmt: skip


def _slot(slot: Slot, names: dict[int, str]) -> Json:
    return {
        "calendar": names.get(slot.calendar_id, ""), "start": moment(slot.start), "end": moment(slot.end),
        "status": slot.status, "all_day": slot.all_day,
    }  # fmt: skip


def _meeting(meeting: Meeting, agent: str) -> Json:
    """Without its guests, but for how many there are, and with the overrides that are this agent's."""
    elsewhere = ("deliveries", "conflicts", "candidates")
    told = {name: value for name, value in meeting_json(meeting, ()).items() if name not in elsewhere}
    mine = [override_json(one) for one in meeting.overrides if one.agent == agent]
    return {**told, "guests": len(meeting.guests), "overrides": mine}


def _copy(copy: Copy) -> Json:
    return {
        "meeting": copy.meeting, "generation": copy.generation, "account": copy.place.account, "login": copy.place.login,
        "calendar": copy.place.calendar, "uid": copy.uid, "state": copy.state, "start": moment(copy.written_start),
        "end": moment(copy.written_end), "drift": copy.drift, "found_start": moment(copy.found_start),
        "found_end": moment(copy.found_end),
    }  # fmt: skip
