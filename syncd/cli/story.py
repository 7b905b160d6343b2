"""What happened to a meeting, told as a story: who did what, when and why; what stood in the way; what was written and mailed.

Pure: the journal and the deeds in, lines out. Times are in the reader's zone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from store.model import Change, Deed
from syncd.moments import shown, span
from syncd.words import sentence_of

MAILS = {
    "planned": "it is planned", "invited": "a guest is invited", "rescheduled": "it is moved",
    "cancelled": "it is cancelled", "assigned": "who has it now", "handed-over": "somebody else has it now",
    "starts-soon": "it starts soon",
}  # fmt: skip


def told(changes: Iterable[Change], deeds: Iterable[Deed], zone: str) -> Iterator[str]:
    """The lines, oldest first; what was done for a version stands below the change that made it."""
    done = list(deeds)
    newest = {one.agent: one.generation or 0 for one in done if one.kind == "put"}
    guests = set[str]()
    for change in changes:
        unchanged = change.detail.get("unchanged")
        line = _line(change, zone, guests)
        yield f"{shown(change.at, zone)}  {line}{' (nothing changed)' if unchanged else ''}"
        guests = guests - {str(change.body.get("replace")).casefold()} | _addresses(change.body)
        for override in change.detail.get("overrides", ()):
            yield f"    although {override['agent']} was marked not available:"
            yield from (f"      {sentence_of(reason, zone)}" for reason in override["reasons"])
        if not unchanged:
            yield from (f"    {_done(one, newest, zone)}" for one in done if one.version == change.version)


def _line(change: Change, zone: str, guests: Collection[str]) -> str:
    """The change as a sentence: what was asked, by whom, and why. `guests`: who was one before it."""
    body, by = change.body, f"version {change.version}, by {change.by}"
    match change.kind:
        case "plan":
            return f"planned for {body.get('agent')}, {_when(body, zone)} ({by})"
        case "invite":
            instead = f" instead of {body['replace']}" if body.get("replace") else ""
            known = not instead and not change.detail.get("unchanged") and _addresses(body) <= set(guests)
            return f"{'corrected guest' if known else 'invited'} {_guest(body.get('guest') or {})}{instead} ({by})"
        case "reschedule":
            return f"moved to {_when(body, zone)}, reason: {body.get('reason')} ({by})"
        case "cancel":
            return f"cancelled by the {body.get('by')}, reason: {body.get('reason')} ({by})"
        case "assign":
            return f"handed over to {body.get('to')} ({by})"
        case "status":
            how = ", by itself" if change.detail.get("automatic") else ""
            return f"{body.get('status')}{how} ({by})"


def _when(body: dict[str, Any], zone: str) -> str:
    start, end = (datetime.fromisoformat(body[name]) if body.get(name) else None for name in ("start", "end"))
    if start is None:
        return "?"
    return span(start, end, zone) if end is not None else shown(start, zone)


def _addresses(body: dict[str, Any]) -> set[str]:
    """The addresses of the guests that a plan or an invitation names, as they are compared (`rules.guests.identity`)."""
    named = [*(body.get("guests") or ()), *([body["guest"]] if body.get("guest") else ())]
    return {str(guest.get("email")).casefold() for guest in named}


def _guest(guest: dict[str, Any]) -> str:
    return f"{guest['name']} <{guest['email']}>" if guest.get("name") else str(guest.get("email"))


def _done(deed: Deed, newest: Mapping[str | None, int], zone: str) -> str:
    at = shown(deed.at, zone)
    if deed.target == "mail":
        whom = deed.guest or f"{deed.agent} (agent)"
        return f"{at}  mailed to {whom}: {MAILS.get(deed.kind, deed.kind)}"
    where = f"{deed.agent}'s calendar {deed.calendar!r}"
    if deed.kind == "remove":
        earlier = (deed.generation or 0) < newest.get(deed.agent, 0)
        return f"{at}  {'an earlier event ' if earlier else ''}removed from {where}"
    when = f", {span(deed.start, deed.end, zone)}" if deed.start and deed.end else ""
    return f"{at}  written into {where}{when}"
